import Engines
import NIOCore
import Synchronization
import Tensors

/// One run of one version for one request, whichever protocol the request came by.
///
/// `@unchecked Sendable`: it belongs to one thread at a time. The event loop fills it and hands it to a run thread
/// through the queue's lock; that thread hands it back by `eventLoop.execute` and does not look at it again. Only
/// `progress` is touched from both sides meanwhile.
final class InferenceJob: @unchecked Sendable {
    private enum Progress {
        static let waiting: UInt8 = 0
        static let running: UInt8 = 1
        static let cancelled: UInt8 = 2
    }

    let arm: LiveArm
    /// One for each input of the signature, in its order.
    var inputs: [Tensor] = []
    /// One for each output of the signature, in its order.
    var slots: [OutputSlot] = []
    /// When the answer is no longer wanted, on the monotonic clock.
    var deadline: UInt64
    var failure: EngineError?
    var times: StageTimes
    private let progress = Atomic<UInt8>(Progress.waiting)

    init(arm: LiveArm, receivedAt: UInt64, deadline: UInt64) {
        self.arm = arm
        self.deadline = deadline
        times = StageTimes(received: receivedAt)
        arm.servable.begin()
    }

    deinit { arm.servable.end() }

    var elementCount: Int { inputs.reduce(0) { $0 + $1.shape.elementCount } }

    /// Runs the graph, unless it was cancelled or is too late.
    ///
    /// - Returns: `false` when it was not run.
    @discardableResult
    func run() -> Bool {
        let now = MonotonicClock.now()
        guard now < deadline else { return false }
        guard
            progress.compareExchange(
                expected: Progress.waiting, desired: Progress.running, ordering: .relaxed
            ).exchanged
        else { return false }
        times.runBegan = now
        do throws(EngineError) {
            try arm.servable.session.run(inputs: inputs, outputs: &slots)
        } catch {
            failure = error
        }
        times.runEnded = MonotonicClock.now()
        return true
    }

    /// Takes a waiting job out: it will not be run.
    ///
    /// - Returns: `false` when it is running, or has run, already.
    @discardableResult
    func cancel() -> Bool {
        progress.compareExchange(expected: Progress.waiting, desired: Progress.cancelled, ordering: .relaxed).exchanged
    }

    var hasRun: Bool { times.runEnded != 0 }
}

/// When a request passed each stage, on the monotonic clock; 0 for not yet.
struct StageTimes: Sendable {
    /// The first byte of the request was read.
    var received: UInt64
    /// The last byte was read.
    var complete: UInt64 = 0
    /// The inputs were in their tensors.
    var decoded: UInt64 = 0
    var runBegan: UInt64 = 0
    var runEnded: UInt64 = 0
    /// The reply was handed to the socket.
    var answered: UInt64 = 0

    init(received: UInt64) { self.received = received }
}
