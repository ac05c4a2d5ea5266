import ModelGraph
import Tensors
import Testing

/// What is inferred of values without running.
@Suite struct InferenceTests {
    private func int64s(_ name: String, _ values: [Int64]) throws -> TensorValue {
        TensorValue(name, try Tensor(.int64, Shape([values.count]), values: values))
    }

    private func model(
        _ nodes: [Node], constants: [TensorValue] = [],
        input: [Dimension]? = [.symbol("N"), .fixed(3), .fixed(8), .fixed(8)],
        output: String = "y", opset: Int64 = 17
    ) -> Model {
        let graph = Graph(
            "made", nodes: nodes, initializers: constants, inputs: [ValueInfo("x", .float32, input)],
            outputs: [ValueInfo(output, .float32, nil)])
        return Model(graph, opset: opset, irVersion: 8)
    }

    @Test(
        arguments: [
            (Fixture.mlp, "logits", "FP32 [N, 4]"), (.conv, "p", "FP32 [batch, 4, 3, 3]"),
            (.conv, "scores", "FP32 [batch, 3]"),
            (.control, "chosen", "FP32 [3]"), (.control, "total", "FP32 [3]"), (.features, "s", "FP32 [2, 4]"),
            (.features, "list", "sequence of FP32 [2, 4]"), (.zipmap, "label", "INT64 [?]"),
            (.zipmap, "scores", "FP32 [?, 3]"),
            (.zipmap, "output_probability", "sequence of map of INT64 to FP32 []"), (.old, "m", "FP32 [N, 3]"),
        ] as [(Fixture, String, String)])
    func fixturesAreInferred(fixture: Fixture, value: String, expected: String) throws {
        let types = try fixture.model().inferred()
        #expect(types[value]?.description == expected)
        #expect(types.notes.isEmpty)
    }

    @Test func aShapeComputationIsFollowedWithItsNames() throws {
        // Shape -> Gather -> Unsqueeze -> Concat -> Reshape, as PyTorch exports `x.view(x.size(0), -1)`.
        let made = model(
            [
                Node("Shape", ["x"], ["shape"]),
                Node("Gather", ["shape", "zero"], ["first"], attributes: [Attribute("axis", .int(0))]),
                Node("Unsqueeze", ["first", "axes"], ["one"]),
                Node("Concat", ["one", "rest"], ["target"], attributes: [Attribute("axis", .int(0))]),
                Node("Reshape", ["x", "target"], ["y"]),
            ],
            constants: [
                TensorValue("zero", try Tensor(.int64, .scalar, values: [0] as [Int64])), try int64s("axes", [0]),
                try int64s("rest", [-1]),
            ])
        #expect(made.inferred()["y"]?.description == "FP32 [N, 192]")
        #expect(made.inferred(InferenceOptions(batch: 5))["y"]?.description == "FP32 [5, 192]")
    }

    @Test func halvesOfUnknownHeightsAreEqual() {
        // Two ways through the same window give sizes that can be added.
        let window = [Attribute("kernel_shape", .ints([3, 3])), Attribute("strides", .ints([2, 2]))]
        let made = model(
            [
                Node("MaxPool", ["x"], ["a"], attributes: window),
                Node("AveragePool", ["x"], ["b"], attributes: window),
                Node("Add", ["a", "b"], ["y"]),
            ], input: [.fixed(1), .fixed(3), .symbol("H"), .symbol("W")])
        let y = made.inferred()["y"]?.tensor?.dimensions
        #expect(y?.count == 4)
        #expect(y?[2].description.contains("H") == true)
        #expect(made.inferred()["a"] == made.inferred()["y"])
    }

    @Test func assumptionsReplaceDeclaredDimensions() throws {
        var options = InferenceOptions()
        options.inputDimensions = ["x": [.fixed(2), .fixed(3), .fixed(16), .fixed(16)]]
        let made = model([Node("GlobalAveragePool", ["x"], ["p"]), Node("Flatten", ["p"], ["y"])])
        #expect(made.inferred(options)["p"]?.description == "FP32 [2, 3, 1, 1]")
        options = InferenceOptions()
        options.symbols = ["N": 7]
        #expect(made.inferred(options)["y"]?.description == "FP32 [7, 3]")
    }

