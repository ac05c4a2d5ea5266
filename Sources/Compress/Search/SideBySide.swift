package import Engines
package import Tensors

/// Runs sessions turn by turn, so that what else the machine does hits all of them alike.
package enum SideBySide {
    /// Rounds at least, and at most: more would only take memory.
    private static let rounds = (least: 15, most: 20_000)
    /// Seconds that a turn of one session takes, where a run is shorter: the first run of a turn finds what others left in the
    /// caches, and is not counted then.
    private static let turn = 0.0005

    /// - Parameters:
    ///   - sessions: of models with the same inputs.
    ///   - inputs: of one run.
    ///   - seconds: how long it may take, about; slow models still get three rounds.
    ///   - progress: told the share that is done.
    /// - Throws: the engine's words.
    package static func times(
        of sessions: [any Session], on inputs: [Tensor], seconds: Double, progress: (Double) -> Void = { _ in }
    ) throws -> [SearchTime] {
        var repeats: [Int] = []
        for session in sessions {
            for _ in 0..<2 { _ = try session.run(inputs) }
            let single = try time { _ = try session.run(inputs) }
            repeats.append(max(1, min(100, Int(turn / max(single, 1e-7)))))
        }
        var times = [[Double]](repeating: [], count: sessions.count)
        let clock = ContinuousClock()
        let start = clock.now
        for round in 0..<rounds.most {
            let spent = Self.seconds(start.duration(to: clock.now))
            if spent > seconds, round >= rounds.least || spent > 4 * seconds && round >= 3 { break }
            progress(min(1, spent / seconds))
            for turn in sessions.indices {
                let place = (turn + round) % sessions.count
                if repeats[place] > 1 { _ = try sessions[place].run(inputs) }
                for _ in 0..<repeats[place] { times[place].append(try time { _ = try sessions[place].run(inputs) }) }
            }
        }
        return times.map(summary)
    }

    /// What is told of runs, in seconds, in their order.
    static func summary(_ times: [Double]) -> SearchTime {
        let sorted = times.sorted()
        guard let middle = quantile(sorted, 0.5), let last = quantile(sorted, 0.99), middle > 0 else {
            return SearchTime(p50: 0, p99: 0, noise: 1, runs: times.count)
        }
        let size = max(1, times.count / 4)
        let parts = stride(from: 0, to: times.count, by: size).compactMap { start -> Double? in
            let part = times[start..<min(start + size, times.count)]
            return part.count == size ? quantile(part.sorted(), 0.5) : nil
        }
        let noise = ((parts.max() ?? middle) - (parts.min() ?? middle)) / middle
        return SearchTime(p50: middle * 1e3, p99: last * 1e3, noise: noise, runs: times.count)
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double? {
        sorted.isEmpty ? nil : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
    }

    private static func time(_ body: () throws -> Void) rethrows -> Double {
        let began = ContinuousClock.now
        try body()
        return seconds(began.duration(to: .now))
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
