import ModelGraph
import Tensors
import Testing

/// Surgery keeps graphs valid, or refuses.
@Suite struct GraphSurgeryTests {
    private func isInvalidEdit(_ error: any Error) -> Bool { (error as? GraphError)?.code == .invalidEdit }

    @Test func aNodeIsReplacedBySeveral() throws {
        var editor = GraphEditor(try Fixture.conv.model())
        let fresh = editor.freshName("r")
        try editor.replaceNodes(
            1..<2, with: [Node("Abs", ["c"], [fresh]), Node("Sqrt", [fresh], ["r"], name: "root")])
        #expect(
            editor.model.graph.nodes.map(\.operatorType) == ["Conv", "Abs", "Sqrt", "MaxPool", "Reshape", "MatMul"])
        #expect(editor.model.validate().isValid)
    }

    @Test func whatWouldLeaveAHoleIsRefused() throws {
        var editor = GraphEditor(try Fixture.conv.model())
        let before = editor.model
        // Nothing would make 'r'; 'r' is read before it is made; 'c' would be made twice.
        let edits: [[Node]] = [
            [], [Node("Relu", ["c"], ["other"])], [Node("Relu", ["p"], ["r"])],
            [Node("Relu", ["c"], ["r"]), Node("Relu", ["r"], ["c"])],
        ]
        for nodes in edits {
            #expect(throws: GraphError.self) { try editor.replaceNodes(1..<2, with: nodes) }
            #expect(editor.model == before)
        }
        #expect { try editor.removeNode(at: 1) } throws: { isInvalidEdit($0) }
        #expect { try editor.removeNode(at: 1, rewiring: ["r": "scores"]) } throws: { isInvalidEdit($0) }
        #expect { try editor.removeConstant("k") } throws: { isInvalidEdit($0) }
        #expect { try editor.renameValue("r", to: "c") } throws: { isInvalidEdit($0) }
        #expect { try editor.insert(Node("Relu", ["r"], ["q"]), at: 0) } throws: { isInvalidEdit($0) }
        #expect { try editor.insert(Node("Relu", ["r"], ["q"]), at: 99) } throws: { isInvalidEdit($0) }
        #expect(editor.model == before)
    }

    @Test func aRemovedNodesReadersReadWhatItRead() throws {
        var editor = GraphEditor(try Fixture.conv.model())
        try editor.removeNode(at: 1, rewiring: ["r": "c"])
        #expect(editor.model.graph.nodes[1].inputs == ["c"])
        #expect(editor.model.validate().isValid)
    }

    @Test func aRemovedOutputKeepsItsName() throws {
        var editor = GraphEditor(try Sample.dense())
        try editor.removeNode(at: 1, rewiring: ["y": "m"])
        #expect(editor.model.graph.nodes.map(\.operatorType) == ["MatMul", "Identity"])
        #expect(editor.model.graph.outputs.map(\.name) == ["y"])
        #expect(editor.model.validate().isValid)
    }

    @Test func aNodeGoesBetweenAValueAndItsReaders() throws {
        var editor = GraphEditor(try Fixture.control.model())
        let name = try editor.insertBetween("x") { Node("Neg", [$0], [$1]) }
        // Read in both branches, and as the loop's state.
        let nodes = editor.model.graph.nodes
        #expect(nodes.first?.inputs == ["x"])
        #expect(nodes[1].subgraphs.map { $0.nodes[0].inputs[0] } == [name, name])
        #expect(nodes[2].inputs.last == name)
        #expect(editor.model.validate().isValid)

        let last = try editor.insertBetween("total") { Node("Neg", [$0], [$1]) }
        #expect(last == "total")
        #expect(editor.model.graph.nodes.last?.outputs == ["total"])
        #expect(editor.model.validate().isValid)
    }

    @Test func aValueIsRenamedEverywhere() throws {
        var editor = GraphEditor(try Fixture.control.model())
        try editor.renameValue("x", to: "pixels")
        try editor.renameValue("one", to: "unit")
        try editor.renameValue("total", to: "sum")
        let graph = editor.model.graph
        #expect(graph.inputs.map(\.name) == ["flag", "pixels"])
        #expect(graph.outputs.map(\.name) == ["sum"])
        #expect(graph.nodes[0].subgraphs.map { $0.nodes[0].inputs } == [["pixels", "unit"], ["pixels", "unit"]])
        #expect(editor.model.validate().isValid)
    }

    @Test func anInputOrANodeBecomesAConstant() throws {
        var editor = GraphEditor(try Fixture.control.model())
        try editor.setConstant("flag", try Tensor(.bool, .scalar, values: [1] as [UInt8]))
        try editor.setConstant("chosen", try Tensor(.float32, Shape([3]), values: [1, 2, 3] as [Float]))
        #expect(editor.model.graph.requiredInputs.map(\.name) == ["x"])
        #expect(editor.model.graph.nodes.map(\.operatorType) == ["Loop"])
        #expect(editor.model.validate().isValid)
        #expect { try editor.setConstant("nothing", try Tensor(zeros: .float32, .scalar)) } throws: {
            isInvalidEdit($0)
        }
    }

    @Test func whatNothingReadsGoes() throws {
        var editor = GraphEditor(try Sample.dense())
        _ = editor.addConstant("spare", try Tensor(zeros: .float32, .scalar))
        editor.append(Node("Neg", ["m"], ["dead"]))
        editor.append(Node("Neg", ["dead"], ["deader"]))
        #expect(editor.removeUnused() == 3)
        #expect(editor.model.difference(to: try Sample.dense()).isEmpty)
    }

    /// Whatever is done or refused, the graph stays valid, and what was refused changed nothing.
    @Test(arguments: 0..<60)
    func seededSurgeryKeepsGraphsValid(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let fixture: Fixture = [.conv, .mlp, .control, .old][seed % 4]
        var editor = GraphEditor(try fixture.model())
        var done = 0
        for _ in 0..<40 {
            let before = editor.model
            do {
                try operate(on: &editor, &generator)
                done += 1
            } catch {
                #expect(error.code == .invalidEdit)
                #expect(editor.model == before)
            }
            let problems = editor.model.validate().problems
            #expect(problems.isEmpty, "\(problems)")
            guard problems.isEmpty else { return }
            #expect(try Model.read(bytes: editor.model.encoded()) == editor.model)
        }
        #expect(done > 5)
    }

    private func operate(
        on editor: inout GraphEditor, _ generator: inout SeededGenerator
    ) throws(GraphError) {
        let graph = editor.model.graph
        let values = graph.inputs.map(\.name) + graph.initializers.map(\.name) + graph.nodes.flatMap(\.outputs)
        let value = values.randomElement(using: &generator) ?? ""
        let other = values.randomElement(using: &generator) ?? ""
        let place = Int.random(in: 0...graph.nodes.count, using: &generator)
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: try editor.insert(Node("Identity", [value], [editor.freshName("made")]), at: place)
        case 1:
            try editor.removeNode(at: place, rewiring: [graph.nodes.dropFirst(place).first?.outputs.first ?? "": value])
        case 2: try editor.insertBetween(value) { Node("Identity", [$0], [$1]) }
        case 3: try editor.renameValue(value, to: Bool.random(using: &generator) ? other : editor.freshName("renamed"))
        case 4:
            let shape = (try? Shape([3])) ?? .scalar
            guard let tensor = try? Tensor(zeros: .float32, shape) else { return }
            try editor.setConstant(value, tensor)
        case 5: try editor.removeConstant(value)
        default:
            let made = graph.nodes.dropFirst(place).first?.outputs.first ?? ""
            try editor.replaceNodes(place..<(place + 1), with: [Node("Identity", [value], [made])])
        }
    }
}
