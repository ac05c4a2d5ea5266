import Scoring

/// A line on a terminal that tells how far a run has come, how fast it is and how long it will take.
struct RateLine {
    private let isWanted: Bool
    private let began = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant?
    /// Where the run was when it began: what was done before is not counted into its rate.
    private var first: ScoringProgress?

    init(_ answer: AnswerOptions) { isWanted = !answer.quiet && answer.format == .table && Terminal.isTerminal }

    /// Shows where the run is, at most five times a second.
    mutating func show(_ progress: ScoringProgress) {
        let now = ContinuousClock.now
        let start = first ?? progress
        first = start
        guard isWanted, shownAt.map({ now - $0 > .milliseconds(200) }) ?? true else { return }
        shownAt = now
        let elapsed = (now - began).components
        let seconds = Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18
        Terminal.progress(Self.text(progress, since: start, seconds: seconds))
    }

    /// Takes the line away.
    func end() { if shownAt != nil { Terminal.progress("") } }

    /// `predict … 45 % · 123,456 rows · 54,321 a second · 12.0 s left`.
    static func text(_ progress: ScoringProgress, since start: ScoringProgress, seconds: Double) -> String {
        var parts = [
            "predict … \(Int(progress.share * 100)) %", "\(Quantity.count(progress.scored)) rows",
        ]
        if progress.rejected > 0 { parts.append("\(Quantity.count(progress.rejected)) rejected") }
        let rows = progress.scored - start.scored
        let share = progress.share - start.share
        if seconds > 0.5, rows > 0, share > 0 {
            parts.append("\(Quantity.count(Int(Double(rows) / seconds))) a second")
            parts.append("\(Quantity.seconds((1 - progress.share) / share * seconds)) left")
        }
        return parts.joined(separator: " · ")
    }
}
