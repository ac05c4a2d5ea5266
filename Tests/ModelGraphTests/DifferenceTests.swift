import ModelGraph
import Tensors
import Testing

@Suite struct DifferenceTests {
    @Test(arguments: Fixture.allCases)
    func aModelDoesNotDifferFromItself(fixture: Fixture) throws {
        let model = try fixture.model()
        #expect(model.difference(to: model).isEmpty)
        #expect(try model.difference(to: Model.read(bytes: model.encoded())).isEmpty)
    }

    @Test func storingElementsElsewhereIsNoChange() throws {
        let before = try Sample.dense()
        var after = before
        let floats = try #require(before.graph.initializers.first).tensor()
        after.graph.initializers[0] = TensorValue(
            "w", .float32, [4, 3], .floats(ByteView(copying: Array(floats.bytes))))
        #expect(before.difference(to: after).isEmpty)
    }

    @Test func changedWeightsAreMeasured() throws {
        let before = try Sample.dense()
        var after = before
        var values = (0..<12).map(Float.init)
        values[3] += 0.5
        values[7] -= 2
        after.graph.initializers[0] = TensorValue("w", try Tensor(.float32, Shape([4, 3]), values: values))
        let difference = before.difference(to: after)
        #expect(difference.constantsChanged.map(\.name) == ["w"])
        #expect(difference.constantsChanged.first?.largestDifference == 2)
        #expect(difference.constantsChanged.first?.changedElements == 2)
        #expect(difference.nodesChanged.isEmpty)
    }

    @Test func aWeightOfAnotherTypeOrShapeIsNamed() throws {
        let before = try Sample.dense()
        var after = before
        let half = try #require(before.graph.initializers.first).tensor().converted(to: .float16)
        after.graph.initializers[0] = TensorValue("w", half)
        let change = try #require(before.difference(to: after).constantsChanged.first)
        #expect(change.before == "FP32 [4, 3]")
        #expect(change.after == "FP16 [4, 3]")
        #expect(change.largestDifference == nil)
    }

    @Test func nodesAddedRemovedAndChangedAreNamed() throws {
        let before = try Fixture.conv.model()
        var after = before
        after.graph.nodes[2].attributes = [Attribute("kernel_shape", .ints([3, 3]))]
        after.graph.nodes.remove(at: 1)
        after.graph.nodes[1].inputs = ["c"]
        after.graph.nodes.append(Node("Softmax", ["scores"], ["p2"], name: "soft"))
        let difference = before.difference(to: after)
        #expect(difference.nodesRemoved.map(\.name) == ["relu"])
        #expect(difference.nodesAdded.map(\.name) == ["soft"])
        let change = try #require(difference.nodesChanged.first)
        #expect(change.before.name == "pool")
        #expect(change.attributes.map(\.name) == ["kernel_shape", "strides"])
        #expect(change.attributes.map(\.after) == ["[3, 3]", nil])
        #expect(change.inputs.map(\.before) == ["r"])
        #expect(change.inputs.map(\.after) == ["c"])
    }

    @Test func renamedValuesAndNodesAreNoChange() throws {
        let before = try Fixture.conv.model()
        var editor = GraphEditor(before)
        try editor.renameValue("r", to: "rectified")
        try editor.renameValue("p", to: "pooled")
        var after = editor.model
        for index in after.graph.nodes.indices { after.graph.nodes[index].name = "" }
        let difference = before.difference(to: after)
        #expect(difference.nodesAdded.isEmpty)
        #expect(difference.nodesRemoved.isEmpty)
        #expect(difference.nodesChanged.isEmpty)
    }

    @Test func portsOpsetsAndMetadataAreCompared() throws {
        let before = try Sample.dense()
        var after = before
        after.graph.inputs[0].type = .tensor(.float32, [.symbol("batch"), .fixed(4)])
        after.opsetImports = [OpsetImport(18), OpsetImport(3, domain: "ai.onnx.ml")]
        after.metadata = [StringEntry("origin", "test")]
        let difference = before.difference(to: after)
        #expect(difference.inputs.map(\.after) == ["FP32 [batch, 4]"])
        #expect(difference.opsets.map(\.name) == ["ai.onnx", "ai.onnx.ml"])
        #expect(difference.opsets.map(\.before) == ["17", nil])
        #expect(difference.properties.map(\.name) == ["metadata origin"])
        #expect(difference.outputs.isEmpty)
    }
}
