import ModelGraph
import Tensors
import Testing

/// Declared processing becomes nodes. That the nodes compute what was declared was checked with ONNX Runtime against
/// NumPy for operator sets 7 to 25; here their form is.
@Suite struct ProcessingTests {
    private func operators(_ model: Model) -> [String] { model.graph.nodes.map(\.operatorType) }

    private func spec(_ name: String, _ type: ElementType, _ dimensions: [Dimension]?) -> TensorSpec {
        TensorSpec(name: name, elementType: type, dimensions: dimensions)
    }

    @Test func noProcessingChangesNothing() throws {
        let model = try Fixture.mlp.model()
        #expect(try ProcessingCompiler.compile(Processing(), into: model) == model)
        #expect(try ProcessingCompiler.compile(Processing(labels: ["a"]), into: model) == model)
    }

    @Test func clientsSeeWhatGoesIntoTheFirstStep() throws {
        let processing = Processing(pre: [
            PreStep(input: "image", .cast(from: .uint8)), PreStep(input: "image", .scale(1.0 / 16)),
            PreStep(input: "image", .reshape(to: [-1, 1, 6, 6])),
            PreStep(input: "image", .normalise(mean: [0.5], std: [0.25], axis: 1)),
        ])
        let model = try ProcessingCompiler.compile(processing, into: Fixture.conv.model())
        #expect(try model.signature.inputs == [spec("image", .uint8, [.symbol("batch"), .fixed(36)])])
        #expect(operators(model).prefix(5) == ["Cast", "Mul", "Reshape", "Sub", "Div"])
        #expect(model.graph.nodes[0].inputs == ["image"])
        #expect(model.graph.nodes[5].inputs.first == "image_prepared")
    }

