import ModelGraph
import Tensors
import Testing

@Suite struct GraphEditorTests {
    @Test func freshNamesAvoidEveryScope() throws {
        var editor = GraphEditor(try Fixture.control.model())
        // A value of the loop's body, a node of a branch, a graph input.
        #expect(editor.freshName("sum_out") == "sum_out_2")
        #expect(editor.freshName("then_add") == "then_add_2")
        #expect(editor.freshName("x") == "x_2")
        #expect(editor.freshName("x") == "x_3")
        #expect(editor.freshName("new") == "new")
    }

    @Test func readsAreReplacedInSubgraphsToo() throws {
        var editor = GraphEditor(try Fixture.control.model())
        editor.replaceReads(of: "x", with: "other")
        let nodes = editor.model.graph.nodes
        #expect(nodes[0].subgraphs.map { $0.nodes[0].inputs } == [["other", "one"], ["other", "one"]])
        #expect(nodes[1].inputs == ["trips", "", "other"])
    }

    @Test func aSubgraphsOwnValueOfThatNameIsLeftAlone() {
        var inner = Sample.branch("then", reading: "x", making: "a")
        inner.inputs = [ValueInfo("x", .float32, nil)]
        var editor = GraphEditor(Sample.branching(inner, Sample.branch("else", reading: "x", making: "b")))
        editor.replaceReads(of: "x", with: "other")
        #expect(editor.model.graph.nodes[0].subgraphs.map { $0.nodes[0].inputs } == [["x"], ["other"]])
    }

    @Test func constantsOfOldFilesAreInputsWithADefault() throws {
        let tensor = try Tensor(.int64, Shape([1]), values: [7] as [Int64])
        var editor = GraphEditor(try Fixture.old.model())
        let name = editor.addConstant("seven", tensor)
        #expect(editor.model.graph.inputs.contains { $0.name == name })
        #expect(try editor.model.signature.inputs.map(\.name) == ["x"])
        #expect(editor.model.validate().isValid)
    }

    @Test(arguments: [(3, 8), (4, 9), (8, 15), (13, 15)] as [(Int64, Int64)])
    func aMissingOperatorSetIsAsOldAsTheFile(irVersion: Int64, opset: Int64) {
        var model = Sample.identity()
        model.irVersion = irVersion
        model.opsetImports = []
        var editor = GraphEditor(model)
        #expect(editor.ensureOpset() == opset)
        #expect(editor.model.opset == opset)
    }
}
