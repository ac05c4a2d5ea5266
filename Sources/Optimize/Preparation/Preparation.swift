import Engines
package import ModelGraph

/// What is asked for by name before passes run. It changes what a model says of itself, such as its sizes or its operator
/// set, and answers stay: unlike a pass, it is refused aloud when that fails.
package struct Preparation: Hashable, Sendable {
    package var sizes: ShapeFixing?
    package var opset: OpsetConversion?

    package init(sizes: ShapeFixing? = nil, opset: OpsetConversion? = nil) {
        self.sizes = sizes
        self.opset = opset
    }

    package var isEmpty: Bool { sizes == nil && opset == nil }

    /// Rounding of operators that are written in another way.
    private static let tolerance = Tolerance.rounding(1e-6)

    /// The model as it was asked for, and what was done in words.
    ///
    /// - Throws: `RuleFault` when something of it cannot be done or changes answers, and the engine's words when it runs the
    ///   original and not the result.
    package func applied(to original: Model, _ runner: ModelRunner) throws -> (model: Model, notes: [String]) {
        guard !isEmpty else { return (original, []) }
        var (model, notes) = (original, [String]())
        if let sizes {
            let fixed = try sizes.applied(to: model)
            (model, notes) = (fixed.model, notes + fixed.notes)
        }
        if let opset {
            let converted = try opset.applied(to: model)
            (model, notes) = (converted.model, notes + converted.notes)
        }
        guard model != original else { return (original, notes) }
        if let problem = model.validate().problems.first { throw RuleFault("the result is no valid model: \(problem)") }
        try judge(original, model, runner)
        return (model, notes)
    }

    /// Runs both on inputs of the new sizes.
    private func judge(_ original: Model, _ prepared: Model, _ runner: ModelRunner) throws {
        let sessions = try [original, prepared].map { try runner.session($0, optimized: false) }
        let inputs: TrialInputs
        do {
            inputs = try TrialInputs(for: sessions[1])
        } catch {
            throw RuleFault("what was made does not run on made-up inputs: \(error)")
        }
        for set in inputs.sets {
            let before = try sessions[0].run(set)
            guard try OutputDifference(before, sessions[0].run(set)) == OutputDifference() else { continue }
            let difference = try OutputDifference(before, sessions[1].run(set))
            guard Self.tolerance.accepts(difference) else { throw RuleFault("answers would change: \(difference)") }
        }
    }
}
