import Compress
import Engines
import ModelGraph
import Optimize
import Tensors
import Testing

/// What can be cut, and that cutting what does nothing changes nothing.
@Suite struct CouplingTests {
    @Test(arguments: CouplingCase.all)
    func channelsGoTogether(_ example: CouplingCase) throws {
        let model = try example.make()
        try #require(model.validate().isValid, "\(model.validate().problems)")
        let groups = ChannelGroups(model)
        let words = groups.groups.map { group in
            "\(group.makers.map(\.place.constant).joined(separator: " ")): \(group.channels.count)"
        }
        #expect(words.sorted() == example.groups.sorted(), "\(groups.frozen)")
        for (layer, word) in example.frozen where !word.isEmpty {
            let reason = groups.frozen.first { $0.node == layer }?.reason
            #expect(reason?.contains(word) == true, "\(layer): \(reason ?? "not frozen")")
        }
    }

    @Test(arguments: CouplingCase.all)
    func cuttingWhatNobodyHearsChangesNothing(_ example: CouplingCase) throws {
        let model = try example.make()
        for number in ChannelGroups(model).groups.indices {
            try Silence.check(model, group: number, seed: UInt64(number), "\(example.name), group \(number)")
        }
    }

    @Test func randomNetworksAreCutWhereNobodyHears() throws {
        var cut = 0
        var generator = SplitMix(state: 5)
        for seed in UInt64(0)..<40 {
            let model = try RandomNet.model(seed: seed)
            try #require(model.validate().isValid, "seed \(seed): \(model.validate().problems)")
            let groups = ChannelGroups(model).groups
            guard let number = groups.indices.randomElement(using: &generator) else { continue }
            try Silence.check(model, group: number, seed: seed, "seed \(seed), group \(number)")
            cut += 1
        }
        #expect(cut > 30)
    }

    /// The first half, and the last ones alone: what is counted from the front is the same then.
    @Test(arguments: [true, false]) func severalGroupsAreCutAtOnce(first: Bool) throws {
        for example in CouplingCase.all {
            let model = try example.make()
            let all = ChannelGroups(model)
            let cut = all.groups.flatMap { group in
                first
                    ? group.channels.prefix(group.channels.count / 2)
                    : group.channels.suffix(max(1, group.channels.count / 4))
            }
            let silent = try Silence.silenced(model, cut, all)
            let small = try ChannelSurgery(ChannelGroups(silent)).without(try Silence.same(cut, in: silent))
            #expect(small.parameterCount < model.parameterCount)
            let difference = try Silence.difference(silent, small)
            #expect(difference < 1e-5, "\(example.name): \(difference)")
        }
    }

    @Test func nothingCanBeCutToNothing() throws {
        for example in CouplingCase.all {
            let groups = ChannelGroups(try example.make())
            guard let group = groups.groups.first, group.makers[0].size == group.channels.count * group.width else {
                continue
            }
            #expect(throws: RuleFault.self) { try ChannelSurgery(groups).without(group.channels) }
        }
    }
}

/// Channels that nothing hears: the weights that read them are zero.
enum Silence {
    private static let catalog = EngineCatalog()

    /// Silences some channels of a group, cuts them, and compares; then cuts others, which must show.
    static func check(_ model: Model, group number: Int, seed: UInt64, _ name: String) throws {
        var generator = SplitMix(state: seed)
        let groups = ChannelGroups(model)
        let group = groups.groups[number]
        let chosen = group.channels.shuffled(using: &generator).prefix(max(1, group.channels.count / 2))
        guard group.channels.count > 1 else { return }
        let silent = try silenced(model, Array(chosen), groups)
        let small = try ChannelSurgery(ChannelGroups(silent)).without(try same(Array(chosen), in: silent))
        #expect(small.validate().isValid && small.parameterCount < model.parameterCount, "\(name)")
        let right = try difference(silent, small)
        #expect(right < 1e-5, "\(name): \(right)")

        let left = group.channels.filter { channel in !chosen.contains { $0.places == channel.places } }
        let wrong = left.prefix(1) + chosen.dropFirst()
        let other = try ChannelSurgery(ChannelGroups(silent)).without(try same(Array(wrong), in: silent))
        let shown = try difference(silent, other)
        #expect(shown > 1e-4, "\(name): another channel was cut, and nothing shows: \(shown)")
    }

    /// The model with zeros where these channels are read; where no weights read them, where they are made.
    static func silenced(_ model: Model, _ channels: [Channel], _ groups: ChannelGroups) throws -> Model {
        var editor = GraphEditor(model)
        for channel in channels {
            let read = channel.places.filter { groups.readers[$0.key] != nil }
            for (place, indices) in read.isEmpty ? channel.places : read {
                guard let constant = editor.model.graph.initializers.first(where: { $0.name == place.constant }) else {
                    continue
                }
                let tensor = try constant.tensor()
                var values = try tensor.doubles()
                let sizes = tensor.shape.dimensions
                let inner = sizes[(place.axis + 1)...].reduce(1, *)
                for index in values.indices where indices.contains(index / inner % sizes[place.axis]) {
                    values[index] = 0
                }
                let zeroed = try Tensor(.float64, tensor.shape, values: values).converted(to: tensor.elementType)
                try editor.setConstant(place.constant, zeroed)
            }
        }
        return editor.model
    }

    /// The channels of another model of the same structure.
    static func same(_ channels: [Channel], in model: Model) throws -> [Channel] {
        let all = ChannelGroups(model).groups.flatMap(\.channels)
        return try channels.map { channel in try #require(all.first { $0.places == channel.places }) }
    }

    /// The largest difference of outputs, as a share of the largest.
    static func difference(_ before: Model, _ after: Model) throws -> Double {
        let runner = ModelRunner(try catalog.engine(.onnxRuntime))
        let sessions = try [before, after].map { try runner.session($0, optimized: false) }
        let inputs = try TrialInputs(for: sessions[0])
        var largest = 0.0
        for set in inputs.sets {
            let difference = try OutputDifference(sessions[0].run(set), sessions[1].run(set))
            guard difference.nonFinite == 0, difference.unequal == 0 else { return .infinity }
            largest = max(largest, difference.largest)
        }
        return largest
    }
}
