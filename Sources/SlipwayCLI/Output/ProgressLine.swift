/// A line on a terminal that tells how far long work has come.
struct ProgressLine {
    private let what: String
    private let isWanted: Bool
    private var shown = -1

    init(_ what: String, _ answer: AnswerOptions) {
        self.what = what
        isWanted = !answer.quiet && answer.format == .table
    }

    /// Shows the share that is done, when it differs from what is shown.
    mutating func show(_ done: Int, of total: Int) {
        let percent = total > 0 ? Int(Double(done) / Double(total) * 100) : 100
        guard isWanted, percent != shown else { return }
        shown = percent
        Terminal.progress("\(what) … \(percent) %")
    }

    /// Takes the line away.
    func end() { if shown >= 0 { Terminal.progress("") } }
}
