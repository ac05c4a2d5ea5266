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

    /// Why a run gave nothing.
    enum Failure {
        case engine(EngineError)
        case refused(RequestFault)
    }

    private(set) var arm: LiveArm
    private let isMirrored: Bool
    let pool: BufferPool
    /// One for each input of the signature, in its order.
    var inputs: [Tensor] = []
    /// Positions of the outputs asked for.
    var wanted: [Int] = []
    /// After the run one for each output of the signature, in its order.
    var slots: [OutputSlot] = []
    /// When the answer is no longer wanted, on the monotonic clock.
    var deadline: UInt64
    /// Lower is more urgent.
    var priority = Priority.usual
    /// Whom it is for; tells clients apart where they take turns.
    var client: UInt64 = 0
    /// The sequence that it belongs to.
    var sequence: SequenceRequest?
    /// The caller's name; empty for those whom nobody asked.
    var identity = ""
    /// Whether the request names its version.
    var namesVersion = false
    /// Whether its endpoint's split, and nothing else, chose its version.
    var isDivided = false
    /// Whether a version answers it that none of its endpoint's shares or names leads to: the fallback version.
    private(set) var isGivenAway = false
    /// The place of its routing key on the line that the split divides, from 1; 0 without one.
    var routingClient: UInt64 = 0
    private(set) var failure: Failure?
    /// The step of a pipeline that an engine's failure is about.
    var failedStep: String?
    /// The steps of a pipeline that were run, while somebody is told of them.
    var tracedSteps: [TracedStep] = []
    var times: StageTimes
    private let progress = Atomic<UInt8>(Progress.waiting)

    /// - Parameter isMirrored: whether nobody receives its answer.
    init(arm: LiveArm, pool: BufferPool, receivedAt: UInt64, deadline: UInt64, isMirrored: Bool = false) {
        self.arm = arm
        self.pool = pool
        self.deadline = deadline
        self.isMirrored = isMirrored
        times = StageTimes(received: receivedAt)
        if isMirrored { arm.servable.beginMirrored() }
        arm.servable.begin(at: receivedAt)
    }

    deinit {
        arm.servable.end()
        if isMirrored { arm.servable.endMirrored() }
    }

    /// Goes over to another version, which is in use: that of its sequence.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` when that takes or gives something else.
    func move(to other: LiveArm) throws(RequestFault) {
        guard other.servable !== arm.servable else { return }
        guard other.signature == arm.signature else {
            throw RequestFault(
                .invalidInput,
                "the sequence began on version \(other.servable.version) of model '\(arm.endpoint)', whose inputs or outputs "
                    + "are others than those of version \(arm.servable.version)")
        }
        other.servable.begin()
        arm.servable.end()
        arm = other
        isDivided = false
    }

    /// The version that answers in place of its own, as clients are told; `nil` where its own does.
    var fallback: String? { isGivenAway ? "\(arm.servable.model):\(arm.servable.version)" : nil }

    /// Goes over to the version that answers what its own should not, and takes the same. It is nobody's evidence then.
    func giveAway(to other: LiveArm) {
        other.servable.begin()
        arm.servable.end()
        arm = other
        isDivided = false
        isGivenAway = true
    }

    /// Requests of a batch that it stands for, by the first dimension of its inputs.
    var rowCount: Int { arm.hasRows ? inputs.first?.shape.dimensions.first ?? 1 : 1 }

    /// What failed, for a message that puts it between quotation marks.
    var subject: String { failedStep.map { "\(arm.endpoint)', step '\($0)" } ?? arm.endpoint }

    var elementCount: Int { inputs.reduce(0) { $0 + $1.shape.elementCount } }

    /// The client waits so long from when its request came, and no longer than before.
    ///
    /// - Parameter microseconds: not below 0.
    func limit(toMicroseconds microseconds: Int) {
        let (nanoseconds, overflow) = UInt64(clamping: microseconds).multipliedReportingOverflow(by: 1000)
        let (end, later) = times.received.addingReportingOverflow(nanoseconds)
        deadline = min(deadline, overflow || later ? .max : end)
    }

    /// Takes it for a run: from now on it can no longer be cancelled.
    ///
    /// - Returns: `false` when it was cancelled or is too late.
    func claim(at now: UInt64) -> Bool {
        guard now < deadline else { return false }
        return progress.compareExchange(
            expected: Progress.waiting, desired: Progress.running, ordering: .relaxed
        ).exchanged
    }

    /// Runs the graph for this request alone; it has been claimed.
    func run() {
        failure = nil
        times.runBegan = MonotonicClock.now()
        do throws(RequestFault) {
            guard let session = arm.servable.session else { throw .notLoaded }
            slots = try arm.servable.outputPlan.slots(inputs: inputs, wanted: wanted, pool: pool)
            do throws(EngineError) {
                try session.run(inputs: inputs, outputs: &slots)
            } catch {
                failure = .engine(error)
            }
        } catch {
            failure = .refused(error)
        }
        times.runEnded = MonotonicClock.now()
    }

    /// Takes its part of a run that several shared.
    func take(_ outputs: [OutputSlot], began: UInt64, ended: UInt64) {
        slots = outputs
        failure = nil
        times.runBegan = began
        times.runEnded = ended
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

extension RequestFault {
    /// Our own mistake: a job runs only after it has waited for its version.
    fileprivate static let notLoaded = RequestFault(.modelNotReady, "this version is not in memory")
}

/// When a request passed each stage, on the monotonic clock; 0 for not yet.
struct StageTimes: Sendable {
    /// The first byte of the request was read.
    var received: UInt64
    /// The last byte was read.
    var complete: UInt64 = 0
    /// The inputs were in their tensors.
    var decoded: UInt64 = 0
    /// Its version was in memory: it could run or queue.
    var ready: UInt64 = 0
    var runBegan: UInt64 = 0
    var runEnded: UInt64 = 0
    /// The reply was handed to the socket.
    var answered: UInt64 = 0

    init(received: UInt64) { self.received = received }
}
