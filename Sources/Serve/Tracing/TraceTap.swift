import Synchronization

/// An answered inference request, as it is told to a collector of traces.
package struct TracedRequest: Sendable {
    package let context: TraceContext
    /// The request's own span.
    package let span: UInt64
    package let endpoint: String
    package let model: String
    package let version: String
    package let requestID: String
    /// HTTP's method, or gRPC's.
    package let method: String
    package let status: Int
    package let rows: Int
    /// Stages in their order, each from and to a moment on the monotonic clock, in nanoseconds; 0 for what was not reached.
    package let received: UInt64
    package let complete: UInt64
    package let decoded: UInt64
    package let runBegan: UInt64
    package let runEnded: UInt64
    package let answered: UInt64
    /// Of a pipeline, in the order in which they ended.
    package var steps: [TracedStep] = []
    /// Whether the version answered in place of the request's own.
    package var isFallback = false
}

/// One step of a pipeline that was run for a request. Moments on the monotonic clock, in nanoseconds.
package struct TracedStep: Sendable {
    package let name: String
    package let model: String
    package let version: String
    /// When its inputs were there.
    package let ready: UInt64
    package let runBegan: UInt64
    package let runEnded: UInt64
    package let hasFailed: Bool
}

/// Keeps a sample of the requests until a collector is told of them. Off until somebody opens it: then a request costs one
/// load. Open, one that is not sampled costs a comparison more; one that is takes a lock that is never waited for. What finds no
/// room is counted and let go.
package final class TraceTap: Sendable {
    /// Requests that are kept at a time.
    package static let capacity = 4096

    /// Requests that nobody asked to record are taken when a random number is below this; 0 while it is closed and
    /// `.max` for all.
    private let threshold = Atomic<UInt64>(0)
    private let opened = Atomic<Bool>(false)
    private let lost = Atomic<Int>(0)
    private let basket = Mutex<[TracedRequest]>([])
    private let operations = Mutex<[TracedOperation]>([])

    init() {}

    /// Begins to take requests.
    ///
    /// - Parameter share: of those whose client does not say whether they are recorded; from 0 to 1. What a client
    ///   records is taken too; what it does not record is not.
    package func open(share: Double) {
        threshold.store(share >= 1 ? .max : UInt64(max(0, share) * 0x1p63) << 1, ordering: .relaxed)
        _ = empty()
        opened.store(true, ordering: .relaxed)
    }

    /// Takes something that the server did of its own accord; rare, and not on the live path.
    package func tell(_ operation: TracedOperation) {
        guard isOpen else { return }
        operations.withLock { operations in
            if operations.count < Self.capacity { operations.append(operation) }
        }
    }

    /// What was told since the last time.
    package func emptyOperations() -> [TracedOperation] {
        operations.withLock { operations in
            defer { operations = [] }
            return operations
        }
    }

    /// Whether somebody wants to be told.
    package var isOpen: Bool { opened.load(ordering: .relaxed) }

    /// Requests that were to be taken and found no room.
    package var dropped: Int { lost.load(ordering: .relaxed) }

    /// Takes an answered request if it is sampled.
    ///
    /// - Parameters:
    ///   - context: what the request came with.
    ///   - random: gives random numbers.
    func offer(_ request: AnsweredRequest, _ job: InferenceJob, _ random: () -> UInt64) {
        let context: TraceContext
        if let given = request.trace {
            guard given.isSampled else { return }
            context = given
        } else {
            let limit = threshold.load(ordering: .relaxed)
            guard limit > 0, limit == .max || random() < limit else { return }
            context = TraceContext(trace: (random(), random() | 1), parent: 0, isSampled: true)
        }
        let times = job.times
        let traced = TracedRequest(
            context: context, span: random() | 1, endpoint: job.arm.endpoint, model: job.arm.servable.model,
            version: job.arm.servable.version, requestID: request.id, method: request.method,
            status: request.status.rawValue, rows: job.rowCount, received: times.received, complete: times.complete,
            decoded: times.decoded, runBegan: times.runBegan, runEnded: times.runEnded, answered: times.answered,
            steps: job.tracedSteps, isFallback: job.isGivenAway)
        if request.status == .ok { job.arm.metrics.exemplify(times, trace: context.trace) }
        let isTaken = basket.withLockIfAvailable { basket in
            guard basket.count < min(Self.capacity, basket.capacity) else { return false }
            basket.append(traced)
            return true
        }
        if isTaken != true { lost.wrappingAdd(1, ordering: .relaxed) }
    }

    /// What was taken since the last time.
    package func empty() -> [TracedRequest] {
        var fresh: [TracedRequest] = []
        fresh.reserveCapacity(Self.capacity)
        return basket.withLock { basket in
            swap(&basket, &fresh)
            return fresh
        }
    }
}
