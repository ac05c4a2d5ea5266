import ModelGraph
import Tensors
import Testing

/// Elements of small tensors that are followed, because shapes are made of them.
@Suite struct KnownValueTests {
    private func int64s(_ name: String, _ values: [Int64], _ dimensions: [Int]? = nil) throws -> TensorValue {
        TensorValue(name, try Tensor(.int64, Shape(dimensions ?? [values.count]), values: values))
    }

    private func model(_ nodes: [Node], _ constants: [TensorValue], input: [Dimension]) -> Model {
        let graph = Graph(
            "made", nodes: nodes, initializers: constants, inputs: [ValueInfo("x", .float32, input)],
            outputs: [ValueInfo("y", .float32, nil)])
        return Model(graph, opset: 17, irVersion: 8)
    }

    @Test func padsThatPyTorchTurnsAroundAreFollowed() throws {
        // `F.pad(x, (1, 2, 3, 4))`: begins and ends in pairs, last axis first, to begins, then ends, first axis first.
        let made = model(
            [
                Node(
                    "ConstantOfShape", ["four"], ["zeros"],
                    attributes: [Attribute("value", .tensor(try int64s("", [0])))]),
                Node("Concat", ["given", "zeros"], ["all"], attributes: [Attribute("axis", .int(0))]),
                Node("Reshape", ["all", "pairs"], ["table"]),
                Node("Slice", ["table", "last", "least", "first", "back"], ["turned"]),
                Node("Transpose", ["turned"], ["sides"], attributes: [Attribute("perm", .ints([1, 0]))]),
                Node("Reshape", ["sides", "flat"], ["list"]),
                Node("Pad", ["x", "list"], ["y"]),
            ],
            [
                try int64s("four", [4]), try int64s("given", [1, 2, 3, 4]), try int64s("pairs", [-1, 2]),
                try int64s("last", [-1]), try int64s("least", [.min + 1]), try int64s("first", [0]),
                try int64s("back", [-1]), try int64s("flat", [-1]),
            ], input: [.symbol("N"), .fixed(2), .symbol("H"), .fixed(8)])
        #expect(made.inferred()["y"]?.description == "FP32 [N, 2, H + 7, 11]")
        #expect(made.inferred().notes.isEmpty)
    }

    @Test func emptyValuesOfVastDimensionsDoNotTrap() throws {
        let vast = try int64s("vast", [0, 1 << 40, 1 << 40])
        let reshape = [Attribute("allowzero", .int(1))]
        let made = model(
            [
                Node("Reshape", ["none", "vast"], ["a"], attributes: reshape), Node("Add", ["a", "a"], ["b"]),
                Node("Transpose", ["a"], ["c"]), Node("Slice", ["c", "one", "two"], ["d"]),
                Node("Expand", ["d", "vast"], ["e"]), Node("Where", ["a", "a", "b"], ["y"]),
            ], [vast, try int64s("none", []), try int64s("one", [1]), try int64s("two", [2])], input: [])
        #expect(made.inferred()["c"]?.description == "INT64 [1099511627776, 1099511627776, 0]")
    }

    @Test(
        arguments: [
            // What ends the loop, most rounds, how long the sequence is, and how often the body runs.
            ("Less", nil, 5, 5), ("Less", 3, 5, 3), ("Less", 9, 5, 5), ("Less", nil, 0, 0), ("LessOrEqual", nil, 5, 6),
            ("Less", -4, 5, 0), ("Less", nil, 1024, 1024), ("Less", nil, 1025, nil),
        ] as [(String, Int64?, Int, Int?)])
    func loopsThatCountAreFollowed(comparison: String, most: Int64?, length: Int, rounds: Int?) throws {
        // As TensorFlow's while loops come: the counter is a state, compared as a fraction.
        let compare = [
            Node("Cast", ["next"], ["left"], attributes: [Attribute("to", .int(1))]),
            Node(comparison, ["left", "right"], ["again"]),
        ]
        let body = Graph(
            "body",
            nodes: [Node("Add", ["count", "one"], ["next"])] + compare + [Node("Relu", ["state"], ["seen"])],
            inputs: [
                ValueInfo("i", .int64, []), ValueInfo("go", .bool, []), ValueInfo("count", .int64, []),
                ValueInfo("state", .float32, nil),
            ],
            outputs: ["again", "next", "seen", "seen"].map { ValueInfo($0, .float32, nil) })
        let made = model(
            [
                Node("Shape", ["x"], ["sizes"]), Node("Gather", ["sizes", "zero"], ["length"]),
                Node("Cast", ["length"], ["right"], attributes: [Attribute("to", .int(1))]),
                Node("Less", ["nothing", "right"], ["start"]),
                Node(
                    "Loop", [most == nil ? "" : "most", "start", "zero", "x"], ["n", "z", "y"],
                    attributes: [Attribute("body", .graph(body))]),
            ],
            [
                try int64s("zero", [0], []), try int64s("one", [1], []), try int64s("most", [most ?? 0], []),
                TensorValue("nothing", try Tensor(.float32, .scalar, values: [0] as [Float])),
            ], input: [.fixed(length), .fixed(3)])
        let known = rounds.map { "\($0)" } ?? "?"
        #expect(made.inferred()["y"]?.description == "FP32 [\(known), \(length), 3]")
    }

