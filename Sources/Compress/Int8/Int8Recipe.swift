import Engines
package import ModelGraph
import Optimize

/// Static quantisation to 8 bits: weights and activations as whole numbers, ranges from calibration data.
package struct Int8Recipe: AdjustableRecipe {
    package let name = "int8"
    package let purpose = "weights and activations as 8-bit whole numbers, ranges from calibration data"
    package let computesInIntegers = true

    package init() {}

    package func apply(to model: Model, _ context: RecipeContext) throws -> RecipeResult {
        try prepare(model, context).result(leaving: [])
    }

    package func prepare(_ model: Model, _ context: RecipeContext) throws -> any PreparedRecipe {
        try Int8Calibration(model, context)
    }
}

/// A model with what calibration found out about it: from here quantised models are made without looking at data again.
struct Int8Calibration: PreparedRecipe {
    let reference: Model
    private let view: GraphView
    private let statistics: [String: TensorStatistics]
    private let settings: RecipeSettings
    private let calibrator: Calibrator
    private let equalized: Int
    private let source: any CalibrationSource

    init(_ model: Model, _ context: RecipeContext) throws {
        settings = context.settings
        source = context.calibration
        guard let calibrator = Calibrator(rawValue: settings.calibrator ?? Calibrator.mse.rawValue) else {
            throw RuleFault("there is no calibrator '\(settings.calibrator ?? "")'")
        }
        self.calibrator = calibrator
        // The first set whose `DequantizeLinear` has a scale for each channel.
        var prepared = try OpsetConversion(13).applied(to: model).model
        let evened = try ChannelEqualization.applied(to: prepared, always: !settings.scalesChannels)
        if let evened { prepared = evened.model }
        equalized = evened?.pairs ?? 0
        reference = prepared
        view = GraphView(prepared)
        let placement = Placement(view)
        guard !placement.weighted.isEmpty else {
            let reasons = Set(placement.refusals.values).sorted().joined(separator: "; ")
            throw RuleFault(
                "no Conv, Gemm or MatMul of it can run in whole numbers" + (reasons.isEmpty ? "" : ": \(reasons)"))
        }
        // All of them: with nodes left out, other values decide about shared scales.
        let inputs = Set(placement.weighted.values.map { $0.node.input(0) })
        let names = placement.values.union(inputs)
        statistics = try Observation(context).statistics(
            prepared, of: names.sorted(), summing: settings.correctsBias ? inputs : [],
            counting: calibrator.needsCounts)
    }

    var candidates: [String] {
        Placement(view).weighted.keys.sorted().map(view.label)
    }

    var traces: [String: (input: String, output: String)] {
        let placement = Placement(view)
        var traces: [String: (input: String, output: String)] = [:]
        for (index, weighted) in placement.weighted {
            traces[view.label(index)] = (weighted.node.input(0), placement.result(of: index))
        }
        return traces
    }

    func result(leaving nodes: Set<String>) throws -> RecipeResult {
        var leaving = nodes
        var infinite: Set<String> = []
        while true {
            let placement = Placement(view, leaving: leaving.union(infinite))
            let shared = SharedRanges(placement, view)
            // What is not finite has no range; who reads or makes it stays in floats.
            let bad = view.nodes.indices.filter { index in
                placement.isInteger(index)
                    && (placement.activations(of: index) + [placement.result(of: index)]).contains { value in
                        placement.values.contains(value) && statistics[shared.root(value)]?.isFinite == false
                    }
            }
            guard !bad.isEmpty else { return try written(placement, shared, infinite) }
            infinite.formUnion(bad.map(view.label))
            leaving.formUnion(infinite)
        }
    }

    private func written(
        _ placement: Placement, _ shared: SharedRanges, _ infinite: Set<String>
    ) throws -> RecipeResult {
        let means = statistics.mapValues(\.channelMeans).filter { !$0.value.isEmpty }
        var graph = QuantizedGraph(
            view, placement, try parameters(placement, shared), means: means, settings: settings)
        let (model, actions) = try graph.written()
        var layers: [LayerRecord] = []
        for index in view.nodes.indices {
            let label = view.label(index)
            if let action = actions[index] {
                layers.append(LayerRecord(label, view.nodes[index].operatorType, isChanged: true, action))
            } else if let reason = placement.refusals[index] {
                let why = infinite.contains(label) ? "its numbers are not all finite" : reason
                layers.append(LayerRecord(label, view.nodes[index].operatorType, isChanged: false, why))
            }
        }
        return RecipeResult(model, layers: layers, notes: notes)
    }

    private var notes: [String] {
        var notes = ["ranges: \(calibrator.rawValue), from \(source.words)"]
        if source.isGenerated {
            notes.append(
                "the data were generated: real inputs have other ranges; give some with --calibration FILE")
        }
        if equalized > 0 { notes.append("channels evened out between \(equalized) pairs of convolutions") }
        if !settings.hasByteProducts {
            notes.append("weights have 7 bits: processors without VNNI add up pairs of products in 16 bits")
        }
        return notes
    }

    /// The parameters of every quantised value.
    private func parameters(
        _ placement: Placement, _ shared: SharedRanges
    ) throws -> [String: QuantizationParameters] {
        let symmetric = symmetricRoots(placement, shared)
        var byRoot: [String: QuantizationParameters] = [:]
        var found: [String: QuantizationParameters] = [:]
        for value in placement.values {
            let root = shared.root(value)
            if byRoot[root] == nil {
                guard let seen = statistics[root] else { throw RuleFault("nothing was seen of '\(root)'") }
                byRoot[root] = QuantizationParameters(
                    calibrator.range(seen), symmetric.contains(root) ? .symmetric : .unsigned)
            }
            found[value] = byRoot[root]
        }
        return found
    }

    /// OpenVINO folds zeros of products only where they are 0.
    private func symmetricRoots(_ placement: Placement, _ shared: SharedRanges) -> Set<String> {
        guard settings.target == .openVINO else { return [] }
        let products = placement.weighted.values.filter { $0.node.operatorType != "Conv" }
        return Set(products.map { shared.root($0.node.input(0)) }.filter { statistics[$0]?.histogram.least ?? 0 < 0 })
    }
}
