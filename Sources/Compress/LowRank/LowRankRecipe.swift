import Engines
package import ModelGraph
import Optimize

/// Layers as two thinner ones, where what arrives at them lets that lose next to nothing, and where that is measured to be
/// faster. Others stay as they are, each with the reason.
package struct LowRankRecipe: AdjustableRecipe {
    package let name = "low-rank"
    package let purpose = "layers as two thinner ones, for the inputs they get, where that is measured to be faster"

    package init() {}

    package func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult {
        try prepare(model, context).result(leaving: [])
    }

    package func prepare(_ model: Model, _ context: RecipeContext) throws -> any PreparedRecipe {
        try LowRankChoice(model, context)
    }
}

/// A model with what is known of its layers' inputs, and the rank that each layer gets.
struct LowRankChoice: PreparedRecipe {
    let reference: Model
    private let view: GraphView
    private let source: any CalibrationSource
    /// Layers that become two, with their factors.
    private var chosen: [Chosen] = []
    /// Of those that stay.
    private var records: [LayerRecord] = []

    private struct Chosen {
        let layer: LowRankLayer
        let rank: Int
        let factors: (first: [Float], second: [Float])
        let words: String
        /// The share of what answers vary by that is lost.
        let loss: Double
    }

    /// The share of what a layer's answers vary by that may be lost: 25 dB of signal to noise, as for products in 8 bits.
    static let loss = 0.003
    /// Ranks are multiples of this, as kernels want them.
    private static let multiple = 8
    /// What a layer has to gain to be worth two nodes.
    private static let gain = 1.05

    init(_ model: Model, _ context: RecipeContext) throws {
        guard !context.calibration.isGenerated || context.settings.ranks != nil else {
            throw RuleFault(
                "which directions matter cannot be told from made-up inputs; give real ones with --calibration")
        }
        reference = model
        view = GraphView(model)
        source = context.calibration
        var layers: [LowRankLayer]
        (layers, records) = LowRankLayer.all(view)
        if let ranks = context.settings.ranks {
            let known = Set(layers.map(\.label))
            if let stranger = ranks.keys.sorted().first(where: { !known.contains($0) }) {
                throw RuleFault("ranks: there is no layer '\(stranger)' that could get one in this model")
            }
            layers.removeAll { ranks[$0.label] == nil }
        }
        guard !layers.isEmpty else {
            throw RuleFault("no layer with constant weights is large enough for two thinner ones")
        }
        let values = Array(Set(layers.map(\.value))).sorted { ($0.name, $0.size) < ($1.name, $1.size) }
        var race = LayerRace(context.runner)
        var done = 0
        for group in InputMoments.groups(values, bytes: context.settings.observedBytes) {
            let moments = try InputMoments.collected(model, group, context)
            for layer in layers {
                guard let seen = moments[layer.value] else { continue }
                context.progress(RecipeStep("looking for thin layers", done: done, of: layers.count))
                done += 1
                try look(at: layer, seen, context.settings.ranks?[layer.label], &race)
            }
        }
    }

    private mutating func look(
        at layer: LowRankLayer, _ seen: InputMoments, _ rank: Int?, _ race: inout LayerRace
    ) throws {
        guard let factors = WhitenedFactors(try layer.weights(), columns: layer.columns, seen) else {
            return leave(layer, "what arrives at it says nothing")
        }
        guard let rank else { return try consider(layer, factors, seen.shape, &race) }
        guard rank < min(layer.depth, layer.columns) else {
            throw RuleFault("ranks: '\(layer.label)' is \(layer.depth) by \(layer.columns); \(rank) is no lower rank")
        }
        choose(layer, factors, rank, "rank \(rank), as the recipe says")
    }

    private mutating func consider(
        _ layer: LowRankLayer, _ factors: WhitenedFactors, _ shape: [Int], _ race: inout LayerRace
    ) throws {
        let needed = factors.rank(losing: Self.loss)
        let rank = (needed + Self.multiple - 1) / Self.multiple * Self.multiple
        let whole = min(layer.depth, layer.columns)
        let words =
            "rank \(needed) of \(whole) would be needed for \(Self.percent(1 - Self.loss)) of what its answers vary by"
        guard rank * (layer.depth + layer.columns) < layer.depth * layer.columns else {
            return leave(layer, "\(words): more operations, not fewer")
        }
        let factor = try race.factor(layer, rank: rank, shape: shape)
        let rounded = (factor * 100).rounded() / 100
        guard factor > Self.gain else { return leave(layer, "\(words): \(rounded)x, not faster") }
        choose(layer, factors, rank, "rank \(rank) of \(whole), \(rounded) times as fast by itself")
    }

    private mutating func choose(_ layer: LowRankLayer, _ factors: WhitenedFactors, _ rank: Int, _ words: String) {
        chosen.append(
            Chosen(
                layer: layer, rank: rank, factors: factors.factors(rank: rank), words: words,
                loss: factors.loss(rank: rank)))
    }

    private mutating func leave(_ layer: LowRankLayer, _ reason: String) {
        records.append(LayerRecord(layer.label, layer.node.operatorType, isChanged: false, reason))
    }

    private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }

    // MARK: - Results

    var candidates: [String] { chosen.map(\.layer.label) }

    var traces: [String: (input: String, output: String)] {
        Dictionary(
            chosen.map { ($0.layer.label, (input: $0.layer.value.name, output: $0.layer.node.output(0))) },
            uniquingKeysWith: { first, _ in first })
    }

    func result(leaving nodes: Set<String>) throws -> RecipeResult {
        var editor = GraphEditor(reference)
        var edits = GraphEdits()
        var result = RecipeResult(reference, layers: records)
        var most = 0.0
        for one in chosen {
            let (label, type) = (one.layer.label, one.layer.node.operatorType)
            guard !nodes.contains(label) else {
                result.layers.append(
                    LayerRecord(label, type, isChanged: false, "stays whole: answers would lose too much"))
                continue
            }
            edits.replacements[one.layer.index] = try one.layer.nodes(one.factors, rank: one.rank, &editor)
            result.layers.append(
                LayerRecord(label, type, isChanged: true, one.words, decibels: .decibels(1, one.loss)))
            result.ranks[label] = one.rank
            most = max(most, one.loss)
        }
        try editor.apply(edits)
        editor.removeUnused()
        let order = Dictionary(view.nodes.indices.map { (view.label($0), $0) }, uniquingKeysWith: { first, _ in first })
        result.layers.sort { order[$0.node] ?? 0 < order[$1.node] ?? 0 }
        result.model = editor.model
        result.notes = [
            "\(result.ranks.count) of \(chosen.count + records.count) layers as two thinner ones, for what arrives on "
                + source.words
        ]
        if most > 0 { result.notes[0] += "; each loses at most \(Self.percent(most)) of what its answers vary by" }
        return result
    }
}
