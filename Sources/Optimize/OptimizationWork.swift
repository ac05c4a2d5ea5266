package import Engines
package import ModelGraph
package import Tensors

/// Optimises a model and measures what came of it; what is worse than the original is thrown away.
package struct OptimizationWork: Sendable {
    private let runner: ModelRunner
    private let passes: [any GraphPass]
    private let preparation: Preparation
    private let measuresSpeed: Bool

    /// - Parameters:
    ///   - preparation: what is done before passes run, and kept in any case.
    ///   - measuresSpeed: whether to run both side by side at the end, some seconds.
    package init(
        _ engine: any Engine, passes: [any GraphPass] = PassCatalog.all, preparation: Preparation = Preparation(),
        measuresSpeed: Bool = true
    ) {
        runner = ModelRunner(engine)
        self.passes = passes
        self.preparation = preparation
        self.measuresSpeed = measuresSpeed
    }

    /// - Parameter evaluation: makes inputs from an evaluation set, for a session of the original.
    /// - Returns: the model to keep, which is the original where nothing better was found, and the report.
    /// - Throws: the engine's words when it does not run the original; `RuleFault` when what was asked for by name cannot be
    ///   done.
    package func run(
        _ original: Model, evaluation: (any Session) -> [[Tensor]] = { _ in [] }
    ) throws -> (model: Model, report: OptimizationReport) {
        let prepared = try preparation.applied(to: original, runner)
        var result = try improve(prepared.model, evaluation: evaluation)
        result.report.preparation = prepared.notes
        guard prepared.model != original else { return result }
        // What was asked for by name is there whatever passes found.
        result.report.outcome = .improved
        result.report.before = try ModelFigures(original)
        result.report.after = try ModelFigures(result.model)
        return result
    }

    private func improve(
        _ original: Model, evaluation: (any Session) -> [[Tensor]]
    ) throws -> (model: Model, report: OptimizationReport) {
        var comparison = try OutputComparison(original, runner, evaluation: evaluation)
        let before = try ModelFigures(original)
        var report = OptimizationReport(
            outcome: .unchanged, records: [], before: before, after: before, difference: OutputDifference(),
            comparisons: comparison.inputs.sets.count, fromEvaluation: comparison.inputs.fromEvaluation, speed: nil,
            engine: runner.engineName)
        guard comparison.isRepeatable else {
            report.reason = "its answers differ from run to run: nothing can be compared"
            return (original, report)
        }
        let result = Optimizer(runner, passes: passes).run(original, &comparison)
        report.records = result.records
        guard result.records.contains(where: { $0.verdict == .applied }) else {
            report.reason =
                result.records.contains { $0.verdict == .rejected }
                ? "no pass could be kept" : "no pass found anything to do"
            return (original, report)
        }
        report.after = try ModelFigures(result.model)
        report.difference = result.difference
        report.outcome = .improved
        if let reason = worse(report) { return (original, refused(report, reason)) }
        if let reason = misfit(original, result.model, comparison.inputs) {
            return (original, refused(report, reason))
        }
        guard measuresSpeed else { return (result.model, report) }
        report.speed = try speed(original, result.model, comparison.inputs)
        if let speed = report.speed, speed.isSlower {
            return (original, refused(report, "it is \(fixed(1 / speed.factor)) times as slow on this engine"))
        }
        return (result.model, report)
    }

    /// Why the engine, with its own optimisation on, does not run the result as it runs the original. Passes are judged
    /// without it; what serves has it.
    private func misfit(_ before: Model, _ after: Model, _ inputs: TrialInputs) -> String? {
        do {
            let sessions = try [before, after].map { try runner.session($0, optimized: true) }
            for set in inputs.sets {
                let difference = try OutputDifference(sessions[0].run(set), sessions[1].run(set))
                guard Self.served.accepts(difference) else {
                    return "with the engine's own optimisation on, answers change: \(difference)"
                }
            }
            return nil
        } catch {
            return
                "with its own optimisation on, the engine does not run it: \((error as? RuleFault)?.reason ?? "\(error)")"
        }
    }

    /// Engines round differently when they fuse.
    private static let served = Tolerance.rounding(1e-3)

    /// Shapes that were worked out may weigh more than the nodes that worked them out; more than that is a fault.
    private func worse(_ report: OptimizationReport) -> String? {
        let allowed = report.before.bytes + report.before.bytes / 100 + 4096
        guard report.after.bytes > allowed else { return nil }
        return "the file would grow from \(report.before.bytes) to \(report.after.bytes) bytes"
    }

    private func refused(_ report: OptimizationReport, _ reason: String) -> OptimizationReport {
        var report = report
        report.outcome = .refused
        report.reason = reason
        return report
    }

    /// What looks slower is measured again: somebody else may have had the processor.
    private func speed(_ before: Model, _ after: Model, _ inputs: TrialInputs) throws -> SpeedComparison {
        let first = try SpeedComparison(before, after, runner, on: inputs)
        return first.isSlower ? try SpeedComparison(before, after, runner, on: inputs, budget: 3) : first
    }

    private func fixed(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}
