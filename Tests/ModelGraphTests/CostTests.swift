import ModelGraph
import Tensors
import Testing

/// What layers cost, against numbers worked out by hand.
@Suite struct CostTests {
    @Test func aDenseLayerIsCounted() throws {
        // y = relu(x · w), x [N, 4], w [4, 3].
        let costs = try Sample.dense().costs(batch: 5)
        #expect(costs.layers.map(\.name) == ["product", "relu"])
        #expect(costs.layers.map(\.flops) == [5 * 3 * 4 * 2, 5 * 3])
        #expect(costs.layers.map(\.parameters) == [12, 0])
        #expect(costs.layers.map(\.weightBytes) == [48, 0])
        #expect(costs.layers.map(\.activationBytes) == [5 * 3 * 4, 5 * 3 * 4])
        #expect(costs.layers[0].outputs.map { $0.type?.description } == ["FP32 [5, 3]"])
        #expect(costs.layers[0].inputs.map(\.isConstant) == [false, true])
        #expect(costs.flops == 135)
        #expect(costs.parameters == 12)
        #expect(costs.batch == 5)
    }

    @Test func withoutABatchSizeCostsOfOpenShapesAreUnknown() throws {
        let costs = try Sample.dense().costs()
        #expect(costs.layers.map(\.flops) == [nil, nil])
        #expect(costs.layersOfUnknownFLOPs == 2)
        #expect(costs.layersOfUnknownBytes == 2)
        #expect(costs.flops == 0)
        #expect(costs.layers[0].outputs[0].type?.description == "FP32 [N, 3]")
    }

    @Test func aConvolutionalNetworkIsCounted() throws {
        // 1x6x6 -> conv 4 of 1x3x3, padded -> relu -> pool 2 -> 36 -> dense 3.
        let layers = try Fixture.conv.model().layers(batch: 2)
        let expected = [2 * 4 * 36 * (2 * 9 + 1), 2 * 4 * 36, 2 * 36 * 4, 0, 2 * 3 * 36 * 2]
        #expect(layers.map(\.flops) == expected)
        #expect(layers.map(\.operatorName.description) == ["Conv", "Relu", "MaxPool", "Reshape", "MatMul"])
        #expect(layers.map(\.parameters) == [40, 0, 0, 2, 108])
    }

    @Test func bodiesOfBranchesAndLoopsCount() throws {
        // A branch of 3 additions, then a loop of 4 rounds of 3 additions.
        let costs = try Fixture.control.model().costs()
        #expect(costs.layers.map(\.flops) == [3, 4 * 3])
    }

    @Test func aFunctionsBodyCounts() throws {
        #expect(try Fixture.features.model().layers().map(\.flops) == [8, 8, 0])
    }

    @Test func theOperandsOfAnAttentionAreCounted() throws {
        let graph = Graph(
            "attention", nodes: [Node("Attention", ["q", "k", "v"], ["y"])],
            inputs: ["q", "k", "v"].map { ValueInfo($0, .float32, [.fixed(1), .fixed(2), .fixed(10), .fixed(8)]) },
            outputs: [ValueInfo("y", .float32, nil)])
        // 2 heads, 10 x 10 scores: two products of depth 8 and a softmax of 5.
        #expect(Model(graph, opset: 23, irVersion: 11).layers()[0].flops == 2 * 100 * (16 + 16 + 5))
    }

    @Test func theLargestMomentIsFound() {
        // x (16 bytes) stays; a and b are alive together with the sum c.
        let nodes = [
            Node("Relu", ["x"], ["a"]), Node("Neg", ["x"], ["b"]), Node("Add", ["a", "b"], ["c"]),
            Node("Relu", ["c"], ["d"]), Node("Relu", ["d"], ["y"]),
        ]
        let graph = Graph(
            "diamond", nodes: nodes, inputs: [ValueInfo("x", .float32, [.fixed(4)])],
            outputs: [ValueInfo("y", .float32, [.fixed(4)])])
        let costs = Model(graph, opset: 17, irVersion: 8).costs()
        #expect(costs.peakActivationBytes == 4 * 16)
        #expect(costs.peakLayer == 2)
        #expect(costs.activationBytes == 5 * 16)
    }

    @Test func aSharedConstantIsCountedOnce() throws {
        var model = try Sample.dense()
        model.graph.nodes.append(Node("MatMul", ["x", "w"], ["again"], name: "again"))
        #expect(model.layers(batch: 1).map(\.parameters) == [12, 0, 0])
    }

    @Test func countsThatDoNotFitAreUnknown() {
        let graph = Graph(
            "vast", nodes: [Node("Relu", ["x"], ["y"])],
            inputs: [ValueInfo("x", .float32, [.fixed(.max), .fixed(.max)])], outputs: [ValueInfo("y", .float32, nil)])
        let costs = Model(graph, opset: 17, irVersion: 8).costs()
        #expect(costs.layers[0].flops == nil)
        #expect(costs.layers[0].activationBytes == nil)
        #expect(costs.peakActivationBytes == 0)
    }
}
