package import Engines
package import ModelGraph
package import Tensors

/// Judges models by their answers: runs each on the same inputs, and compares with the original and with what came before.
package struct OutputComparison {
    private let runner: ModelRunner
    package let inputs: TrialInputs
    private let original: [[Tensor]]
    private var accepted: [[Tensor]]
    /// Whether the original gives the same answers twice; with random numbers in it nothing can be judged.
    package let isRepeatable: Bool
    /// Whether some output of the original is a finite number other than 0: when none is, changes would not show.
    package let isTelling: Bool

    /// Runs the original.
    ///
    /// - Parameter evaluation: makes further inputs from an evaluation set, for the session.
    /// - Throws: the engine's words, when it does not run the original.
    package init(
        _ model: Model, _ runner: ModelRunner, evaluation: (any Session) -> [[Tensor]] = { _ in [] }
    ) throws {
        let session = try runner.session(model, optimized: false)
        var inputs = try TrialInputs(for: session)
        let before = inputs.sets.count
        for set in evaluation(session) { inputs.add(set, if: session) }
        inputs.fromEvaluation = inputs.sets.count - before
        let first = try inputs.sets.map { try session.run($0) }
        let second = try inputs.sets.map { try session.run($0) }
        isRepeatable = try Self.difference(first, second) == OutputDifference()
        isTelling = first.joined().contains { Self.tells($0) }
        self.runner = runner
        self.inputs = inputs
        original = first
        accepted = first
    }

    /// How far a model's answers are from what was accepted last, and from the original's.
    package struct Verdict {
        package let step: OutputDifference
        package let total: OutputDifference
        fileprivate let outputs: [[Tensor]]
    }

    /// - Throws: the engine's words, when it does not run the model; `RuleFault` when answers have another form.
    package func verdict(on model: Model) throws -> Verdict {
        let session = try runner.session(model, optimized: false)
        let outputs = try inputs.sets.map { try session.run($0) }
        return Verdict(
            step: try Self.difference(accepted, outputs), total: try Self.difference(original, outputs),
            outputs: outputs)
    }

    /// What is compared with next.
    package mutating func accept(_ verdict: Verdict) { accepted = verdict.outputs }

    private static func difference(_ before: [[Tensor]], _ after: [[Tensor]]) throws -> OutputDifference {
        var difference = OutputDifference()
        for (a, b) in zip(before, after) { difference.add(try OutputDifference(a, b)) }
        return difference
    }

    private static func tells(_ tensor: Tensor) -> Bool {
        guard tensor.strings == nil, let values = try? tensor.doubles() else { return true }
        return values.contains { $0.isFinite && $0 != 0 }
    }
}
