package import Monitor
import Synchronization
package import Tensors

/// The answers of two versions to one request.
package struct MirroredPair: Sendable {
    /// One for each input of the version that answered the client, in its order.
    package let inputs: [Tensor]
    /// One for each output of the base; `nil` for those nobody asked for.
    package let base: [Tensor?]
    /// The same outputs, found by their names; `nil` as a whole where the candidate gave no answer.
    package let candidate: [Tensor?]?
    /// Why it gave none; for the log and for people, not for clients.
    package let failure: String?
    /// Runs of the graph alone, in seconds.
    package let baseSeconds: Double
    package let candidateSeconds: Double
    /// Requests of a batch that it stands for; `nil` where the version has no rows.
    package let rows: Int?
}

/// Has requests that one version has answered run on another one as well, and hands the answers over.
///
/// Closed until somebody opens it. Then a request costs an addition or two; one that is taken also a reference to each of its
/// tensors and a lock that is never waited for, after its reply has left. Outlives routing tables: counts go on.
package final class Mirror: Sendable {
    /// What became of requests that were taken.
    package struct Counts: Sendable {
        /// Both have answered, or the candidate has failed.
        package let compared: Counter
        package let failed: Counter
        /// Found no room.
        package let dropped: Counter
        /// Waited longer than `MirrorThread.longestWait`, because the server had better things to do.
        package let late: Counter
        /// The other version was out of memory.
        package let absent: Counter

        package init(compared: Counter, failed: Counter, dropped: Counter, late: Counter, absent: Counter) {
            self.compared = compared
            self.failed = failed
            self.dropped = dropped
            self.late = late
            self.absent = absent
        }
    }

    package let counts: Counts
    /// Called on the mirror's own thread.
    private let onPair: @Sendable (MirroredPair) -> Void
    /// Basis points of the requests; 0 while it is closed.
    private let share = Atomic<Int>(0)
    /// Requests in a window.
    private let limit = Atomic<Int>(.max)
    private let seen = Atomic<UInt64>(0)
    private let window = Atomic<UInt64>(0)
    private let taken = Atomic<Int>(0)

    /// A window is 2^27 ns, some 134 ms.
    private static let windowBits: UInt64 = 27
    private static let windowsPerSecond = 1e9 / Double(UInt64(1) << windowBits)
    private static let whole = 10_000

    /// - Parameter onPair: called on the mirror's own thread; whatever it takes delays other comparisons and no request.
    package init(counts: Counts, onPair: @escaping @Sendable (MirroredPair) -> Void) {
        self.counts = counts
        self.onPair = onPair
    }

    /// Takes requests from now on.
    ///
    /// - Parameters:
    ///   - basisPoints: of the requests that the endpoint's split divides; 0 closes it.
    ///   - perSecond: requests at most, about; `nil` for as many as there are.
    package func open(basisPoints: Int, perSecond: Int? = nil) {
        limit.store(perSecond.map { max(1, Int(Double($0) / Self.windowsPerSecond)) } ?? .max, ordering: .relaxed)
        share.store(min(max(0, basisPoints), Self.whole), ordering: .relaxed)
    }

    package func close() { share.store(0, ordering: .relaxed) }

    package var isOpen: Bool { share.load(ordering: .relaxed) > 0 }

    /// Whether it is a request's turn.
    func wants(at now: UInt64) -> Bool {
        let share = share.load(ordering: .relaxed)
        guard share > 0 else { return false }
        let number = seen.wrappingAdd(1, ordering: .relaxed).newValue
        guard share >= Self.whole || Int(Self.mixed(number) % UInt64(Self.whole)) < share else { return false }
        let limit = limit.load(ordering: .relaxed)
        guard limit < .max else { return true }
        let present = now >> Self.windowBits
        // Loops that meet at the edge of a window may let a few more through: what waits is bounded anyway.
        if window.exchange(present, ordering: .relaxed) != present { taken.store(0, ordering: .relaxed) }
        return taken.wrappingAdd(1, ordering: .relaxed).newValue <= limit
    }

    func finish(_ pair: MirroredPair) {
        counts.compared.add()
        if pair.candidate == nil { counts.failed.add() }
        onPair(pair)
    }

    /// SplitMix64: no period of the traffic is in step with it.
    private static func mixed(_ seed: UInt64) -> UInt64 {
        var value = seed &* 0x9E37_79B9_7F4A_7C15
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
