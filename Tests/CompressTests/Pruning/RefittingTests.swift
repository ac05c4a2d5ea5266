import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

@testable import Compress

/// Layers that read less than before answer more like before once they are refitted.
@Suite struct RefittingTests {
    private static let catalog = EngineCatalog()

    /// Numbers that resemble each other from place to place, as those of pictures do.
    private struct Waves: CalibrationSource {
        let sizes: [Int]
        let count: Int
        let seed: UInt64
        var words: String { "waves" }
        var source: String { "waves" }
        var isGenerated: Bool { false }
        var rows: Int? { count }

        func forEachBatch(of batch: Int, for signature: Signature, _ body: ([Tensor]) throws -> Void) throws {
            var generator = SplitMix(state: seed)
            for start in stride(from: 0, to: count, by: batch) {
                let shape = try Shape([min(batch, count - start)] + sizes)
                var level: Float = 0
                let values = (0..<shape.elementCount).map { _ in
                    level = 0.7 * level + Float.random(in: -1...1, using: &generator)
                    return level
                }
                try body([try Tensor(.float32, shape, values: values)])
            }
        }
    }

    /// The mean square of how far outputs are apart.
    private static func error(_ before: Model, _ after: Model, _ source: Waves, _ runner: ModelRunner) throws -> Double
    {
        let sessions = try [before, after].map { try runner.session($0, optimized: false) }
        var (sum, count) = (0.0, 0)
        try source.forEachBatch(of: 16, for: sessions[0].signature) { inputs in
            let (a, b) = (try sessions[0].run(inputs)[0].doubles(), try sessions[1].run(inputs)[0].doubles())
            sum += zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
            count += a.count
        }
        return sum / Double(max(count, 1))
    }

    @Test(arguments: [
        "a chain", "a residual", "a dense block", "flat pictures", "tokens of pictures", "a transformer block",
        "padded, resized, squeezed", "a gate of single numbers",
    ])
    func answersComeNearer(_ name: String) throws {
        let example = try #require(CouplingCase.all.first { $0.name == name })
        let model = try example.make()
        let runner = ModelRunner(try Self.catalog.engine(.onnxRuntime))
        let groups = ChannelGroups(model)
        let cut = groups.groups.flatMap { $0.channels.prefix($0.channels.count / 3) }
        let bare = try ChannelSurgery(groups).without(cut)
        let dimensions = model.graph.inputs[0].type?.tensor?.dimensions ?? []
        let sizes = dimensions.dropFirst().map { $0.size ?? 5 }
        let seen = Waves(sizes: sizes, count: 96, seed: 1)
        let repair = LayerRepair(
            original: groups.view, groups: groups, cut: Set(cut.map(\.root)),
            context: RecipeContext(runner: runner, calibration: seen))
        let (repaired, records) = repair.repaired(bare)
        #expect(repaired.validate().isValid && records.contains(where: \.isChanged))
        let held = Waves(sizes: sizes, count: 64, seed: 2)
        let errors = (
            try Self.error(model, bare, held, runner), try Self.error(model, repaired, held, runner)
        )
        print("\(name): \(errors.0) → \(errors.1); \(records.map(\.action))")
        #expect(errors.1 < errors.0 * 0.8)
    }

    @Test func statisticsAreTakenAnew() throws {
        var net = Net([.symbol("N"), .fixed(3), .fixed(8), .fixed(8)])
        let value = net.add("Relu", [try net.convolution("x", "a", 3, 8)], "r")
        let second = try net.convolution(value, "b", 8, 6)
        // Read by two, so that it cannot be part of the weights.
        net.add("Relu", [second], "other")
        let normal = try net.normalization("other", "n", 6)
        try net.head(net.add("Add", [normal, second], "sum"), 6)
        let model = net.model()
        let groups = ChannelGroups(model)
        let group = try #require(groups.groups.first { $0.makers[0].place.constant == "a.w" })
        let cut = group.channels.prefix(3)
        let runner = ModelRunner(try Self.catalog.engine(.onnxRuntime))
        let repair = LayerRepair(
            original: groups.view, groups: groups, cut: Set(cut.map(\.root)),
            context: RecipeContext(runner: runner, calibration: Waves(sizes: [3, 8, 8], count: 32, seed: 3)))
        let (repaired, records) = repair.repaired(try ChannelSurgery(groups).without(cut))
        #expect(records.contains { $0.node == "n" && $0.action == "statistics taken anew" })
        let means = try repaired.graph.initializers.first { $0.name == "n.mean" }?.tensor().doubles()
        // What comes out of a rectifier is not negative on average.
        #expect(means?.allSatisfy { $0 >= 0 } == true)
    }

    @Test func momentsAreThoseOfAllTensors() throws {
        var moments = Moments()
        let values: [[Float]] = [[1, 2, 3, 4], [5, 6, 100, 104]]
        for own in values { try moments.add(try Tensor(.float32, Shape([1, 2, 2]), values: own), axis: 1) }
        #expect(moments.means == [3.5, 52.75])
        #expect(zip(moments.variances, [4.25, 2427.6875]).allSatisfy { abs($0 - $1) < 1e-9 })
    }
}
