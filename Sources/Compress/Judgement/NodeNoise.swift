import Engines
import ModelGraph
import Optimize
import Tensors

/// How much noise each node adds: one pass over a few rows, through the model with floats and the one with whole numbers.
struct NodeNoise {
    /// Signal to noise of what each node makes, in decibels, by label.
    private(set) var decibels: [String: Double] = [:]
    /// Noise to signal of what a node makes, less that of what it reads.
    private(set) var own: [String: Double] = [:]

    /// Runs through each model.
    private static let runs = 8

    init(
        _ prepared: any PreparedRecipe, _ result: RecipeResult, _ runner: ModelRunner, _ batches: [[Tensor]],
        threads: Int
    ) throws {
        let traces = prepared.traces
        let values = Set(traces.values.flatMap { [$0.input, $0.output] })
        let reference = GraphView(prepared.reference)
        let rounded = GraphView(result.model)
        let inputs = Set(prepared.reference.graph.requiredInputs.map(\.name))
        var pairs: [(value: String, rounded: String)] = []
        for value in values.sorted() where !inputs.contains(value) {
            guard reference.maker(of: value) != nil else { continue }
            let names = [value, "\(value)_restored"]
            if let name = names.first(where: { rounded.maker(of: $0) != nil }) { pairs.append((value, name)) }
        }
        let sessions = [
            try runner.session(
                Observation.exposing(pairs.map(\.value), of: prepared.reference), optimized: false, threads: threads),
            try runner.session(
                Observation.exposing(pairs.map(\.rounded), of: result.model), optimized: false, threads: threads),
        ]
        var sums = [(signal: Double, noise: Double)](repeating: (0, 0), count: pairs.count)
        var seen = 0
        for batch in batches where seen < Self.runs {
            let width = batch.first?.rowCount ?? 1
            let fixed = InputFit.fixedBatch(sessions[0].signature)
            let part = fixed == nil && width > 1 ? try batch.map { try $0.rows(0..<1) } : batch
            seen += 1
            let outputs = try sessions.map { session in
                Dictionary(
                    zip(session.signature.outputs.map(\.name), try session.run(part)), uniquingKeysWith: { a, _ in a })
            }
            for (index, pair) in pairs.enumerated() {
                guard let a = outputs[0][pair.value], let b = outputs[1][pair.rounded] else { continue }
                let (signal, noise) = Self.energy(a, b)
                sums[index].signal += signal
                sums[index].noise += noise
            }
        }
        var ratio: [String: Double] = [:]
        for (pair, sum) in zip(pairs, sums) where sum.signal > 0 { ratio[pair.value] = sum.noise / sum.signal }
        for (node, trace) in traces {
            guard let made = ratio[trace.output] else { continue }
            decibels[node] = made > 0 ? -10 * logarithm(made) / logarithm(10) : 200
            own[node] = max(0, made - (ratio[trace.input] ?? 0))
        }
    }

    private static func energy(_ a: Tensor, _ b: Tensor) -> (signal: Double, noise: Double) {
        guard a.shape == b.shape, let left = a.values(as: Float.self), let right = b.values(as: Float.self) else {
            return (0, 0)
        }
        var (signal, noise) = (0.0, 0.0)
        for (x, y) in zip(left, right) {
            signal += Double(x) * Double(x)
            noise += Double(x - y) * Double(x - y)
        }
        return (signal, noise)
    }
}
