import Synchronization

/// How often each source may be wrong: so many times at once, then once in a while. A bounded number of sources.
///
/// Source: ITU-T I.371, generic cell rate algorithm: of each source only the moment is kept at which all is forgotten.
package final class AttemptLimiter: Sendable {
    private let burst: Int
    private let pause: Duration
    private let most: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let forgotten = Mutex<[String: ContinuousClock.Instant]>([:])

    /// - Parameters:
    ///   - burst: attempts that may fail one right after the other.
    ///   - pause: after which one more may.
    ///   - sources: kept at a time; beyond that, whoever is nearest to being forgotten is.
    package init(
        burst: Int = 10, pause: Duration = .seconds(6), sources: Int = 1024,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        (self.burst, self.pause, most, self.now) = (max(1, burst), pause, max(1, sources), now)
    }

    /// Counts an attempt as one that fails, before anybody looks at it, so that many at once are not let through together.
    ///
    /// - Returns: how long the source has to wait; `nil` when it may try.
    package func attempt(from source: String) -> Duration? {
        let moment = now()
        return forgotten.withLock { forgotten in
            let until = max(forgotten[source] ?? moment, moment)
            let wait = until - moment - pause * (burst - 1)
            guard wait <= .zero else { return wait }
            if forgotten[source] == nil { Self.makeRoom(in: &forgotten, most, moment) }
            forgotten[source] = until + pause
            return nil
        }
    }

    /// Takes back what an attempt was counted for that was none of a guesser's.
    package func succeeded(from source: String) {
        forgotten.withLock { forgotten in
            if let until = forgotten[source] { forgotten[source] = until - pause }
        }
    }

    /// Sources that are kept.
    package var count: Int { forgotten.withLock { $0.count } }

    private static func makeRoom(
        in forgotten: inout [String: ContinuousClock.Instant], _ most: Int, _ moment: ContinuousClock.Instant
    ) {
        guard forgotten.count >= most else { return }
        forgotten = forgotten.filter { $0.value > moment }
        if forgotten.count >= most, let nearest = forgotten.min(by: { $0.value < $1.value }) {
            forgotten[nearest.key] = nil
        }
    }
}
