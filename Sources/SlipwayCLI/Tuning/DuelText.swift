import Control
import Monitor
import Tensors
import Workshop

/// Who won, for people and for programs.
struct DuelText {
    let a: String
    let b: String
    let outcome: Duel.Outcome

    /// `1.93 times as fast (1.88 to 1.98)`.
    static func ratio(_ score: DuelScore) -> String {
        let ratio = score.ratio
        guard ratio.low.isFinite, ratio.high.isFinite else { return "too few rounds" }
        return "\(Quantity.fixed(ratio.mean, 3)) times as fast "
            + "(\(Quantity.fixed(ratio.low, 3)) to \(Quantity.fixed(ratio.high, 3)))"
    }

    /// Who is faster, and how alike the answers are.
    var words: [String] { [verdict, answers] }

    private var verdict: String {
        let score = outcome.score
        let words = "B is \(Self.ratio(score)), \(score.rounds) rounds turn by turn"
        switch score.verdict {
        case .faster: return "faster: \(words)"
        case .slower: return "slower: \(words)"
        case .unclear:
            return score.isEqual
                ? "unclear: no difference of more than \(Quantity.percent(DuelScore.margin, places: 0)); \(words)"
                : "unclear: \(words); a longer --budget may tell"
        }
    }

    private var answers: String {
        guard let answers = outcome.answers else {
            return "answers: cannot be compared: \(outcome.difference ?? "outputs differ in kind")"
        }
        var words = [
            "cosine at least \(Quantity.fixed(answers.cosine, 6))",
            "largest difference \(Float(answers.largestDifference))",
        ]
        if let share = answers.topAgreement { words.append("same top class in \(Quantity.percent(share, places: 1))") }
        if let share = answers.exactAgreement { words.append("\(Quantity.percent(share, places: 1)) of labels equal") }
        if answers.nonFinite > 0 { words.append("\(answers.nonFinite) numbers finite on one side only") }
        return "answers: \(words.joined(separator: ", "))"
    }

    var json: JSONValue {
        let (score, rates) = (outcome.score, outcome.score.rates)
        func estimate(_ value: Estimate) -> JSONValue {
            .object([
                ("mean", .number(value.mean)), ("low", value.low.isFinite ? .number(value.low) : .null),
                ("high", value.high.isFinite ? .number(value.high) : .null),
            ])
        }
        return .object([
            ("verdict", .string(score.verdict.rawValue)), ("equal", .bool(score.isEqual)),
            ("ratio", estimate(score.ratio)), ("rounds", .integer(score.rounds)),
            ("a", .object([("subject", .string(a)), ("rate", estimate(rates.a))])),
            ("b", .object([("subject", .string(b)), ("rate", estimate(rates.b))])),
            ("answers", outcome.answers?.json ?? .null),
            ("difference", outcome.difference.map(JSONValue.string) ?? .null),
        ])
    }
}
