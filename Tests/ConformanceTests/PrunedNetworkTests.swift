import Compress
import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

/// Real graphs with channels cut out: still graphs that run.
@Suite(.enabled(if: TestData.folder != nil, "SLIPWAY_TEST_ONNX_DATA names no unpacked test data"))
struct PrunedNetworkTests {
    /// The others weigh hundreds of megabytes.
    @Test(arguments: ["squeezenet", "shufflenet", "densenet121", "inception_v1", "inception_v2", "resnet50"])
    func networksRunWithAThirdOfTheirOperationsCut(name: String) throws {
        let model = try LightNetwork(name: name).model()
        let runner = ModelRunner(try Running.catalog.engine(.onnxRuntime))
        let groups = ChannelGroups(model)
        let choice = PruningChoice(groups, losses: ChannelScores.weights(groups), PruningBounds(share: 0.3))
        let small = try ChannelSurgery(groups).without(choice.channels)
        let (before, after) = (model.costs(batch: 1), small.costs(batch: 1))
        let share = 1 - Double(after.flops) / Double(before.flops)
        print(
            "\n\(name): \(groups.groups.count) groups, \(groups.frozen.count) layers stay; operations \(before.flops) → "
                + "\(after.flops) (−\(Int((share * 100).rounded())) %), parameters \(before.parameters) → \(after.parameters)"
        )
        #expect(share > 0.25 && after.parameters < before.parameters)
        #expect(after.notes.count <= before.notes.count && after.layersOfUnknownFLOPs == 0)
        let session = try runner.session(small, optimized: true)
        let answers = try session.run(session.samples(SampleInputs(), rows: 1))
        #expect(try answers.allSatisfy { try $0.doubles().allSatisfy(\.isFinite) })
    }
}
