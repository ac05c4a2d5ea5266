package import Tensors

/// Writes an ensemble as a pipeline: tensors' names become the steps that make them, ensembles within it are written out.
package struct EnsemblePipeline {
    /// A model of the house by its name there: what it is called here, or an ensemble.
    package enum Part {
        /// `digits:3`.
        case version(String)
        case ensemble(TritonEnsemble)
    }

    private static let deepest = 16
    private static let mostSteps = 64

    private let part: (TritonEnsemble.Step) throws(HouseError) -> Part
    private var steps: [JSONValue] = []
    private var names: Set<String>

    /// - Parameter part: what a step's model is.
    /// - Returns: the pipeline, as `import` takes it.
    /// - Throws: `HouseError.Code.malformed` naming the step and the tensor; `.tooLarge` for ensembles without end.
    package static func json(
        of ensemble: TritonEnsemble, part: @escaping (TritonEnsemble.Step) throws(HouseError) -> Part
    ) throws(HouseError) -> JSONValue {
        var writer = EnsemblePipeline(part: part, names: Set(ensemble.inputs))
        let inputs = Dictionary(ensemble.inputs.map { ($0, $0) }) { first, _ in first }
        let sources = try writer.write(ensemble, inputs, prefix: "", depth: 0)
        var outputs: [(String, JSONValue)] = []
        for name in ensemble.outputs {
            guard let source = sources[name] else {
                throw HouseError(.malformed, "no step makes the output \(name.quoted)")
            }
            outputs.append((name, .string(source)))
        }
        return .object([
            ("inputs", .array(ensemble.inputs.map(JSONValue.string))), ("steps", .array(writer.steps)),
            ("outputs", .object(outputs)),
        ])
    }

    private init(part: @escaping (TritonEnsemble.Step) throws(HouseError) -> Part, names: Set<String>) {
        self.part = part
        self.names = names
    }

    /// Writes the steps of an ensemble, in an order in which each finds what it takes.
    ///
    /// - Parameter inputs: where each of its inputs comes from.
    /// - Returns: where each of its tensors comes from.
    private mutating func write(
        _ ensemble: TritonEnsemble, _ inputs: [String: String], prefix: String, depth: Int
    ) throws(HouseError) -> [String: String] {
        guard depth < Self.deepest else {
            throw HouseError(.tooLarge, "ensembles are nested deeper than \(Self.deepest)")
        }
        var sources = inputs
        var waiting = ensemble.steps
        while !waiting.isEmpty {
            guard let index = waiting.firstIndex(where: { $0.inputs.allSatisfy { sources[$0.tensor] != nil } }) else {
                let step = waiting[0]
                let tensor = step.inputs.first { sources[$0.tensor] == nil }?.tensor ?? ""
                throw HouseError(
                    .malformed, "\(step.place): step \(step.model.quoted) takes \(tensor.quoted), which nothing makes")
            }
            let step = waiting.remove(at: index)
            for (tensor, source) in try write(step, sources, prefix: prefix, depth: depth) {
                guard sources.updateValue(source, forKey: tensor) == nil else {
                    throw HouseError(.malformed, "\(step.place): \(tensor.quoted) is made twice")
                }
            }
        }
        return sources
    }

    private mutating func write(
        _ step: TritonEnsemble.Step, _ sources: [String: String], prefix: String, depth: Int
    ) throws(HouseError) -> [(String, String)] {
        let taken = step.inputs.map { ($0.name, sources[$0.tensor] ?? "") }
        switch try part(step) {
        case .version(let reference):
            guard steps.count < Self.mostSteps else {
                throw HouseError(.tooLarge, "the ensemble has more than \(Self.mostSteps) steps")
            }
            let name = freeName(HouseName.step(prefix + step.model))
            steps.append(
                .object([
                    ("name", .string(name)), ("model", .string(reference)),
                    ("inputs", .object(taken.map { ($0.0, JSONValue.string($0.1)) })),
                ]))
            return step.outputs.map { ($0.tensor, "\(name).\($0.name)") }
        case .ensemble(let inner):
            let inputs = Dictionary(taken) { first, _ in first }
            let made = try write(inner, inputs, prefix: "\(prefix)\(step.model)-", depth: depth + 1)
            var result: [(String, String)] = []
            for output in step.outputs {
                guard let source = made[output.name] else {
                    throw HouseError(
                        .malformed,
                        "\(step.place): the ensemble \(step.model.quoted) has no output \(output.name.quoted)")
                }
                result.append((output.tensor, source))
            }
            return result
        }
    }

    private mutating func freeName(_ wanted: String) -> String {
        var name = wanted
        var number = 2
        while !names.insert(name).inserted {
            name = "\(wanted)-\(number)"
            number += 1
        }
        return name
    }
}
