package import ModelGraph
import Optimize
import Tensors

/// Cuts whole channels and attention heads out of a model, so that its tensors are really smaller, and makes what reads
/// them answer as before as far as that goes.
package struct PruneRecipe: Recipe {
    package let name = "prune"
    package let purpose = "channels and heads cut that matter least, what reads them refitted to calibration samples"

    /// What is cut when nobody says how much.
    package static let usualShare = 0.5

    package init() {}

    package func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult {
        context.progress(RecipeStep("following channels through the graph"))
        let groups = ChannelGroups(model)
        guard !groups.groups.isEmpty else {
            throw RuleFault(
                "no channel can be cut: \(groups.frozen.first?.reason ?? "there are no layers with weights")")
        }
        let hasData = !context.calibration.isGenerated
        let losses = hasData ? try heard(groups, context) : ChannelScores.weights(groups)
        let bounds = PruningBounds(share: context.settings.prunedShare ?? Self.usualShare)
        let choice = PruningChoice(groups, losses: losses, bounds)
        guard !choice.channels.isEmpty else {
            throw RuleFault(
                "no layer has enough channels: what is left of one has to be a multiple of \(bounds.multiple), and a quarter"
            )
        }
        var result = RecipeResult(try ChannelSurgery(groups).without(choice.channels))
        result.layers = records(groups, choice)
        result.notes = notes(groups, choice, bounds, hasData, model, result.model)
        if hasData {
            let repair = LayerRepair(
                original: groups.view, groups: groups, cut: Set(choice.channels.map(\.root)), context: context)
            let repaired = repair.repaired(result.model)
            result.model = repaired.model
            result.layers += repaired.records
        }
        return result
    }

    /// What readers hear of each channel, from one pass over the samples.
    private func heard(_ groups: ChannelGroups, _ context: RecipeContext) throws -> [[Double]] {
        var wanted: [(place: ChannelPlace, value: String, axis: Int)] = []
        for (place, nodes) in groups.readers.sorted(by: {
            ($0.value[0], $0.key.constant) < ($1.value[0], $1.key.constant)
        }) {
            let node = groups.view.nodes[nodes[0]]
            guard node.input(1) == place.constant, let type = groups.view.standardOperator(nodes[0]),
                let rank = groups.view.rank(node.input(0)), node.int("group") ?? 1 == 1,
                type != "Gemm" || node.int("transA") ?? 0 == 0
            else { continue }
            wanted.append((place, node.input(0), type.hasPrefix("Conv") ? 1 : rank - 1))
        }
        let names = Array(Set(wanted.map(\.value))).sorted()
        let observed = try ObservedValues(names, of: groups.view.model, context.runner)
        var moments: [ChannelPlace: Moments] = [:]
        var rows = 0
        try context.calibration.forEachBatch(of: 8, for: observed.signature) { inputs in
            context.progress(RecipeStep("listening to channels", done: rows, of: context.calibration.rows))
            let values = Dictionary(uniqueKeysWithValues: zip(names, try observed.values(on: inputs)))
            for (place, name, axis) in wanted {
                guard let value = values[name] else { continue }
                try moments[place, default: Moments()].add(value, axis: axis)
            }
            rows += inputs.first?.shape.dimensions.first ?? 1
        }
        return ChannelScores.heard(groups, variances: moments.mapValues(\.variances))
    }

    // MARK: - Words

    private func records(_ groups: ChannelGroups, _ choice: PruningChoice) -> [LayerRecord] {
        var records: [LayerRecord] = []
        for (group, count) in zip(groups.groups, choice.counts) {
            for maker in group.makers {
                let node = groups.view.nodes[maker.node]
                let gone = count * group.width
                let words = gone > 0 ? "\(maker.size) → \(maker.size - gone) channels" : "\(maker.size) channels stay"
                records.append(
                    LayerRecord(groups.view.label(maker.node), node.operatorType, isChanged: gone > 0, words))
            }
        }
        return records
            + groups.frozen.map { refusal in
                let node = groups.view.nodes.indices.first { groups.view.label($0) == refusal.node }
                return LayerRecord(
                    refusal.node, node.map { groups.view.nodes[$0].operatorType } ?? "", isChanged: false,
                    "stays: \(refusal.reason)")
            }
    }

    private func notes(
        _ groups: ChannelGroups, _ choice: PruningChoice, _ bounds: PruningBounds, _ hasData: Bool, _ before: Model,
        _ after: Model
    ) -> [String] {
        let percent = { (share: Double) in "\(Int((share * 100).rounded())) %" }
        var notes = [
            "\(percent(choice.saved)) of the \(choice.countsOperations ? "operations" : "weights") of layers cut; "
                + "\(before.parameterCount) → \(after.parameterCount) parameters"
        ]
        if choice.saved + 0.005 < bounds.share {
            notes.append(
                "\(percent(bounds.share)) were asked for; more would cut a layer below a quarter, or to no multiple of "
                    + "\(bounds.multiple)")
        }
        if !hasData {
            notes.append(
                "without samples channels were chosen by their weights and nothing was refitted: expect answers to differ"
            )
        }
        return notes
    }
}
