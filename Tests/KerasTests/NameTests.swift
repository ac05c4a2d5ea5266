import Testing

@testable import Keras

@Suite struct NameTests {
    /// As `to_snake_case` of Keras 3.15 answers.
    @Test(arguments: [
        ("Dense", "dense"), ("Conv2D", "conv2d"), ("Conv2DTranspose", "conv2d_transpose"), ("LSTM", "lstm"),
        ("SimpleRNN", "simple_rnn"), ("ReLU", "re_lu"), ("PReLU", "p_re_lu"), ("LeakyReLU", "leaky_re_lu"),
        ("ELU", "elu"),
        ("GlobalAveragePooling2D", "global_average_pooling2d"), ("BatchNormalization", "batch_normalization"),
        ("TimeDistributed", "time_distributed"), ("InputLayer", "input_layer"), ("DepthwiseConv1D", "depthwise_conv1d"),
    ])
    func classesBecomeNamesOfGroupsAsKerasMakesThem(_ className: String, _ name: String) {
        #expect(LayerName.snakeCase(className) == name)
    }

    @Test func namesAreShownWithoutWhatActsOnATerminal() {
        #expect(LayerName.inert("a\u{1b}[2Jb\n\u{202e}") == "a?[2Jb??")
        #expect(LayerName.inert(String(repeating: "x", count: 200)).count == 80)
    }
}
