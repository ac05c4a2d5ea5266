import Engines
package import ModelGraph

/// How long a run takes before and after, on the engine with its own optimisation on.
package struct SpeedComparison: Hashable, Sendable {
    /// Seconds of the shortest run.
    package let before: Double
    package let after: Double
    /// Seconds of the middle run.
    package let middle: [Double]
    /// How far runs of the same model lie apart, as a share: what is smaller than that says nothing.
    package let noise: Double

    /// Runs of each; more would only take memory.
    private static let mostRuns = 200_000

    /// Runs both turn by turn, so that what else the machine does hits both.
    ///
    /// - Parameters:
    ///   - other: what runs the second, where that is told something else than what runs the first.
    ///   - budget: seconds, for both together.
    package init(
        _ before: Model, _ after: Model, _ runner: ModelRunner, andOn other: ModelRunner? = nil,
        on inputs: TrialInputs, budget: Double = 1
    ) throws {
        let sessions = [
            try runner.session(before, optimized: true), try (other ?? runner).session(after, optimized: true),
        ]
        let set = inputs.sets[0]
        for session in sessions { for _ in 0..<2 { _ = try session.run(set) } }
        var times: [[Double]] = [[], []]
        let clock = ContinuousClock()
        let start = clock.now
        while times[0].count < 12
            || (start.duration(to: clock.now) < .seconds(budget) && times[0].count < Self.mostRuns)
        {
            for side in times[0].count.isMultiple(of: 2) ? [0, 1] : [1, 0] {
                let began = clock.now
                _ = try sessions[side].run(set)
                let (seconds, attoseconds) = began.duration(to: clock.now).components
                times[side].append(Double(seconds) + Double(attoseconds) * 1e-18)
            }
            // A model that takes seconds is not run for minutes.
            if start.duration(to: clock.now) > .seconds(budget * 8), times[0].count >= 3 { break }
        }
        self.before = times[0].min() ?? 0
        self.after = times[1].min() ?? 0
        middle = times.map { $0.sorted()[$0.count / 2] }
        noise = times.map { Self.spread($0) }.max() ?? 0
    }

    package init(before: Double, after: Double, noise: Double) {
        self.before = before
        self.after = after
        middle = [before, after]
        self.noise = noise
    }

    /// Between the shortest and the tenth part of the runs, at least 3 %.
    private static func spread(_ times: [Double]) -> Double {
        let sorted = times.sorted()
        guard let least = sorted.first, least > 0 else { return 0.03 }
        return max(0.03, sorted[sorted.count / 10] / least - 1)
    }

    /// How many times as fast as before.
    package var factor: Double { after > 0 ? before / after : 1 }

    /// Whether it is faster beyond what runs differ by anyway.
    package var isFaster: Bool { factor > 1 + noise }

    /// Whether it is slower beyond doubt.
    package var isSlower: Bool { factor < 1 / (1 + 2 * noise) }
}
