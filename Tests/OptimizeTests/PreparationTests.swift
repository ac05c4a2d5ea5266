import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

/// Sizes and operator sets that are asked for by name.
@Suite struct PreparationTests {
    private func runner() throws -> ModelRunner { ModelRunner(try Made.engine()) }

    // MARK: - Sizes

    /// A model that flattens what it gets by its own shape, as exporters write it.
    private func flattening() throws -> Model {
        Made.model(
            [.symbol("batch"), .symbol("sequence"), .fixed(4)],
            [
                Node("Shape", ["x"], ["shape"]), Node("Gather", ["shape", "first"], ["rows"]),
                Node("Concat", ["rows", "rest"], ["target"], attributes: [Attribute("axis", .int(0))]),
                Node("Reshape", ["x", "target"], ["y"]),
            ],
            [try Made.ints("first", [0]), try Made.ints("rest", [-1])], output: [.symbol("batch"), .unknown])
    }

    @Test func fixedSizesLetShapesBeWorkedOut() throws {
        var preparation = Preparation()
        preparation.sizes = try ShapeFixing("batch=2,sequence=3")
        let work = OptimizationWork(try Made.engine(), preparation: preparation, measuresSpeed: false)
        let (kept, report) = try work.run(try flattening())
        #expect(kept.operators == ["Reshape"], "\(report.json.encodedString())")
        #expect(kept.graph.inputs[0].type?.tensor?.dimensions == [.fixed(2), .fixed(3), .fixed(4)])
        #expect(kept.graph.outputs[0].type?.tensor?.dimensions == [.fixed(2), .fixed(12)])
        #expect(report.outcome == .improved && report.preparation.count == 2)
        #expect(report.before.nodes == 4 && report.after.nodes == 1)
    }

    @Test func anAxisWithoutANameIsFixedByItsPlace() throws {
        let model = Made.model([.unknown, .fixed(4)], [Node("Relu", ["x"], ["y"])], [])
        let (fixed, _) = try ShapeFixing("x:0=5").applied(to: model)
        #expect(fixed.graph.inputs[0].type?.tensor?.dimensions == [.fixed(5), .fixed(4)])
    }

    @Test(arguments: [
        ("batch", "expected NAME=SIZE"), ("batch=0", "at least 1"), ("batch=1,batch=1", "again"), ("", "no size"),
        ("batch=99999999999", "no size"), ("=3", "no size"),
    ])
    func whatIsNoSizeIsRefused(text: String, words: String) {
        #expect { try ShapeFixing(text) } throws: { ($0 as? RuleFault)?.reason.contains(words) == true }
    }