    @Test func aLoopWhoseConditionIsAlwaysTrueRunsAsOftenAsAsked() throws {
        let body = Graph(
            "body", nodes: [Node("Cast", ["yes"], ["again"], attributes: [Attribute("to", .int(9))])],
            inputs: [ValueInfo("i", .int64, []), ValueInfo("go", .bool, [])],
            outputs: [ValueInfo("again", .bool, []), ValueInfo("i", .int64, [])])
        let made = model(
            [
                Node("Shape", ["x"], ["sizes"]), Node("Gather", ["sizes", "zero"], ["length"]),
                Node("Loop", ["length", "yes"], ["y"], attributes: [Attribute("body", .graph(body))]),
            ],
            [
                try int64s("zero", [0], []),
                TensorValue("yes", try Tensor(.bool, .scalar, values: [1] as [UInt8])),
            ], input: [.symbol("N"), .fixed(3)])
        #expect(made.inferred()["y"]?.description == "INT64 [N]")
    }

    @Test(
        arguments: [
            ("QLinearGlobalAveragePool", ["q", "s", "z", "s", "z"], [], "UINT8 [N, 4, 1, 1]"),
            (
                "QLinearGlobalAveragePool", ["q", "s", "z", "s", "z"], [Attribute("channels_last", .int(1))],
                "UINT8 [N, 1, 1, 6]"
            ),
            (
                "QLinearAveragePool", ["q", "s", "z", "s", "z"], [Attribute("kernel_shape", .ints([2, 3]))],
                "UINT8 [N, 4, 4, 4]"
            ),
            (
                "QLinearConcat", ["s", "z", "q", "s", "z", "q", "s", "z"], [Attribute("axis", .int(1))],
                "UINT8 [N, 8, 5, 6]"
            ),
            ("QLinearSoftmax", ["q", "s", "z", "s", "z"], [], "UINT8 [N, 4, 5, 6]"),
            ("QGemm", ["m", "s", "z", "w", "s", "z", "", "s", "z"], [], "UINT8 [N, 2]"),
            ("QGemm", ["m", "s", "z", "w", "s", "z"], [], "FP32 [N, 2]"),
        ] as [(String, [String], [Attribute], String)])
    func quantisedOperatorsAreInferred(
        name: String, inputs: [String], attributes: [Attribute], expected: String
    ) throws {
        var made = model(
            [
                Node("QuantizeLinear", ["x", "s", "z"], ["q"]), Node("Flatten", ["q"], ["m"]),
                Node(name, inputs, ["y"], domain: "com.microsoft", attributes: attributes),
            ],
            [
                TensorValue("s", try Tensor(.float32, .scalar, values: [1] as [Float])),
                TensorValue("z", try Tensor(.uint8, .scalar, values: [0] as [UInt8])),
                TensorValue("w", try Tensor(zeros: .uint8, Shape([120, 2]))),
            ], input: [.symbol("N"), .fixed(4), .fixed(5), .fixed(6)])
        made.graph.outputs[0].type = nil
        made.opsetImports.append(OpsetImport(1, domain: "com.microsoft"))
        #expect(made.inferred()["y"]?.description == expected)
        #expect(made.inferred().notes.isEmpty)
    }
}
