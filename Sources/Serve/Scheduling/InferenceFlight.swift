import Engines
import Monitor
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

    let source: any JobSource
    /// The source's job, without asking it each time.
    let job: InferenceJob
    private let loop: LoopState
    private var onEnd: ((Outcome) -> Void)?
    private var ticket: RunThreads.Ticket?
    /// What it consists of, while that is under way.
    private var parts: (any PartFlight)?
    /// Set while it waits for its version to come into memory.
    private var loadTicket: UInt64?
    /// Set while others may wait for this answer.
    private var leads: ResponseCache.Key?
    private var deadlineTask: Scheduled<Void>?

    /// - Parameter onEnd: called once, unless it is cancelled before; within `start` when nothing has to be waited for.
    init(_ source: any JobSource, loop: LoopState, onEnd: @escaping (Outcome) -> Void) {
        self.source = source
        job = source.job
        self.loop = loop
        self.onEnd = onEnd
    }

    var isOver: Bool { onEnd == nil }

    /// The body is complete: fills the tensors, then runs or queues.
    func start() {
        job.times.complete = MonotonicClock.now()
        if let fault = earlyRefusal() { return end(.refused(fault)) }
        do throws(RequestFault) {
            try source.finish()
        } catch {
            return end(.refused(error))
        }
        job.times.decoded = MonotonicClock.now()
        if let fault = refusalOfInputs() { return end(.refused(fault)) }
        if let sequences = job.arm.servable.sequences { return fly(sequences) }
        guard job.sequence == nil else { return end(.refused(.keepsNoState(job))) }
        if let cache = job.arm.servable.cache {
            look(into: cache, ResponseCache.Key(inputs: job.inputs, wanted: job.wanted))
        } else {
            go()
        }
    }

    /// What a version is refused that has too much to do, before its tensors are read: under overload most requests are
    /// refused, and reading them would take time from those that are not. Answers that may be kept are looked for first.
    private func earlyRefusal() -> RequestFault? {
        let servable = job.arm.servable
        let shortest = servable.calibration.points.first?.nanoseconds ?? .max
        guard servable.cache == nil, shortest >= loop.plane.configuration.inlineBelow else { return nil }
        return loop.plane.runThreads.refusal(for: servable, client: job.client)
    }

    /// Why inputs far outside the version's reference are refused; `nil` where they may run, by another version perhaps.
    private func refusalOfInputs() -> RequestFault? {
        switch job.arm.servable.inputGuard.verdict(on: job) {
        case .run: return nil
        case .refuse(let fault): return fault
        case .giveAway(let counters, let fault):
            // This loop's table, and not the request's: what it has cannot be retired before this loop has another.
            guard let other = loop.table.endpoints[job.arm.endpoint]?.fallback,
                other.servable.obstacle(toAnsweringFor: job.arm.servable) == nil
            else {
                counters.refused.add()
                return fault
            }
            counters.fallback.add()
            job.giveAway(to: other)
            return nil
        }
    }

    /// Answers from the cache, waits for an equal request, or runs.
    private func look(into cache: ResponseCache, _ key: ResponseCache.Key) {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let finding = cache.find(
            key,
            follower: { answer in bound.eventLoop.execute { bound.value.follow(answer, cache, key) } })
        switch finding {
        case .answer(let answer): follow(answer, cache, key)
        case .wait: scheduleDeadline(bound)
        case .run:
            leads = key
            go()
        }
    }

    /// Takes what an equal request was answered, or begins anew when that came to nothing.
    private func follow(_ answer: [OutputSlot]?, _ cache: ResponseCache, _ key: ResponseCache.Key) {
        guard !isOver else { return }
        guard let answer else { return look(into: cache, key) }
        let now = MonotonicClock.now()
        guard job.claim(at: now) else { return end(.refused(.late)) }
        job.take(answer, began: now, ended: now)
        end(.ran)
    }

    /// Tells those who wait for this answer, and keeps it.
    private func settleCache() {
        guard let key = leads, let cache = job.arm.servable.cache else { return }
        leads = nil
        if job.hasRun, job.failure == nil { cache.keep(key, job.slots) } else { cache.giveUp(key) }
    }

    private func go() {
        if let pipeline = job.arm.servable.pipeline { return fly(pipeline) }
        if job.arm.servable.isResident { run(at: job.times.decoded) } else { waitForSession() }
    }

    /// The version is out of memory: has it loaded, and goes on when it is there.
    private func waitForSession() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let finding = job.arm.servable.berth.find(limit: loop.plane.configuration.runQueue, at: job.times.decoded) {
            fault in bound.eventLoop.execute { bound.value.sessionCame(fault) }
        }
        switch finding {
        case .resident: run(at: job.times.decoded)
        case .refused(let fault): end(.refused(fault))
        case .waits(let ticket):
            loadTicket = ticket
            scheduleDeadline(bound)
        }
    }

    private func sessionCame(_ fault: RequestFault?) {
        guard !isOver else { return }
        loadTicket = nil
        let now = MonotonicClock.now()
        loop.plane.metrics.reloadWait.record(nanoseconds: now &- job.times.decoded)
        if let fault { end(.refused(fault)) } else { run(at: now) }
    }

    private func run(at now: UInt64) {
        job.times.ready = now
        let predicted = job.arm.servable.calibration.predictedNanoseconds(elements: job.elementCount)
        if predicted < loop.plane.configuration.inlineBelow {
            if job.claim(at: now) {
                job.run()
                job.arm.metrics.ranInline()
            }
            conclude()
        } else {
            queue()
        }
    }

    /// Lets the pipeline's steps be run.
    private func fly(_ pipeline: ServedPipeline) {
        let steps = PipelineFlight(job, pipeline, loop: loop) { self.end($0) }
        parts = steps
        steps.start()
        waitForParts()
    }

    /// Lets it run in its turn among the requests of its sequence.
    private func fly(_ sequences: SequenceState) {
        guard let request = job.sequence else { return end(.refused(.needsSequence(job))) }
        let visit = SequenceFlight(job, request, loop: loop) { self.end($0) }
        parts = visit
        visit.start(sequences)
        waitForParts()
    }

    private func waitForParts() {
        if isOver { parts = nil } else { scheduleDeadline(NIOLoopBound(self, eventLoop: loop.eventLoop)) }
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
        deadlineTask?.cancel()
        deadlineTask = nil
        let now = MonotonicClock.now()
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
        if job.cancel() { settleCache() }
        leaveQueue()
        onEnd = nil
        deadlineTask?.cancel()
        deadlineTask = nil
    }

    private func leaveQueue() {
        if let ticket { loop.plane.runThreads.remove(ticket) }
        ticket = nil
        parts?.cancel()
        parts = nil
        if let loadTicket { job.arm.servable.berth.leave(loadTicket) }
        loadTicket = nil
    }

    private func conclude() {
        // A run whose client left is still an answer to those who wait for it.
        guard !isOver else { return settleCache() }
        guard job.hasRun else { return end(.refused(.late)) }
        switch job.failure {
        case nil: end(.ran)
        case .engine(let error): end(.failed(error))
        case .refused(let fault): end(.refused(fault))
        }
    }

    private func end(_ outcome: Outcome) {
        settleCache()
        deadlineTask?.cancel()
        deadlineTask = nil
        parts = nil
        let onEnd = onEnd
        self.onEnd = nil
        onEnd?(outcome)
    }
}

/// What a request consists of, where that is more than one run of its version.
protocol PartFlight: AnyObject {
    /// Nobody waits for it any more: what has not begun to run will not.
    func cancel()
}

extension RequestFault {
    static let late = RequestFault(
        .deadlineExceeded, "the request's time was over before it could run")
}