    @Test func outputsStayAndNewOnesFollow() throws {
        let processing = Processing(
            post: [
                PostStep(output: "logits", .softmax()), PostStep(output: "logits", .argmax()),
                PostStep(output: "logits", .labels), PostStep(output: "logits", .topK(2)),
                PostStep(output: "logits", .labels),
            ], labels: ["a", "b", "c", "d"])
        let model = try ProcessingCompiler.compile(processing, into: Fixture.mlp.model())
        let batch = Dimension.symbol("N")
        #expect(
            try model.signature.outputs == [
                spec("logits", .float32, [batch, .fixed(4)]), spec("logits_softmax", .float32, [batch, .fixed(4)]),
                spec("logits_argmax", .int64, [batch]), spec("logits_argmax_label", .string, [batch]),
                spec("logits_topk_values", .float32, [batch, .fixed(2)]),
                spec("logits_topk_indices", .int64, [batch, .fixed(2)]),
                spec("logits_topk_label", .string, [batch, .fixed(2)]),
            ])
        let labels = try #require(model.graph.initializers.first { $0.elementType == .string })
        #expect(try labels.tensor().strings?.decoded == ["a", "b", "c", "d"])
        // Argmax works on the softmax, and the labels are stored once.
        #expect(model.graph.nodes.first { $0.operatorType == "ArgMax" }?.inputs == ["logits_softmax"])
        #expect(model.graph.initializers.filter { $0.elementType == .string }.count == 1)
    }

    @Test(arguments: 7...25)
    func everyOperatorSetGetsAFormOfItsOwn(opset: Int) throws {
        let processing = Processing(
            pre: [
                PreStep(input: "x", .cast(from: .uint8)), PreStep(input: "x", .scale(2)),
                PreStep(input: "x", .normalise(mean: [1, 2, 3], std: [1, 1, 2], axis: 1)),
                PreStep(input: "x", .reshape(to: [-1, 3])),
            ],
            post: [
                PostStep(output: "y", .softmax(axis: -1)), PostStep(output: "y", .argmax()),
                PostStep(output: "y", .topK(2)),
                PostStep(output: "y", .labels),
            ], labels: ["a", "b", "c"])
        let model = try ProcessingCompiler.compile(processing, into: Sample.identity(opset: Int64(opset)))
        #expect(model.validate().isValid)
        let topK = try #require(model.graph.nodes.first { $0.operatorType == "TopK" })
        #expect(topK.inputs.count == (opset < 10 ? 1 : 2))
        #expect(topK.attribute("k")?.value.intValue == (opset < 10 ? 2 : nil))
        // Axes are counted from the front, which every operator set understands.
        #expect(model.graph.nodes.first { $0.operatorType == "Softmax" }?.attribute("axis")?.value.intValue == 1)
        #expect(try Model.read(bytes: model.encoded()) == model)
    }

    @Test(
        arguments: [(12, ["Identity", "Transpose", "Softmax", "Transpose"]), (13, ["Identity", "Softmax"])]
            as [(Int64, [String])])
    func softmaxOnAnInnerAxisMovesItBeforeOperatorSet13(opset: Int64, expected: [String]) throws {
        let dimensions: [Dimension] = [.symbol("N"), .fixed(3), .fixed(4)]
        let processing = Processing(post: [PostStep(output: "y", .softmax(axis: 1))])
        let model = try ProcessingCompiler.compile(
            processing, into: Sample.identity(.float32, dimensions, opset: opset))
        #expect(operators(model) == expected)
    }

    @Test(
        arguments: [
            (1, 3, [3, 1, 1]), (3, 3, [3]), (-1, 3, [3]), (-3, 3, [3, 1, 1]), (1, 1, []),
        ] as [(Int, Int, [Int64])])
    func meansAreShapedForTheirAxis(axis: Int, count: Int, shape: [Int64]) throws {
        let numbers = [Double](repeating: 1, count: count)
        let processing = Processing(pre: [PreStep(input: "x", .normalise(mean: numbers, std: numbers, axis: axis))])
        let dimensions: [Dimension] = [.symbol("N"), .fixed(3), .unknown, .fixed(3)]
        let model = try ProcessingCompiler.compile(processing, into: Sample.identity(.float32, dimensions))
        #expect(model.graph.initializers.map(\.dimensions) == [shape, shape])
    }

    @Test(arguments: [ElementType.float16, .bfloat16, .float32, .float64])
    func constantsHaveTheTypeOfTheValue(type: ElementType) throws {
        let processing = Processing(pre: [PreStep(input: "x", .scale(0.5))])
        let model = try ProcessingCompiler.compile(processing, into: Sample.identity(type))
        let factor = try #require(model.graph.initializers.first)
        #expect(factor.elementType == type)
        #expect(try factor.tensor().converted(to: .float64).values(as: Double.self) == [0.5])
    }

    @Test func aReshapeCanNameTheClientsShape() throws {
        let processing = Processing(pre: [PreStep(input: "pixels", .reshape(to: [-1, 8], from: [-1, 2, 4]))])
        let model = try ProcessingCompiler.compile(processing, into: Fixture.mlp.model())
        #expect(try model.signature.inputs[0].dimensions == [.symbol("N"), .fixed(2), .fixed(4)])
    }

    @Test func anIntegerOutputCanBeLabelledItself() throws {
        let processing = Processing(
            post: [PostStep(output: "label", .labels)], labels: ["setosa", "versicolor", "virginica"])
        let (model, _) = try Fixture.zipmap.model().replacingZipMaps()
        let compiled = try ProcessingCompiler.compile(processing, into: model)
        #expect(try compiled.signature.outputs.last == spec("label_label", .string, [.unknown]))
    }

    @Test func namesNeverClash() throws {
        var model = try Fixture.mlp.model()
        // Every name that the steps would like is taken already.
        for name in ["pixels_prepared", "logits_softmax", "logits_argmax", "logits_argmax_label", "class_labels"] {
            model.graph.nodes.append(Node("Relu", ["logits"], [name], name: "\(name)_node"))
        }
        let processing = Processing(
            pre: [PreStep(input: "pixels", .scale(2))],
            post: [
                PostStep(output: "logits", .softmax()), PostStep(output: "logits", .argmax()),
                PostStep(output: "logits", .labels),
            ], labels: ["a", "b", "c", "d"])
        let compiled = try ProcessingCompiler.compile(processing, into: model)
        #expect(compiled.validate().isValid)
        #expect(compiled.graph.outputs.map(\.name).contains("logits_softmax_2"))
    }

    static let misfits: [(Processing, String)] = [
        (Processing(pre: [PreStep(input: "q", .scale(1))]), "input 'q': is no input of the model; it has 'pixels'"),
        (
            Processing(post: [PostStep(output: "q", .argmax())]),
            "output 'q': is no output of the model; it has 'logits'"
        ),
        (Processing(pre: [PreStep(input: "pixels", .scale(.nan))]), "expected a finite number"),
        (
            Processing(pre: [PreStep(input: "pixels", .normalise(mean: [1, 2], std: [1], axis: 1))]),
            "2 means and 1 stds"
        ),
        (Processing(pre: [PreStep(input: "pixels", .normalise(mean: [1], std: [0], axis: 1))]), "stds over 0"),
        (
            Processing(pre: [PreStep(input: "pixels", .normalise(mean: [1, 2], std: [1, 1], axis: 1))]),
            "axis 1 of FP32 [N, 8] has size 8"
        ),
        (
            Processing(pre: [PreStep(input: "pixels", .normalise(mean: [1, 2], std: [1, 1], axis: 2))]),
            "normalise on axis 2, but the value is FP32 [N, 8]"
        ),
        (Processing(pre: [PreStep(input: "pixels", .reshape(to: [-1, 9]))]), "what follows takes FP32 [N, 8]"),
        (Processing(pre: [PreStep(input: "pixels", .reshape(to: [-1, -1]))]), "at most one of them -1"),
        (Processing(pre: [PreStep(input: "pixels", .reshape(to: [0, 8]))]), "sizes over 0"),
        (Processing(pre: [PreStep(input: "pixels", .reshape(to: []))]), "sizes over 0"),
        (
            Processing(pre: [PreStep(input: "pixels", .reshape(to: [-1, 8], from: [-1, 9]))]),
            "changes the number of elements"
        ),
        (
            Processing(pre: [PreStep(input: "pixels", .reshape(to: [.max, .max]))]), "sizes over 0"
        ),
        (
            Processing(pre: [PreStep(input: "pixels", .scale(2)), PreStep(input: "pixels", .cast(from: .complex64))]),
            "cast from COMPLEX64 to FP32"
        ),
        (
            // The scale would work on what the client sends.
            Processing(pre: [
                PreStep(input: "pixels", .scale(2)), PreStep(input: "pixels", .cast(from: .uint8)),
            ]), "scale works on floats, but the value is UINT8 there"
        ),
        (Processing(post: [PostStep(output: "logits", .topK(5))]), "topK 5; expected 1 to 4"),
        (Processing(post: [PostStep(output: "logits", .topK(0))]), "topK 0; expected 1 to 4"),
        (Processing(post: [PostStep(output: "logits", .argmax(axis: 2))]), "argmax on axis 2"),
        (
            Processing(post: [PostStep(output: "logits", .labels)], labels: ["a"]),
            "labels need an argmax, topK or threshold"
        ),
        (
            Processing(post: [PostStep(output: "logits", .argmax()), PostStep(output: "logits", .labels)]),
            "labels are asked for, but none are given"
        ),
        (
            Processing(
                post: [PostStep(output: "logits", .argmax()), PostStep(output: "logits", .labels)], labels: ["a"]),
            "there are 4 classes, but 1 labels"
        ),
    ]

    @Test(arguments: misfits)
    func stepsThatDoNotFitAreRefused(processing: Processing, message: String) throws {
        let model = try Fixture.mlp.model()
        #expect { try ProcessingCompiler.compile(processing, into: model) } throws: { error in
            (error as? GraphError)?.code == .invalidProcessing && "\(error)".contains(message)
        }
    }

    @Test func operatorSetsBefore7AreRefused() throws {
        let processing = Processing(pre: [PreStep(input: "x", .scale(2))])
        #expect { try ProcessingCompiler.compile(processing, into: Sample.identity(opset: 6)) } throws: {
            "\($0)".contains("needs 7 or newer")
        }
    }
}
