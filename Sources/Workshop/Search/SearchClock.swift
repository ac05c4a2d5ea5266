/// A search's time.
struct SearchClock: Sendable {
    private let start = ContinuousClock.now
    private let budget: Double

    /// - Parameter budget: seconds.
    init(budget: Double) { self.budget = budget }

    var spent: Double {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    var left: Double { budget - spent }

    /// Seconds that are kept for running candidates side by side.
    var reserve: Double { max(1, min(20, budget / 10)) }

    /// Seconds for running so many side by side: half a second each, at least two, and at most what is kept for it.
    func race(of count: Int) -> Double { min(max(2, Double(count) / 2), max(1, reserve)) }
}