    @Test func aContradictionIsNotedAndLeavesTheRestKnown() throws {
        let made = model([
            Node("Concat", ["x", "x"], ["c"], name: "join", attributes: [Attribute("axis", .int(9))]),
            Node("Relu", ["x"], ["y"]),
        ])
        let types = made.inferred()
        #expect(types.notes.map(\.description) == ["node 'join' (Concat): has axis 9, but rank 4"])
        #expect(types["c"] == nil)
        #expect(types["y"]?.description == "FP32 [N, 3, 8, 8]")
    }

    @Test func aDeclarationThatIsWrongIsNoted() {
        var made = model([Node("Relu", ["x"], ["y"])])
        made.graph.outputs[0].type = .tensor(.float32, [.symbol("N"), .fixed(4), .fixed(8), .fixed(8)])
        let types = made.inferred()
        #expect(types["y"]?.description == "FP32 [N, 3, 8, 8]")
        #expect(types.notes.first?.code == .incompatibleTypes)
        #expect(types.notes.first?.message.contains("declared FP32 [N, 4, 8, 8]") == true)
    }

    @Test func anUnknownOperatorGivesNothingButItsDeclaration() {
        var made = model([Node("Mystery", ["x"], ["m"], domain: "com.example"), Node("Relu", ["m"], ["y"])])
        made.opsetImports.append(OpsetImport(1, domain: "com.example"))
        #expect(made.inferred()["y"]?.tensor?.dimensions == nil)
        made.graph.valueInfo = [ValueInfo("m", .float16, [.fixed(2)])]
        #expect(made.inferred()["y"]?.description == "FP16 [2]")
    }

    @Test func aStateThatGrowsInALoopHasAnUnknownSize() throws {
        let body = Graph(
            "body",
            nodes: [
                Node("Identity", ["go"], ["again"]),
                Node("Concat", ["state", "x"], ["grown"], attributes: [Attribute("axis", .int(0))]),
                Node("Relu", ["x"], ["seen"]),
            ],
            inputs: [
                ValueInfo("i", .int64, []), ValueInfo("go", .bool, []), ValueInfo("state", .float32, nil),
            ],
            outputs: [
                ValueInfo("again", .bool, []), ValueInfo("grown", .float32, nil), ValueInfo("seen", .float32, nil),
            ])
        let trips = TensorValue("trips", try Tensor(.int64, .scalar, values: [4] as [Int64]))
        let made = model(
            [Node("Loop", ["trips", "", "x"], ["y", "all"], attributes: [Attribute("body", .graph(body))])],
            constants: [trips], input: [.fixed(2), .fixed(3)])
        #expect(made.inferred()["y"]?.description == "FP32 [?, 3]")
        #expect(made.inferred()["all"]?.description == "FP32 [4, 2, 3]")
    }

    @Test func functionsThatCallThemselvesEnd() {
        var function = Function()
        function.name = "Again"
        function.domain = "local"
        function.inputs = ["a"]
        function.outputs = ["b"]
        function.opsetImports = [OpsetImport(1, domain: "local")]
        function.nodes = [
            Node("Again", ["a"], ["c"], domain: "local"), Node("Again", ["c"], ["b"], domain: "local"),
        ]
        var made = model([Node("Again", ["x"], ["y"], domain: "local")])
        made.functions = [function]
        made.opsetImports.append(OpsetImport(1, domain: "local"))
        var options = InferenceOptions()
        options.nodes = 10_000
        let types = made.inferred(options)
        #expect(types["y"]?.tensor?.dimensions == nil)
        #expect(types.notes.map(\.code) == [.limitExceeded])
    }

    /// As engines compute it: in double precision it would be 6.
    @Test func sizesBySinglePrecisionAreThoseOfTheEngine() throws {
        let factor = TensorValue("factor", try Tensor(.float32, Shape([1]), values: [0.7] as [Float]))
        let nodes = [
            Node("Shape", ["x"], ["s"]), Node("Gather", ["s", "two"], ["h"]),
            Node("Cast", ["h"], ["f"], attributes: [Attribute("to", .int(1))]), Node("Mul", ["f", "factor"], ["m"]),
            Node("Floor", ["m"], ["l"]), Node("Cast", ["l"], ["i"], attributes: [Attribute("to", .int(7))]),
            Node("ConstantOfShape", ["i"], ["y"]),
        ]
        let made = model(
            nodes, constants: [factor, try int64s("two", [2])],
            input: [.symbol("N"), .fixed(3), .fixed(10), .fixed(10)])
        #expect(made.inferred()["y"]?.tensor?.dimensions == [.fixed(7)])
    }

