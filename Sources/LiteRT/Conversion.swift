package import ModelGraph

/// What a conversion may assume.
package struct ConversionOptions: Hashable, Sendable {
    /// The size of the first dimension of every input that leaves it open; 1 unless said.
    package var batch: Int?
    /// Sizes of other named dimensions.
    package var sizes: [String: Int] = [:]
    /// Whether images come in and go out as NHWC, without a transposition, instead of as ONNX has them.
    package var channelsLast = false
    /// The dimensions of inputs, by their names, in place of those that the model declares.
    package var inputDimensions: [String: [Int]] = [:]

    package init() {}
}

/// What became of one node.
package struct ConversionStep: Hashable, Sendable {
    /// What happened where no operator is a node's own.
    package enum Kind: Hashable, Sendable {
        /// These operators were made of it, by the names that the other runtime has for them.
        case operators([String])
        /// Its result is known before anything runs.
        case constant
        /// It is a part of another operator, or only another view of the same memory.
        case merged
        /// Nothing reads what it makes.
        case unused
    }

    /// The node's position in the main graph.
    package let index: Int
    /// The node's name; of a node without one, that of the first value it makes.
    package let name: String
    package let operatorType: String
    package let kind: Kind
}

/// A model in LiteRT's form, and how it came about.
package struct LiteConversion: Sendable {
    package let model: LiteModel
    package let steps: [ConversionStep]
    /// The batch that was fixed.
    package let batch: Int?
    private let file: FlatWriter.File

    init(_ model: LiteModel, steps: [ConversionStep], batch: Int?) throws(ConversionError) {
        self.model = model
        self.steps = steps
        self.batch = batch
        file = try model.file()
    }

    /// Bytes of the file.
    package var byteCount: Int { file.byteCount }

    /// Hands over the file's bytes piece by piece; the same model gives the same bytes.
    package func forEachPiece<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        try file.forEachPiece(body)
    }
}

extension Model {
    /// The model as LiteRT runs it: images as NHWC inside, batches of a fixed size, FP32.
    ///
    /// Cost: linear in nodes; constants are copied where their axes change places, else they stay where they are.
    ///
    /// - Throws: `ConversionError.Code.unsupported` with every node that cannot be converted.
    package func convertedToLiteRT(
        _ options: ConversionOptions = ConversionOptions()
    ) throws(ConversionError) -> LiteConversion {
        let converter = try GraphConverter(self, options)
        return try converter.run()
    }
}
