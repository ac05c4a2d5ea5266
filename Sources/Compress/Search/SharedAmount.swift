import ModelGraph
import Optimize

/// Prunes as much as a limit on what may be lost pays for: tries shares, each judged by the answers.
struct SharedAmount {
    let recipe: any Recipe
    let judge: RecipeJudge
    let limit: Double
    let context: RecipeContext

    /// - Returns: what came of the largest share that was allowed; of the smallest that was tried where none was, which loses
    ///   too much.
    /// - Throws: `RuleFault` when nothing can be cut at all.
    func run(_ model: Model, _ report: inout CompressionReport) throws -> AccuracyFallback.Outcome {
        var search = AmountSearch(limit: limit, most: context.settings.prunedShare ?? AmountSearch.most)
        var kept: AccuracyFallback.Outcome?
        var least: (share: Double, outcome: AccuracyFallback.Outcome)?
        while let share = search.next {
            context.progress(
                RecipeStep(
                    "cutting \(Int((share * 100).rounded())) %", done: search.tried.count, of: AmountSearch.tries))
            let outcome = try outcome(model, share)
            search.take(drop: outcome.verdict.drop)
            if search.best == share {
                kept = outcome
                report.share = share
            }
            // Channels go in groups: a smaller share that cuts as much cannot lose less, nor can a still smaller one.
            let isSame = least.map { $0.outcome.result.model.parameterCount == outcome.result.model.parameterCount }
            if share < least?.share ?? 1 { least = (share, outcome) }
            if isSame == true, search.best == nil { break }
        }
        report.triedShares = search.tried
        guard let result = kept ?? least?.outcome else { throw RuleFault("no share of it could be tried") }
        return result
    }

    private func outcome(_ model: Model, _ share: Double) throws -> AccuracyFallback.Outcome {
        var settings = context.settings
        settings.prunedShare = share
        let own = RecipeContext(
            runner: context.runner, calibration: context.calibration, settings: settings,
            reference: context.reference, progress: context.progress)
        let result = try recipe.apply(to: model, own)
        return AccuracyFallback.Outcome(
            result: result, verdict: try judge.verdict(on: result.model, givingUpBeyond: limit))
    }
}