    /// Models that validation lets through.
    @Test func shapesThatLieDoNotTrap() throws {
        let weights = TensorValue(
            "w", try Tensor(.float32, Shape([1, 1, 3, 3]), values: [Float](repeating: 1, count: 9)))
        let kernel = [Attribute("kernel_shape", .ints([3]))]
        for name in ["Conv", "ConvTranspose"] {
            _ = model([Node(name, ["x", "w"], ["y"], attributes: kernel)], constants: [weights]).costs(batch: 2)
        }
        let twice = [Attribute("equation", .text("......->..."))]
        _ = model([Node("Einsum", ["x"], ["y"], attributes: twice)]).costs(batch: 2)
        let slice = [
            Node("ConstantOfShape", ["least"], ["c"]), Node("Slice", ["c", "start", "end", "axis", "step"], ["y"]),
        ]
        let numbers = [
            try int64s("least", [.min]), try int64s("start", [-1]), try int64s("end", [.min]), try int64s("axis", [0]),
            try int64s("step", [-1]),
        ]
        _ = model(slice, constants: numbers).costs(batch: 2)
        let many = (0..<40).map { Node("ConstantOfShape", ["huge"], ["v\($0)"]) }
        let sum = Node("Sum", (0..<40).map { "v\($0)" }, ["y"])
        _ = model(many + [sum], constants: [try int64s("huge", [1 << 57])]).costs(batch: 2)
    }

    /// Numbers that no shape can have, at every operator we know: notes, or nothing, never a trap.
    @Test(arguments: [.min, -1, 0, 1, 3, .max] as [Int64])
    func hostileNumbersDoNotTrap(number: Int64) throws {
        let names = [
            "kernel_shape", "strides", "pads", "dilations", "axes", "axis", "perm", "shape", "split", "starts", "ends",
            "group", "blocksize", "output_padding", "output_shape", "k", "depth", "to", "dtype", "hidden_size",
            "num_outputs", "batch_dims", "num_scan_inputs", "targets", "n_targets", "inputdimensions", "start", "end",
            "sample_size", "size", "q_num_heads", "kv_num_heads", "ngram_indexes", "max_map", "output_height", "N", "K",
        ]
        let operators = InferenceCorpus.operators
        #expect(operators.count > 200)
        for (domain, name) in operators {
            for length in [0, 2, 4] {
                let list = [Int64](repeating: number, count: length)
                let attributes = names.map { Attribute($0, length == 0 ? .int(number) : .ints(list)) }
                for dimensions in InferenceCorpus.dimensions {
                    var made = model(
                        [
                            Node(
                                name, ["x", "c", "c", "x", "c", "c", "x", "c"], ["y", "z", "u", "v"], domain: domain,
                                attributes: attributes)
                        ], constants: [try int64s("c", list)], input: dimensions)
                    made.opsetImports.append(OpsetImport(3, domain: "ai.onnx.ml"))
                    made.opsetImports.append(OpsetImport(1, domain: "com.microsoft"))
                    _ = made.costs(batch: 2)
                }
            }
        }
    }
}

/// Every operator of the catalogue, and inputs of every rank.
enum InferenceCorpus {
    static let operators: [(domain: String, name: String)] =
        OperatorCatalog.names.map { ($0.domain, $0.type) }
        + ["FusedConv", "FusedMatMul", "MatMulNBits", "QLinearAdd"].map { ("com.microsoft", $0) }

    static let dimensions: [[Dimension]?] = [
        nil, [], [.fixed(0)], [.symbol("N")], [.unknown, .fixed(3)], [.symbol("N"), .fixed(3), .fixed(8)],
        [.fixed(1), .fixed(3), .symbol("H"), .fixed(.max)],
    ]
}
