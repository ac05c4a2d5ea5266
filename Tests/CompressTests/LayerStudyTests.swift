import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// What a report knows of layers by looking at both models.
@Suite struct LayerStudyTests {
    private static func layer(_ layers: [OptimisationRecord.Layer], _ node: String) throws -> OptimisationRecord.Layer {
        try #require(layers.first { $0.node == node })
    }

    @Test func ofOneModelWeightsAreCountedOnce() throws {
        let model = try Made.network()
        let layers = LayerStudy(model, nil).layers()
        #expect(layers.map(\.node) == model.graph.nodes.map(\.name))
        #expect(layers.reduce(0) { $0 + ($1.bytesBefore ?? 0) } == model.weightBytes)
        #expect(layers.allSatisfy { !$0.isChanged && $0.bytesAfter == nil })
        let first = try Self.layer(layers, "first")
        #expect(first.bytesBefore == (8 * 27 + 8) * 4 && first.weightsBefore?.counts.reduce(0, +) == 8 * 27)
        #expect(try Self.layer(layers, "relu1").bytesBefore == nil)
    }

    @Test func aModelHeldToItselfIsUnchanged() throws {
        let model = try Made.network()
        let layers = LayerStudy(model, model).layers()
        #expect(layers.allSatisfy { !$0.isChanged && $0.bytesAfter == $0.bytesBefore && $0.action.isEmpty })
    }

    @Test func wholeNumbersAreShownAsWhatTheyStandFor() throws {
        let model = try Made.network()
        let result = try Int8RecipeTests.quantized(model, [16, 3, 8, 8])
        let layers = LayerStudy(model, result.model).layers()
        for node in ["first", "second", "third", "dense"] {
            let layer = try Self.layer(layers, node)
            let (before, after) = (try #require(layer.weightsBefore), try #require(layer.weightsAfter))
            #expect(layer.isChanged && layer.bytesAfter ?? .max < layer.bytesBefore ?? 0, "\(layer)")
            // A step of eight bits at most, at either end.
            let step = (before.most - before.least) / 100
            #expect(abs(after.least - before.least) < step && abs(after.most - before.most) < step, "\(layer)")
        }
        #expect(try Self.layer(layers, "relu1").action == "not there any more")
    }

    @Test func anotherWeightIsSeen() throws {
        let model = try Made.network()
        var other = model
        let place = try #require(other.graph.initializers.firstIndex { $0.name == "w3" })
        other.graph.initializers[place] = try Made.floats("w3", [4, 8, 1, 1], from: -2, to: 2)
        #expect(LayerStudy(model, other).layers().filter(\.isChanged).map(\.node) == ["third"])
    }

    /// Names that occur twice tell nothing, ways through constants may double at every node.
    @Test func graphsThatLeadAstrayAreGoneThroughOnce() throws {
        var nodes = [Node("Exp", ["k"], ["e0"], name: "same")]
        for depth in 1..<40 {
            nodes.append(Node("Add", ["e\(depth - 1)", "e\(depth - 1)"], ["e\(depth)"], name: "same"))
        }
        nodes.append(Node("Add", ["x", "e39"], ["y"], name: "last"))
        let model = Made.model([.fixed(4)], nodes, [try Made.floats("k", [4])])
        let layers = LayerStudy(model, model).layers()
        #expect(layers.count == 41 && layers.allSatisfy { !$0.isChanged })
    }
}
