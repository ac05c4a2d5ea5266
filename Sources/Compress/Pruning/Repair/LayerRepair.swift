import Engines
import ModelGraph
import Optimize
import Tensors

/// Makes the layers that read what was cut answer as they did, one after the other: their weights are refitted to the
/// original's answers on the calibration samples, by least squares on what they read now.
///
/// Needs no labels and no gradients. Later layers see what earlier ones were made to answer, so that errors do not add up.
/// Source: Y. He, X. Zhang, J. Sun, "Channel Pruning for Accelerating Very Deep Neural Networks", 2017, section 3.
struct LayerRepair {
    let original: GraphView
    let groups: ChannelGroups
    let cut: Set<Int32>
    let context: RecipeContext

    /// More inputs would take minutes.
    static let mostInputs = 1024
    private static let batch = 16
    private static let ridges = [1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1]

    /// - Parameter model: the original without the channels.
    /// - Returns: the model with refitted weights and statistics taken anew, and what became of each layer.
    func repaired(_ model: Model) -> (model: Model, records: [LayerRecord]) {
        var model = model
        var records: [LayerRecord] = []
        let names = targets()
        for (number, name) in names.enumerated() {
            context.progress(RecipeStep("refitting layers", done: number, of: names.count))
            let view = GraphView(model)
            guard let node = view.maker(of: name) else { continue }
            let type = view.nodes[node].operatorType
            do {
                let words =
                    type == "BatchNormalization"
                    ? try renormalize(node, view, &model) : try refit(node, view, &model)
                records.append(LayerRecord(view.label(node), type, isChanged: true, words))
            } catch {
                let reason = (error as? RuleFault)?.reason ?? "\(error)"
                records.append(LayerRecord(view.label(node), type, isChanged: false, "not refitted: \(reason)"))
            }
        }
        return (model, records)
    }

    /// What the layers make that read less than before, and normalisations after them, in the order of the graph.
    private func targets() -> [String] {
        let felt = groups.readers.filter { place, _ in
            groups.constants[place]?.contains { cut.contains($0) } == true
        }
        var nodes = Set(felt.values.joined())
        guard let first = nodes.min() else { return [] }
        for index in original.nodes.indices.dropFirst(first)
        where original.standardOperator(index) == "BatchNormalization" { nodes.insert(index) }
        return nodes.sorted().map { original.nodes[$0].output(0) }
    }

    // MARK: - Least squares

    private func refit(_ node: Int, _ view: GraphView, _ model: inout Model) throws -> String {
        let layer = try LinearLayer(node, view)
        guard layer.inputs <= Self.mostInputs else {
            throw RuleFault("it has \(layer.inputs) inputs, more than \(Self.mostInputs)")
        }
        let kept = keptOutputs(layer)
        guard kept.count == layer.outputs, let old = try view.constant(layer.weights)?.tensor() else {
            throw RuleFault("what is left of its outputs is not known")
        }
        let (fit, held) = try samples(layer, kept, model)
        let before = try layer.matrix(old)
        let biases = try oldBiases(layer, view)
        var best: (error: Double, ridge: Double)?
        for ridge in Self.ridges {
            guard let found = fit.solution(drawnTo: before, ridge: ridge) else { continue }
            let error = held.error(found.weights, found.biases)
            if error < best?.error ?? .infinity { best = (error, ridge) }
        }
        guard let best, best.error < held.error(before, biases) else {
            throw RuleFault("on held samples it answers no better")
        }
        var all = fit
        all.add(held)
        guard let found = all.solution(drawnTo: before, ridge: best.ridge) else {
            throw RuleFault("its equations cannot be solved")
        }
        try write(layer, try layer.tensor(found.weights, like: old), found.biases, &model)
        return "refitted to \(all.rows) samples"
    }

    /// The original's outputs that are left, by place.
    private func keptOutputs(_ layer: LinearLayer) -> [Int] {
        let place = ChannelPlace(layer.weights, axis: layer.outputAxis)
        guard let roots = groups.constants[place] else { return Array(0..<layer.outputs) }
        return roots.indices.filter { !cut.contains(roots[$0]) }
    }

