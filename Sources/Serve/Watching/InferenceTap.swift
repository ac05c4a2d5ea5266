import Engines
import Synchronization
package import Tensors

/// An answered request as it is watched: the tensors are its own, nothing was copied.
package struct WatchedInference: Sendable {
    /// One for each input of the signature.
    package let inputs: [Tensor]
    /// One for each output of the signature; `nil` for those nobody asked for.
    package var outputs: [Tensor?] {
        slots.map { if case .tensor(let tensor) = $0 { tensor } else { nil } }
    }
    /// Requests of a batch that it stands for.
    package let rows: Int
    let slots: [OutputSlot]
}

/// Hands a sample of a version's requests over to whoever watches it, away from the event loops.
///
/// Off until somebody sets how many requests stand for one. Then a request costs one addition, and one that is taken also
/// a lock that is never waited for and the references to its tensors: no memory is asked for, nothing is copied. What finds
/// no room is counted and let go.
package final class InferenceTap: Sendable {
    private struct Basket {
        var taken: [WatchedInference]
        var bytes = 0
    }

    /// Requests that are kept at a time.
    package static let capacity = 512
    /// Bytes of tensors that are kept at a time: they are missing from the pool meanwhile.
    package static let byteLimit = 8 << 20

    /// One request in so many is taken; 0 while nobody watches.
    private let stride = Atomic<Int>(0)
    private let seen = Atomic<Int>(0)
    private let lost = Atomic<Int>(0)
    private let basket = Mutex(Basket(taken: []))

    package init() {}

    /// One request in so many is taken; 0 closes it.
    package var oneIn: Int {
        get { stride.load(ordering: .relaxed) }
        set { stride.store(max(0, newValue), ordering: .relaxed) }
    }

    /// Requests that were to be taken and found no room.
    package var dropped: Int { lost.load(ordering: .relaxed) }

    /// Takes a request that was answered well, if it is its turn.
    func offer(_ job: InferenceJob) {
        let stride = stride.load(ordering: .relaxed)
        guard stride > 0, seen.wrappingAdd(1, ordering: .relaxed).newValue % stride == 0 else { return }
        var bytes = 0
        for tensor in job.inputs { bytes &+= tensor.byteCount }
        let isTaken = basket.withLockIfAvailable { basket in
            // Room for `capacity` was asked for when the last one was emptied; the array does not grow here.
            guard basket.taken.count < min(Self.capacity, basket.taken.capacity),
                basket.bytes &+ bytes <= Self.byteLimit
            else { return false }
            basket.bytes &+= bytes
            basket.taken.append(
                WatchedInference(inputs: job.inputs, rows: job.rowCount, slots: job.slots))
            return true
        }
        if isTaken != true { lost.wrappingAdd(1, ordering: .relaxed) }
    }

    /// What was taken since the last time, and requests that were seen since then.
    package func empty() -> (taken: [WatchedInference], seen: Int) {
        var fresh = Basket(taken: [])
        fresh.taken.reserveCapacity(Self.capacity)
        let full = basket.withLock { basket in
            swap(&basket, &fresh)
            return fresh
        }
        return (full.taken, seen.exchange(0, ordering: .relaxed))
    }
}
