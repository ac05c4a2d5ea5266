import ModelGraph
import Optimize
import Tensors
import Testing

/// Bodies of `If` and `Loop`.
enum InnerCases {
    /// `y` is a body's sum of `reading` and 1 where the first of `x` is above 0, else `x`; `extra` nodes are in the body.
    static func choice(_ extra: [Node], reading: String = "x", one: [TensorValue]? = nil) throws -> Model {
        let then = Graph(
            "then", nodes: extra + [Node("Add", [reading, "one"], ["t"])],
            initializers: try one ?? [TensorValue("one", Tensor(.float32, Shape([]), values: [1] as [Float]))],
            outputs: [ValueInfo("t", .float32, nil)])
        let other = Graph("else", nodes: [Node("Neg", ["x"], ["e"])], outputs: [ValueInfo("e", .float32, nil)])
        let node = Node(
            "If", ["condition"], ["y"],
            attributes: [Attribute("then_branch", .graph(then)), Attribute("else_branch", .graph(other))])
        var model = Made.model([.fixed(4)], [node], [])
        model.graph.inputs.append(ValueInfo("condition", .bool, []))
        return model
    }
}

/// What passes do inside of other nodes.
@Suite struct InnerGraphTests {
    private func bodies(_ model: Model) -> [[String]] {
        model.graph.nodes.flatMap(\.subgraphs).map { $0.nodes.map(\.operatorType) }
    }

    @Test func theBodyLosesWhatIsNotNeededAndKeepsItsOutputs() throws {
        let model = try InnerCases.choice(
            [
                Node("Identity", ["x"], ["i"]), Node("Identity", ["i"], ["j"]), Node("Relu", ["x"], ["unused"]),
            ], reading: "j")
        let (kept, report) = try Made.optimized(model)
        #expect(bodies(kept) == [["Add"], ["Neg"]], "\(report.json.encodedString())")
        #expect(kept.validate().isValid && report.record("inner-graphs")?.verdict == .applied)
        #expect(kept.graph.nodes[0].subgraphs.map { $0.outputs.map(\.name) } == [["t"], ["e"]])
    }

    @Test func whatABodyReadsFromOutsideMayBeConstantThere() throws {
        var model = try InnerCases.choice(
            [
                Node("Mul", ["factor", "factor"], ["square"]), Node("Mul", ["x", "square"], ["s"]),
            ], reading: "s")
        model.graph.initializers.append(try Made.floats("factor", [4]))
        model.graph.nodes.insert(Node("Mul", ["x", "factor"], ["square_value"]), at: 0)
        model.graph.outputs.append(ValueInfo("square_value", .float32, nil))
        let (kept, report) = try Made.optimized(model)
        #expect(bodies(kept) == [["Mul", "Add"], ["Neg"]], "\(report.json.encodedString())")
        // The name that was near is another's outside.
        #expect(kept.validate().isValid && kept.graph.nodes[1].subgraphs[0].initializers.count == 2)
    }

    @Test func aLoopsBodyIsGoneThroughWithItsOwnInputs() throws {
        let body = Graph(
            "body",
            nodes: [
                Node("Identity", ["going"], ["on"]), Node("Sum", ["state", "x"], ["sum"]),
                Node("Dropout", ["sum"], ["dropped"]), Node("Tanh", ["dropped"], ["next"]),
            ],
            inputs: [
                ValueInfo("step", .int64, []), ValueInfo("going", .bool, []), ValueInfo("state", .float32, [.fixed(4)]),
            ],
            outputs: [ValueInfo("on", .bool, []), ValueInfo("next", .float32, [.fixed(4)])])
        let model = Made.model(
            [.fixed(4)],
            [Node("Loop", ["count", "", "x"], ["y"], attributes: [Attribute("body", .graph(body))])],
            [TensorValue("count", try Tensor(.int64, Shape([]), values: [3 as Int64]))], output: [.fixed(4)])
        let (kept, report) = try Made.optimized(model)
        #expect(bodies(kept) == [["Identity", "Add", "Tanh"]], "\(report.json.encodedString())")
        #expect(report.difference == OutputDifference())
    }
}
