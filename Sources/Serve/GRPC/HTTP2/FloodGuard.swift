/// Counts what a client sends that costs more than it is worth, and says when it is enough.
///
/// Source: RFC 9113 section 10.5; CVE-2019-9511 to -9518, CVE-2023-44487, CVE-2024-27316, CVE-2025-8671.
struct FloodGuard {
    /// A number of events within a time.
    private struct Rate {
        let most: Int
        let nanoseconds: UInt64
        var began: UInt64 = 0
        var count = 0

        mutating func admits(_ now: UInt64) -> Bool {
            if now &- began >= nanoseconds {
                began = now
                count = 0
            }
            count += 1
            return count <= most
        }
    }

    private let controlFrames: Int
    private let emptyDataFrames: Int
    /// Frames that may still be sent without asking for anything.
    private var budget: Int
    private var emptyInSequence = 0
    private var resets: Rate
    private var faults: Rate

    /// Streams that the server had to reset within half a minute.
    private static let mostFaults = 200

    /// - Parameters:
    ///   - controlFrames: those that may be sent ahead.
    ///   - emptyDataFrames: in sequence.
    init(controlFrames: Int, emptyDataFrames: Int, resetsPerSecond: Int) {
        self.controlFrames = controlFrames
        self.emptyDataFrames = emptyDataFrames
        budget = controlFrames
        resets = Rate(most: resetsPerSecond, nanoseconds: HTTPLimits.second)
        faults = Rate(most: Self.mostFaults, nanoseconds: 30 * HTTPLimits.second)
    }

    /// Frames that ask for nothing may follow what was sent or asked for: clients measure the line with them.
    mutating func earn(_ count: Int) { budget = min(budget + count, 64 * controlFrames) }

    /// Time has passed.
    mutating func recover() { budget = max(budget, min(budget + controlFrames / 16, controlFrames)) }

    /// One frame that asks for nothing came.
    mutating func spend() throws(ConnectionError) {
        budget -= 1
        guard budget >= 0 else { throw ConnectionError(.enhanceYourCalm) }
    }

    /// A DATA frame came.
    mutating func data(isEmpty: Bool) throws(ConnectionError) {
        emptyInSequence = isEmpty ? emptyInSequence + 1 : 0
        guard emptyInSequence <= emptyDataFrames else { throw ConnectionError(.enhanceYourCalm) }
    }

    /// The client takes a call back.
    mutating func reset(_ now: UInt64) throws(ConnectionError) {
        guard resets.admits(now) else { throw ConnectionError(.enhanceYourCalm) }
    }

    /// A stream had to be reset for what the client did with it.
    mutating func fault(_ now: UInt64) throws(ConnectionError) {
        guard faults.admits(now) else { throw ConnectionError(.enhanceYourCalm) }
    }
}