    /// Samples of what the layer reads now and what it answered, three quarters to fit and a quarter to judge by.
    private func samples(
        _ layer: LinearLayer, _ kept: [Int], _ model: Model
    ) throws -> (fit: LeastSquares, held: LeastSquares) {
        let now = try ObservedValues([layer.source], of: model, context.runner)
        let then = try ObservedValues([layer.value], of: original.model, context.runner)
        var fit = LeastSquares(inputs: layer.inputs, outputs: layer.outputs, isBiased: layer.takesBias)
        var held = fit
        var generator = Sampler(state: context.settings.seed)
        let wanted = Double(max(8 * layer.inputs, 4096)) / Double(max(1, context.calibration.rows ?? 64))
        var row = 0
        try context.calibration.forEachBatch(of: Self.batch, for: now.signature) { inputs in
            let (read, made) = (try now.values(on: inputs), try then.values(on: inputs))
            let share = wanted / Double(max(1, layer.positions(made[0].shape)))
            try layer.forEachSample(
                read[0], made[0], kept: kept, wants: { _ in generator.fraction() < share },
                { place, input, output in
                    if (row + place) % 4 == 3 { held.add(input, output) } else { fit.add(input, output) }
                })
            row += read[0].shape.dimensions.first ?? 0
        }
        guard fit.rows >= 16, held.rows >= 4 else { throw RuleFault("there are too few samples") }
        return (fit, held)
    }

    private func oldBiases(_ layer: LinearLayer, _ view: GraphView) throws -> [Double] {
        let zeros = [Double](repeating: 0, count: layer.outputs)
        guard let name = layer.bias?.name, let values = try view.constant(name)?.tensor().floats() else { return zeros }
        if values.count == 1 { return zeros.map { _ in Double(values[0]) } }
        return values.count == layer.outputs ? values.map(Double.init) : zeros
    }

    private func write(
        _ layer: LinearLayer, _ weights: Tensor, _ biases: [Double], _ model: inout Model
    ) throws {
        var editor = GraphEditor(model)
        try editor.setConstant(layer.weights, weights)
        if layer.takesBias {
            let tensor = try Tensor(.float32, Shape([layer.outputs]), values: biases.map { Float($0) })
            let place = layer.bias ?? (layer.node, 2, "")
            var node = editor.model.graph.nodes[place.node]
            while node.inputs.count <= place.input { node.inputs.append("") }
            node.inputs[place.input] = editor.addConstant("\(layer.weights)_bias", tensor)
            editor.replaceNode(at: place.node, with: node)
            editor.removeUnused()
        }
        model = editor.model
    }

    // MARK: - Statistics

    /// Gives a normalisation the means and variances that what it reads has now.
    private func renormalize(_ node: Int, _ view: GraphView, _ model: inout Model) throws -> String {
        let this = view.nodes[node]
        let (mean, variance) = (this.input(3), this.input(4))
        guard view.onlyReader(of: mean) != nil, view.onlyReader(of: variance) != nil,
            view.constant(mean)?.elementType == .float32, view.constant(variance)?.elementType == .float32
        else { throw RuleFault("its statistics are shared, or not of 32 bits") }
        let observed = try ObservedValues([this.input(0)], of: model, context.runner)
        var moments = Moments()
        try context.calibration.forEachBatch(of: Self.batch, for: observed.signature) { inputs in
            try moments.add(try observed.values(on: inputs)[0], axis: 1)
        }
        guard !moments.isEmpty, let shape = try view.constant(mean)?.tensor().shape,
            shape.elementCount == moments.means.count
        else { throw RuleFault("there are no samples") }
        var editor = GraphEditor(model)
        try editor.setConstant(mean, Tensor(.float32, shape, values: moments.means.map { Float($0) }))
        try editor.setConstant(variance, Tensor(.float32, shape, values: moments.variances.map { Float($0) }))
        model = editor.model
        return "statistics taken anew"
    }
}

/// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
private struct Sampler {
    var state: UInt64

    mutating func fraction() -> Double {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return Double((word ^ (word >> 31)) >> 11) * 0x1p-53
    }
}
