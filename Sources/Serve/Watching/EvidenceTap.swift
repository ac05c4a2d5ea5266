import Synchronization

/// Counts what a rollout looks at: requests of a version that were divided by the endpoint's split, and what was wrong with
/// them.
///
/// Off until a rollout watches. Then a request costs a few additions and one pass over at most `AnswerCheck.mostElements` values of each
/// output; a failure also two locks that are not waited for. No memory is asked for.
package final class EvidenceTap: Sendable {
    /// A failure, by its client.
    package struct Failure: Hashable, Sendable {
        /// A place on the line of routing keys, from 1; 0 for a request without a key.
        package let client: UInt64
        package let isError: Bool
        package let isInvalid: Bool
        package let isSlowest: Bool
    }

    /// What was counted since the last look.
    package struct Count: Hashable, Sendable {
        package var requests = 0
        /// Answers other than 200, whoever is at fault: what clients do wrong meets both arms alike.
        package var errors = 0
        /// Answers with values that are not finite, or without values.
        package var invalid = 0
        /// Beyond each of the three limits.
        package var slow = [0, 0, 0]
        package var failures: [Failure] = []
    }

    /// Failures by client that are kept at a time.
    package static let capacity = 4096

    private let isOpen = Atomic<Bool>(false)
    private let isKeyed = Atomic<Bool>(false)
    private let requests = Atomic<Int>(0)
    private let errors = Atomic<Int>(0)
    private let invalid = Atomic<Int>(0)
    private let half = SlowCounter()
    private let tenth = SlowCounter()
    private let hundredth = SlowCounter()
    private let basket = Mutex<[Failure]>([])
    private let onFailure = Mutex<(@Sendable () -> Void)?>(nil)

    init() {}

    /// Begins to count.
    ///
    /// - Parameters:
    ///   - slow: three limits in seconds, or none.
    ///   - keyed: whether clients are told apart.
    ///   - onFailure: called after an error or an invalid answer, from any thread; must not block. Of failures at the same
    ///     moment one may be told for all; each has been counted by then.
    package func open(slow: [Double], keyed: Bool, onFailure: @escaping @Sendable () -> Void = {}) {
        let nanoseconds = slow.count == 3 ? slow.map(Self.nanoseconds) : [.max, .max, .max]
        half.limit.store(nanoseconds[0], ordering: .relaxed)
        tenth.limit.store(nanoseconds[1], ordering: .relaxed)
        hundredth.limit.store(nanoseconds[2], ordering: .relaxed)
        isKeyed.store(keyed, ordering: .relaxed)
        _ = take()
        self.onFailure.withLock { $0 = onFailure }
        isOpen.store(true, ordering: .releasing)
    }

    /// What is not a time is no limit.
    private static func nanoseconds(_ seconds: Double) -> UInt64 {
        seconds >= 0 && seconds < 1e9 ? UInt64(seconds * 1e9) : .max
    }

    package func close() {
        isOpen.store(false, ordering: .relaxed)
        onFailure.withLock { $0 = nil }
    }

    /// What was counted since the last time.
    package func take() -> Count {
        var count = Count()
        count.requests = requests.exchange(0, ordering: .relaxed)
        count.errors = errors.exchange(0, ordering: .relaxed)
        count.invalid = invalid.exchange(0, ordering: .relaxed)
        count.slow = [half.take(), tenth.take(), hundredth.take()]
        var fresh: [Failure] = []
        if isKeyed.load(ordering: .relaxed) { fresh.reserveCapacity(Self.capacity) }
        count.failures = basket.withLock { basket in
            swap(&basket, &fresh)
            return fresh
        }
        return count
    }

    /// Counts an answer.
    func record(_ job: InferenceJob, _ status: HTTPStatus) {
        guard isOpen.load(ordering: .acquiring), job.isDivided else { return }
        let time = job.times.answered &- job.times.received
        let isError = status != .ok
        let isInvalid = !isError && AnswerCheck.isInvalid(job)
        if isError { errors.wrappingAdd(1, ordering: .relaxed) }
        if isInvalid { invalid.wrappingAdd(1, ordering: .relaxed) }
        half.record(time)
        tenth.record(time)
        let isSlowest = hundredth.record(time)
        // At last: whoever reads requests first never sees more failures than requests for long.
        requests.wrappingAdd(1, ordering: .relaxed)
        guard isError || isInvalid || isSlowest else { return }
        if isKeyed.load(ordering: .relaxed) {
            let failure = Failure(
                client: job.routingClient, isError: isError, isInvalid: isInvalid, isSlowest: isSlowest)
            basket.withLockIfAvailable { basket in
                // Room was asked for when the last one was emptied; the array does not grow here.
                if basket.count < min(Self.capacity, basket.capacity) { basket.append(failure) }
            }
        }
        // Held by somebody who tells of a failure at this moment, or who opens or closes this.
        if isError || isInvalid, let tell = onFailure.withLockIfAvailable({ $0 }) { tell?() }
    }
}

/// Requests that took longer than a limit.
private struct SlowCounter: ~Copyable, Sendable {
    /// Nanoseconds.
    let limit = Atomic<UInt64>(.max)
    private let count = Atomic<Int>(0)

    /// - Returns: whether it took longer.
    @discardableResult
    borrowing func record(_ nanoseconds: UInt64) -> Bool {
        guard nanoseconds > limit.load(ordering: .relaxed) else { return false }
        count.wrappingAdd(1, ordering: .relaxed)
        return true
    }

    borrowing func take() -> Int { count.exchange(0, ordering: .relaxed) }
}
