import ModelGraph
import Optimize

/// Gives nodes back their floats until no more accuracy is lost than allowed.
///
/// The nodes that add most noise are looked at one at a time: what the answers gain when only that one has floats. Then they are
/// given back in that order, most first, all before it staying in floats.
struct AccuracyFallback {
    let judge: RecipeJudge
    let prepared: any PreparedRecipe
    /// What may be lost.
    let limit: Double
    let progress: @Sendable (RecipeStep) -> Void

    /// Nodes that are looked at one at a time.
    private static let looked = 20
    /// The largest share of nodes that are given back before it is given up.
    private static let mostShare = 0.5

    struct Outcome {
        var result: RecipeResult
        var verdict: RecipeJudge.Verdict
        /// In the order in which they were given back.
        var left: [String] = []
    }

    func run(_ start: Outcome, _ noise: NodeNoise) throws -> Outcome {
        let candidates = noise.own.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
        var gains: [(node: String, decibels: Double)] = []
        for (number, node) in candidates.prefix(Self.looked).enumerated() {
            progress(RecipeStep("looking at \(node) alone", done: number, of: min(Self.looked, candidates.count)))
            let verdict = try judge.verdict(on: try prepared.result(leaving: [node]).model)
            gains.append((node, verdict.agreement.decibels))
        }
        let order = gains.sorted { ($1.decibels, $0.node) < ($0.decibels, $1.node) }.map(\.node)
        var best = start
        let most = max(1, Int(Double(prepared.candidates.count) * Self.mostShare))
        for node in (order + candidates.dropFirst(Self.looked)).prefix(most) {
            progress(RecipeStep("giving \(node) back its floats", done: best.left.count, of: most))
            best.left.append(node)
            best.result = try prepared.result(leaving: Set(best.left))
            best.verdict = try judge.verdict(on: best.result.model)
            if best.verdict.drop <= limit { break }
        }
        return best
    }
}
