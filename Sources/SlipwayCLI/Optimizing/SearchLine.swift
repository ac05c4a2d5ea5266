import Synchronization
import Workshop

/// A line on a terminal that tells how far a search, or one recipe, has come.
final class SearchLine: Sendable {
    private let isWanted: Bool
    private let shown = Mutex<ContinuousClock.Instant?>(nil)

    init(isWanted: Bool) { self.isWanted = isWanted && Terminal.isTerminal }

    func show(_ step: SearchStep) { show { Self.text(step) } }

    func show(_ step: ChildStep) { show { "optimize … \(Self.text(step))" } }

    func show(_ words: String) { show { words } }

    /// Takes the line away.
    func end() { if shown.withLock({ $0 != nil }) { Terminal.progress("") } }

    /// At most ten times a second.
    private func show(_ text: () -> String) {
        guard isWanted else { return }
        let isDue = shown.withLock { last in
            let now = ContinuousClock.now
            guard last.map({ $0.duration(to: now) > .milliseconds(100) }) ?? true else { return false }
            last = now
            return true
        }
        if isDue { Terminal.progress(String(text().prefix(Terminal.width - 1))) }
    }

    /// `search [####------] 5/12 · int8: observing 22 tensors 40 % · 4 min left`.
    static func text(_ step: SearchStep) -> String {
        let width = 12
        let filled = step.total > 0 ? step.done * width / step.total : 0
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: width - filled)
        var what = step.candidate ?? "side by side"
        if let inner = step.step { what += ": \(text(inner))" }
        return "search [\(bar)] \(step.done)/\(step.total) · \(InertText.text(what)) · \(left(step.secondsLeft))"
    }

    static func text(_ step: ChildStep) -> String {
        guard let total = step.total, total > 0 else { return InertText.text(step.name) }
        return "\(InertText.text(step.name)) \(min(100, step.done * 100 / total)) %"
    }

    static func left(_ seconds: Double) -> String {
        guard seconds > 0 else { return "time is over" }
        return seconds < 90 ? "\(Int(seconds.rounded(.up))) s left" : "\(Int((seconds / 60).rounded())) min left"
    }
}