    @Test(arguments: [
        ("height=3", "open are batch, sequence"), ("x:2=5", "is 4, not 5"), ("z:0=1", "no axis 0 of an input z"),
        ("x:0=1,batch=2", "batch is"),
    ])
    func sizesThatDoNotFitTheModelAreRefused(text: String, words: String) throws {
        let model = try flattening()
        #expect { try ShapeFixing(text).applied(to: model) } throws: {
            ($0 as? RuleFault)?.reason.contains(words) == true
        }
    }

    @Test func aSizeWithWhichTheModelDoesNotRunIsRefused() throws {
        let model = Made.model(
            [.symbol("n"), .fixed(4)], [Node("Reshape", ["x", "s"], ["y"])], [try Made.ints("s", [2, 8])])
        let preparation = Preparation(sizes: try ShapeFixing("n=3"))
        #expect(throws: (any Error).self) { try preparation.applied(to: model, try runner()) }
    }

    // MARK: - Operator sets

    /// A node of an old set and the operators that stand for it in set 21.
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var opset: Int64
        var left: [String]
        var refusal: String?
        var dimensions: [Dimension] = [.symbol("N"), .fixed(4), .fixed(6)]
        var nodes: [Node]
        var testDescription: String { name }
    }

    private static func node(
        _ type: String, _ attributes: [Attribute] = [], outputs: [String] = ["y"], inputs: [String] = ["x"]
    ) -> Node {
        Node(type, inputs, outputs, name: "make \(outputs[0])", attributes: attributes)
    }

    static let cases: [Case] = [
        Case(
            name: "Softmax over two axes", opset: 9, left: ["Flatten", "Shape", "Softmax", "Reshape"],
            nodes: [node("Softmax")]),
        Case(
            name: "Softmax over the last axis", opset: 9, left: ["Softmax"],
            nodes: [node("Softmax", [Attribute("axis", .int(2))])]),
        Case(
            name: "Clip", opset: 9, left: ["Clip"],
            nodes: [node("Clip", [Attribute("min", .float(-0.5)), Attribute("max", .float(0.5))])]),
        Case(
            name: "Clip without a bound below", opset: 9, left: ["Clip"],
            nodes: [node("Clip", [Attribute("max", .float(0.5))])]),
        Case(
            name: "Pad", opset: 9, left: ["Pad"],
            nodes: [node("Pad", [Attribute("pads", .ints([0, 0, 1, 0, 0, 2])), Attribute("value", .float(0.5))])]),
        Case(
            name: "Slice", opset: 9, left: ["Slice"],
            nodes: [
                node(
                    "Slice",
                    [Attribute("starts", .ints([1])), Attribute("ends", .ints([-1])), Attribute("axes", .ints([2]))])
            ]),
        Case(
            name: "ReduceMean", opset: 9, left: ["ReduceMean"],
            nodes: [node("ReduceMean", [Attribute("axes", .ints([1]))])]),
        Case(name: "ReduceSum of all", opset: 9, left: ["ReduceSum"], nodes: [node("ReduceSum")]),
        Case(
            name: "Unsqueeze", opset: 9, left: ["Unsqueeze"],
            nodes: [node("Unsqueeze", [Attribute("axes", .ints([0]))])]),
        Case(
            name: "Split in even parts", opset: 9, left: ["Split", "Add"],
            nodes: [
                node("Split", [Attribute("axis", .int(1))], outputs: ["a", "b"]), node("Add", inputs: ["a", "b"]),
            ]),
        Case(
            name: "Split in parts", opset: 9, left: ["Split", "Concat"],
            nodes: [
                node("Split", [Attribute("axis", .int(1)), Attribute("split", .ints([1, 3]))], outputs: ["a", "b"]),
                node("Concat", [Attribute("axis", .int(1))], inputs: ["b", "a"]),
            ]),
        Case(
            name: "TopK", opset: 9, left: ["TopK"],
            nodes: [node("TopK", [Attribute("k", .int(3)), Attribute("axis", .int(2))], outputs: ["y", "places"])]),
        Case(name: "Dropout", opset: 9, left: ["Dropout"], nodes: [node("Dropout", [Attribute("ratio", .float(0.3))])]),
        Case(
            name: "Upsample", opset: 7, left: ["Resize"], dimensions: [.fixed(1), .fixed(2), .fixed(3), .fixed(3)],
            nodes: [node("Upsample", [Attribute("scales", .floats([1, 1, 2, 2]))])]),
        Case(
            name: "Upsample between places", opset: 7, left: ["Resize"],
            dimensions: [.fixed(1), .fixed(2), .fixed(3), .fixed(3)],
            nodes: [
                node("Upsample", [Attribute("mode", .text("linear")), Attribute("scales", .floats([1, 1, 2, 2]))])
            ]),
        Case(
            name: "Upsample that makes smaller", opset: 7, left: [], refusal: "node make y (",
            dimensions: [.fixed(1), .fixed(2), .fixed(4), .fixed(4)],
            nodes: [node("Upsample", [Attribute("scales", .floats([1, 1, 0.5, 0.5]))])]),
        Case(name: "a set that is too old", opset: 6, left: [], refusal: "begins at 7", nodes: [node("Relu")]),
    ]

    @Test(arguments: cases)
    func whatANodeMeantItMeansInTheNewerSet(_ item: Case) throws {
        let model = Made.model(item.dimensions, item.nodes, [], opset: item.opset)
        let preparation = Preparation(opset: try OpsetConversion(21))
        if let refusal = item.refusal {
            #expect { try preparation.applied(to: model, try runner()) } throws: {
                ($0 as? RuleFault)?.reason.contains(refusal) == true
            }
            return
        }
        let (converted, notes) = try preparation.applied(to: model, try runner())
        #expect(converted.operators == item.left)
        #expect(converted.opset == 21 && converted.irVersion == 10 && notes.count == 1)
        #expect(converted.graph.requiredInputs == model.graph.requiredInputs && converted.validate().isValid)
    }

    @Test func nodesInsideOfOthersAreConvertedToo() throws {
        var model = try InnerCases.choice(
            [
                Node("Clip", ["x"], ["c"], attributes: [Attribute("min", .float(0)), Attribute("max", .float(1))])
            ], reading: "c")
        model.opsetImports[0].version = 10
        let (converted, _) = try Preparation(opset: try OpsetConversion(21)).applied(to: model, try runner())
        let body = converted.graph.nodes[0].subgraphs[0]
        #expect(body.nodes[0].attributes.isEmpty && body.nodes[0].inputs.count == 3)
    }

    @Test func aConversionThatChangesAnswersIsRefused() throws {
        // Written as if it were of an older set, so that the adapter's words are wrong for it.
        var model = Made.model(
            [.fixed(2), .fixed(4), .fixed(6)],
            [Node("Softmax", ["x"], ["y"], attributes: [Attribute("axis", .int(1))])], [],
            opset: 13)
        let right = try OpsetConversion(21).applied(to: model).model
        #expect(right.operators == ["Softmax"])
        model.opsetImports[0].version = 12
        let old = try OpsetConversion(21).applied(to: model).model
        let difference = try OutputDifference(
            try runner().session(right, optimized: false).run([try input()]),
            try runner().session(old, optimized: false).run([try input()]))
        #expect(difference.largest > 0.1)
    }

    private func input() throws -> Tensor {
        try Tensor(.float32, Shape([2, 4, 6]), values: (0..<48).map { Float($0 % 7) })
    }

    @Test func whatIsNewEnoughStaysAsItIs() throws {
        let model = Made.model([.fixed(4)], [Node("Relu", ["x"], ["y"])], [], opset: 17)
        #expect(try OpsetConversion(13).applied(to: model).model == model)
        #expect(throws: RuleFault.self) { try OpsetConversion(99) }
    }
}
