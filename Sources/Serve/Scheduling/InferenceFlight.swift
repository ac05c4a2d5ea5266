import Engines
import NIOCore

/// One inference request from its last byte until its answer can be written: decodes it, runs it here or has it run,
/// and watches its deadline. The same for every protocol.
///
/// Belongs to one event loop.
final class InferenceFlight {
    /// How it ended.
    enum Outcome {
        /// The job's slots have the answer.
        case ran
        case failed(EngineError)
        case refused(RequestFault)
    }

    let exchange: any InferenceExchange
    private let loop: LoopState
    private var onEnd: ((Outcome) -> Void)?
    private var ticket: RunThreads.Ticket?
    private var deadlineTask: Scheduled<Void>?

    /// - Parameter onEnd: called once, unless it is cancelled before; within `start` when nothing has to be waited for.
    init(_ exchange: any InferenceExchange, loop: LoopState, onEnd: @escaping (Outcome) -> Void) {
        self.exchange = exchange
        self.loop = loop
        self.onEnd = onEnd
    }

    var job: InferenceJob { exchange.job }
    var isOver: Bool { onEnd == nil }

    /// The body is complete: fills the tensors, then runs or queues.
    func start() {
        let job = job
        job.times.complete = MonotonicClock.now()
        do throws(RequestFault) {
            try exchange.finish()
        } catch {
            return end(.refused(error))
        }
        job.times.decoded = MonotonicClock.now()
        let predicted = job.arm.servable.calibration.predictedNanoseconds(elements: job.elementCount)
        if predicted < loop.plane.configuration.inlineBelow {
            if job.claim(at: job.times.decoded) {
                job.run()
                job.arm.metrics.ranInline()
            }
            conclude()
        } else {
            queue()
        }
    }

    private func queue() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let task = RunThreads.Task(job: job, eventLoop: loop.eventLoop) { bound.value.conclude() }
        do throws(RequestFault) {
            ticket = try loop.plane.runThreads.submit(task)
        } catch {
            return end(.refused(error))
        }
        scheduleDeadline(bound)
    }

    /// Deadlines that the loop's own ticks would notice late get a timer.
    private func scheduleDeadline(_ bound: NIOLoopBound<InferenceFlight>) {
        let now = job.times.decoded
        let rest = job.deadline > now ? job.deadline - now : 0
        guard rest < 5 * HTTPLimits.second else { return }
        deadlineTask = loop.eventLoop.scheduleTask(in: .nanoseconds(Int64(rest) + 1)) { bound.value.expire() }
    }

    /// Ends it with 504 if it is late and still waits.
    func expireIfLate(_ now: UInt64) {
        if now >= job.deadline { expire() }
    }

    private func expire() {
        guard !isOver, job.cancel() else { return }
        leaveQueue()
        end(.refused(.late))
    }

    /// Nobody waits for it any more: what has not begun to run will not.
    func cancel() {
        guard !isOver else { return }
        job.cancel()
        leaveQueue()
        onEnd = nil
        deadlineTask?.cancel()
        deadlineTask = nil
    }

    private func leaveQueue() {
        if let ticket { loop.plane.runThreads.remove(ticket) }
        ticket = nil
    }

    private func conclude() {
        guard !isOver else { return }
        guard job.hasRun else { return end(.refused(.late)) }
        switch job.failure {
        case nil: end(.ran)
        case .engine(let error): end(.failed(error))
        case .refused(let fault): end(.refused(fault))
        }
    }

    private func end(_ outcome: Outcome) {
        deadlineTask?.cancel()
        deadlineTask = nil
        let onEnd = onEnd
        self.onEnd = nil
        onEnd?(outcome)
    }
}

extension RequestFault {
    fileprivate static let late = RequestFault(
        .deadlineExceeded, "the request's time was over before it could run")
}
