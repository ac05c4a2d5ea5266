import Synchronization
package import Trust

/// How far a push or pull has come.
package struct TransferState: Hashable, Sendable {
    /// Bytes that are there, those included that were before.
    package var bytes = 0
    package var totalBytes = 0
    package var blobs = 0
    package var totalBlobs = 0
    /// Bytes a second, lately; `nil` before there is anything to tell.
    package var rate: Double?

    /// Nothing to do.
    package init() {}

    /// At this rate.
    package var remaining: Duration? {
        guard let rate, rate > 0 else { return nil }
        return .seconds(Double(max(0, totalBytes - bytes)) / rate)
    }
}

/// Counts what arrives, and tells it a few times a second.
package final class TransferMeter: Sendable {
    private struct State {
        var positions: [Digest: Int] = [:]
        var moved = 0
        var rate = TransferRate()
        var state = TransferState()
        var told: ContinuousClock.Instant?
    }

    private let state: Mutex<State>
    private let tell: @Sendable (TransferState) -> Void
    private static let interval = Duration.milliseconds(100)

    package init(totalBytes: Int, blobs: Int, tell: @escaping @Sendable (TransferState) -> Void) {
        var first = State()
        first.state.totalBytes = totalBytes
        first.state.totalBlobs = blobs
        state = Mutex(first)
        self.tell = tell
    }

    /// How much there will be in all, where that was not known.
    package func expect(totalBytes: Int) { state.withLock { $0.state.totalBytes = totalBytes } }

    /// A blob was found to be this far before anything moved.
    package func found(_ digest: Digest, at position: Int) { move(digest, to: position, counts: false) }

    /// A blob has come this far.
    package func reached(_ digest: Digest, _ position: Int) { move(digest, to: position, counts: true) }

    /// A blob is whole.
    package func finished(_ digest: Digest, size: Int, counts: Bool) {
        move(digest, to: size, counts: counts)
        let now = state.withLock { state in
            state.state.blobs += 1
            return state.state
        }
        tell(now)
    }

    private func move(_ digest: Digest, to position: Int, counts: Bool) {
        let now = ContinuousClock.now
        let news = state.withLock { state -> TransferState? in
            let step = position - (state.positions[digest] ?? 0)
            state.positions[digest] = position
            state.state.bytes += step
            if counts, step > 0 { state.moved += step }
            state.rate.note(state.moved, at: now)
            state.state.rate = state.rate.bytesPerSecond
            if let told = state.told, now - told < Self.interval { return nil }
            state.told = now
            return state.state
        }
        if let news { tell(news) }
    }
}

/// Bytes a second over the last few seconds.
struct TransferRate {
    private var samples: [(time: ContinuousClock.Instant, bytes: Int)] = []
    private static let window = Duration.seconds(5)
    private static let step = Duration.milliseconds(200)

    mutating func note(_ bytes: Int, at time: ContinuousClock.Instant) {
        if let last = samples.last, time - last.time < Self.step, samples.count > 1 { return }
        samples.append((time, bytes))
        while samples.count > 2, time - samples[1].time > Self.window { samples.removeFirst() }
    }

    /// `nil` until a quarter of a second has been seen.
    var bytesPerSecond: Double? {
        guard let first = samples.first, let last = samples.last, last.time - first.time > .milliseconds(250) else {
            return nil
        }
        return Double(last.bytes - first.bytes) / ((last.time - first.time) / .seconds(1))
    }
}
