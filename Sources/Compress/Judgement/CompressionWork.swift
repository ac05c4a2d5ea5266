package import Engines
package import ModelGraph
package import Optimize
import Tensors

/// Applies a recipe to a model and measures what came of it; what is worse than the original without need is thrown away.
package struct CompressionWork: Sendable {
    /// What is asked of the result.
    package struct Demands: Hashable, Sendable {
        /// What the engine is told when it runs the result.
        package var setting = EngineSetting.usual
        /// The accuracy (or agreement with the original, where no answers are known) that may be lost, from 0 to 1; `nil`:
        /// nothing is given up for it, and only what is broken is refused.
        package var largestDrop: Double?
        /// Whether both models are run side by side at the end.
        package var measuresSpeed = true
        /// Whether the result is one of several that a search compares: then only `largestDrop` is asked of it here.
        package var isCandidate = false
        /// Whether the share that is pruned is searched: as much as `largestDrop` pays for.
        package var searchesShare = false
        /// Whether noise is measured at every node where nothing asks for it.
        package var measuresNoise = false

        package init() {}
    }

    /// What nobody would take for the same model: refused also when no limit is given.
    private static let broken = (drop: 0.05, cosine: 0.9)

    private let runner: ModelRunner
    /// What runs the result.
    private let results: ModelRunner
    private let recipe: any Recipe
    private let settings: RecipeSettings
    private let demands: Demands
    private let passes: [any GraphPass]
    private let progress: @Sendable (RecipeStep) -> Void

    /// - Parameter passes: what is done before, by `Optimize`.
    package init(
        _ engine: any Engine, _ recipe: any Recipe, _ settings: RecipeSettings, _ demands: Demands = Demands(),
        passes: [any GraphPass] = PassCatalog.all, progress: @escaping @Sendable (RecipeStep) -> Void = { _ in }
    ) {
        runner = ModelRunner(engine)
        results = ModelRunner(engine, demands.setting)
        self.recipe = recipe
        self.settings = settings
        self.demands = demands
        self.passes = passes
        self.progress = progress
    }

    /// - Parameters:
    ///   - calibration: what to look at values with.
    ///   - rows: what to judge by.
    /// - Returns: the model to keep, which is the original where nothing better came of it, and the report.
    /// - Throws: `RuleFault` for data that do not fit; the engine's words when it does not run the original.
    package func run(
        _ original: Model, calibration: any CalibrationSource, rows: HeldRows
    ) throws -> (model: Model, report: CompressionReport) {
        let judge = RecipeJudge(original, runner, results: results, rows, threads: settings.threads)
        var report = CompressionReport(
            recipe: recipe.name, engine: runner.engineName, calibration: calibration.words,
            isGenerated: calibration.isGenerated, rows: rows.words, before: try ModelFigures(original))
        let context = RecipeContext(
            runner: runner, calibration: calibration, settings: settings, reference: judge.reference,
            progress: progress)
        let outcome: AccuracyFallback.Outcome
        do {
            outcome = try made(folded(original), judge, context, &report)
        } catch let fault as RuleFault where !fault.reason.hasPrefix(calibration.source) {
            report.reason = fault.reason
            report.accuracyBefore = try judge.accuracy()
            return (original, report)
        }
        report.accuracyBefore = try judge.accuracy()
        report.take(outcome, after: try ModelFigures(outcome.result.model))
        if let reason = worse(report, outcome.verdict) { return (original, report.refused(reason)) }
        guard demands.measuresSpeed, let batch = rows.batches.first else { return (outcome.result.model, report) }
        report.speed = try speed(original, outcome.result.model, batch)
        if let speed = report.speed, speed.isSlower {
            let times = (100 / speed.factor).rounded() / 100
            return (original, report.refused("it takes \(times) times as long on this engine"))
        }
        return (outcome.result.model, report)
    }

    /// The model with what can be put together put together. Not judged pass by pass: the result as a whole is.
    private func folded(_ original: Model) -> Model {
        var model = original
        let context = PassContext(evaluator: runner)
        for _ in 0..<4 {
            var isChanged = false
            for pass in passes where pass.requires(model) == nil {
                var editor = GraphEditor(model)
                guard let outcome = try? pass.run(&editor, context), outcome.changed > 0,
                    pass.ensures(model, editor.model) == nil
                else { continue }
                model = editor.model
                isChanged = true
            }
            guard isChanged else { break }
        }
        return model
    }

    private func made(
        _ model: Model, _ judge: RecipeJudge, _ context: RecipeContext, _ report: inout CompressionReport
    ) throws -> AccuracyFallback.Outcome {
        if demands.searchesShare, let limit = demands.largestDrop {
            return try SharedAmount(recipe: recipe, judge: judge, limit: limit, context: context).run(model, &report)
        }
        guard let adjustable = recipe as? any AdjustableRecipe else {
            let result = try recipe.apply(to: model, context)
            let limit = demands.isCandidate ? demands.largestDrop : nil
            return AccuracyFallback.Outcome(
                result: result, verdict: try judge.verdict(on: result.model, givingUpBeyond: limit))
        }
        let prepared = try adjustable.prepare(model, context)
        let result = try prepared.result(leaving: [])
        var outcome = AccuracyFallback.Outcome(result: result, verdict: try judge.verdict(on: result.model))
        guard demands.largestDrop != nil || demands.measuresNoise else { return outcome }
        let noise = try NodeNoise(prepared, result, runner, judge.batches, threads: settings.threads)
        if let limit = demands.largestDrop, outcome.verdict.drop > limit {
            report.dropBefore = outcome.verdict.drop
            outcome = try AccuracyFallback(judge: judge, prepared: prepared, limit: limit, progress: progress)
                .run(outcome, noise)
        }
        for index in outcome.result.layers.indices {
            outcome.result.layers[index].decibels = noise.decibels[outcome.result.layers[index].node]
        }
        return outcome
    }

    /// Why a result is not worth having.
    private func worse(_ report: CompressionReport, _ verdict: RecipeJudge.Verdict) -> String? {
        // What the engine is told may be all that changes, and leaves the file as it is.
        let isTold = demands.setting != .usual
        guard demands.isCandidate || isTold || report.layers.contains(where: \.isChanged) else {
            return "no node of it could be changed"
        }
        func percent(_ value: Double) -> String { "\((value * 10_000).rounded() / 100) %" }
        if let limit = demands.largestDrop, verdict.drop > limit {
            if let rows = verdict.givenUpAfter {
                return
                    "at least \(percent(verdict.drop)) would be lost, as \(rows) rows tell; \(percent(limit)) allowed"
            }
            let what = verdict.accuracy == nil ? "of agreement with the original" : "of accuracy"
            return "\(percent(verdict.drop)) \(what) would be lost, more than the \(percent(limit)) allowed"
        }
        if demands.largestDrop == nil {
            if verdict.accuracy != nil, verdict.drop > Self.broken.drop {
                return "\(percent(verdict.drop)) of accuracy would be lost; --max-accuracy-drop says what may be"
            }
            if verdict.accuracy == nil, verdict.agreement.cosine < Self.broken.cosine {
                let cosine = (verdict.agreement.cosine * 1000).rounded() / 1000
                return "its answers would be others (cosine \(cosine)); --max-accuracy-drop says how far they may be"
            }
        }
        guard !demands.isCandidate, !isTold else { return nil }
        if let packed = report.packed {
            return packed.after < packed.before ? nil : "the packed file would be no smaller"
        }
        guard let after = report.after, after.bytes < report.before.bytes else { return "the file would be no smaller" }
        return nil
    }

    /// One row at a time. What looks slower is measured again: somebody else may have had the processor.
    private func speed(_ before: Model, _ after: Model, _ batch: [Tensor]) throws -> SpeedComparison {
        let isFixed = before.graph.requiredInputs.contains { $0.type?.tensor?.dimensions?.first?.size != nil }
        let inputs = TrialInputs(sets: [isFixed ? batch : try batch.map { try $0.rows(0..<1) }])
        let first = try SpeedComparison(before, after, runner, andOn: results, on: inputs)
        return first.isSlower
            ? try SpeedComparison(before, after, runner, andOn: results, on: inputs, budget: 3) : first
    }
}
