import Compress
import ModelGraph
import Tensors
import Testing

/// Which channels go.
@Suite struct ChoiceTests {
    private static func chain(_ channels: [Int]) throws -> Model {
        var net = Net([.symbol("N"), .fixed(3), .fixed(8), .fixed(8)])
        var (value, read) = ("x", 3)
        for (number, made) in channels.enumerated() {
            value = net.add("Relu", [try net.convolution(value, "c\(number)", read, made)], "r\(number)")
            read = made
        }
        try net.head(value, read)
        return net.model()
    }

    private static func bounds(_ share: Double, multiple: Int = 16, floor: Double = 0.25) -> PruningBounds {
        var bounds = PruningBounds(share: share)
        (bounds.multiple, bounds.floor) = (multiple, floor)
        return bounds
    }

    @Test(arguments: [(0.2, 16), (0.5, 16), (0.9, 16), (0.5, 8), (0.3, 1), (0.0, 1)])
    func whatIsLeftFitsTheKernel(_ share: Double, _ multiple: Int) throws {
        let model = try Self.chain([48, 64, 40, 16])
        let groups = ChannelGroups(model)
        let choice = PruningChoice(
            groups, losses: ChannelScores.weights(groups), Self.bounds(share, multiple: multiple))
        for (group, count) in zip(groups.groups, choice.counts) where count > 0 {
            let left = group.size - count
            #expect(left.isMultiple(of: multiple) && Double(left) >= 0.25 * Double(group.size))
        }
        #expect((share == 0) == choice.channels.isEmpty)
        guard share > 0 else { return }
        let small = try ChannelSurgery(groups).without(choice.channels)
        let (before, after) = (model.costs(batch: 1).flops, small.costs(batch: 1).flops)
        #expect(abs(1 - Double(after) / Double(before) - choice.saved) < 0.05, "\(before) \(after) \(choice.saved)")
        #expect(choice.saved >= min(share, 0.8) - 0.02, "\(choice.saved)")
    }

    @Test func theWeakestGoFirst() throws {
        let model = try Self.chain([32])
        var editor = GraphEditor(model)
        let weights = try #require(model.graph.initializers.first { $0.name == "c0.w" }).tensor()
        let scaled = try weights.doubles().enumerated().map { $1 * ($0 / 27 % 2 == 0 ? 0.01 : 1) }
        try editor.setConstant("c0.w", try Tensor(.float64, weights.shape, values: scaled).converted(to: .float32))
        // As loud as each other to their reader.
        let even = (0..<96).map { _ in Float(0.5) }
        try editor.setConstant("y.w", try Tensor(.float32, Shape([32, 3]), values: even))
        let groups = ChannelGroups(editor.model)
        for norm in ChannelScores.Norm.allCases {
            let choice = PruningChoice(groups, losses: ChannelScores.weights(groups, norm), Self.bounds(0.5))
            let places = choice.channels.compactMap { $0.places[ChannelPlace("c0.w", axis: 0)]?.first }
            #expect(places.count == 16 && places.allSatisfy { $0.isMultiple(of: 2) }, "\(norm): \(places)")
        }
    }

    @Test func whatReadersDoNotHearGoesFirst() throws {
        let groups = ChannelGroups(try Self.chain([32]))
        let place = ChannelPlace("y.w", axis: 0)
        let variances = [place: (0..<32).map { $0 < 16 ? 1.0 : 1e-9 }]
        let losses = ChannelScores.heard(groups, variances: variances)
        let choice = PruningChoice(groups, losses: losses, Self.bounds(0.5))
        #expect(Set(choice.channels.compactMap { $0.places[place]?.first }) == Set(16..<32))
    }

    @Test func smallLayersStay() throws {
        let groups = ChannelGroups(try Self.chain([16, 24]))
        let choice = PruningChoice(groups, losses: ChannelScores.weights(groups), Self.bounds(0.9))
        #expect(choice.counts == [0, 8])
    }
}
