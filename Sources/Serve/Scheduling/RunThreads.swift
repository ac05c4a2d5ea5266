import NIOCore
import Tensors

/// Threads for runs that are too long for an event loop, and what waits for them.
///
/// `@unchecked Sendable`: every variable is guarded by `gate`.
final class RunThreads: @unchecked Sendable {
    /// What to run, and where to say that it is done.
    struct Task {
        let job: InferenceJob
        let eventLoop: any EventLoop
        /// Called on `eventLoop`, whether the job was run or not.
        let done: @Sendable () -> Void
    }

    typealias Queue = RunQueue<Task>

    /// Where a task waits.
    struct Ticket {
        fileprivate let id: UInt64
        fileprivate let lane: UInt64
        fileprivate let group: Queue.Group
        fileprivate let client: UInt64
        fileprivate let priority: Int
    }

    private let gate = WaitingLock()
    private var queue: Queue
    private var tickets: UInt64 = 0
    private var isStopping = false
    /// Nobody waits for what is still running.
    private var isAbandoned = false
    private var threads = 0

    /// - Parameters:
    ///   - count: threads, and so runs at a time.
    ///   - capacity: tasks that may wait.
    ///   - longestWait: nanoseconds; a task that is expected to wait longer is not taken in.
    init(count: Int, capacity: Int, longestWait: UInt64) {
        queue = Queue(threads: count, capacity: capacity, longestWait: longestWait)
        for _ in 0..<max(1, count) { startThread() }
    }

    private func startThread() {
        if WaitingLock.startThread({ self.runBatches() }) { gate.withLock { threads += 1 } }
    }
}

// MARK: - Tasks

extension RunThreads {
    /// Tasks that wait.
    var waiting: Int { gate.withLock { queue.waiting } }

    /// Why a request for a version need not be read, because it would be refused anyway.
    func refusal(for servable: Servable, client: UInt64) -> RequestFault? {
        gate.withLock {
            guard queue.waiting > 0 else { return nil }
            do throws(Queue.Refusal) {
                try queue.admit(lane: servable.number, client: client, servable.batching)
                return nil
            } catch {
                return RequestFault(error)
            }
        }
    }

    /// Queues a task.
    ///
    /// - Parameter isAdmitted: whether it is a part of a request that `admit` has let in.
    /// - Throws: `RequestFault` when the queue is full, the wait would be too long, or the threads have stopped.
    func submit(_ task: Task, isAdmitted: Bool = false) throws(RequestFault) -> Ticket {
        let servable = task.job.arm.servable
        let policy = servable.batching
        gate.lock()
        guard !isStopping, threads > 0 else {
            gate.unlock()
            throw .stopping
        }
        tickets += 1
        let group = Queue.Group(task.job, batches: policy.maximumRows > 1)
        let ticket = Ticket(
            id: tickets, lane: servable.number, group: group, client: task.job.client, priority: task.job.priority)
        let entry = Queue.Entry(
            item: task, id: ticket.id, lane: ticket.lane, group: group, rows: task.job.inputs.first?.rowCount ?? 1,
            client: ticket.client, priority: ticket.priority,
            arrival: max(task.job.times.decoded, task.job.times.ready),
            deadline: task.job.deadline, cost: servable.expectedNanoseconds(elements: task.job.elementCount))
        do throws(Queue.Refusal) {
            try queue.submit(entry, policy, isAdmitted: isAdmitted)
        } catch {
            gate.unlock()
            throw RequestFault(error)
        }
        gate.unlock()
        gate.signal(.work)
        return ticket
    }

    /// Says whether a request that will run all of these can be let in now.
    ///
    /// - Throws: as `submit`.
    func admit(_ servables: [Servable], client: UInt64, deadline: UInt64, at now: UInt64) throws(RequestFault) {
        gate.lock()
        defer { gate.unlock() }
        guard !isStopping, threads > 0 else { throw .stopping }
        do throws(Queue.Refusal) {
            for servable in servables {
                try queue.admit(
                    lane: servable.number, client: client, servable.batching, arrival: now, deadline: deadline)
            }
        } catch {
            throw RequestFault(error)
        }
    }

    /// Takes a task out that nobody waits for any more; it may be running already.
    func remove(_ ticket: Ticket) {
        gate.withLock {
            _ = queue.remove(
                id: ticket.id, lane: ticket.lane, group: ticket.group, client: ticket.client,
                priority: ticket.priority)
        }
    }

    private func runBatches() {
        while let batch = next() {
            for entry in batch.late { say(entry) }
            run(batch)
            let more = gate.withLock {
                queue.finished(batch)
                return queue.waiting > 0
            }
            // What had to wait for this run may go on.
            if more { gate.signal(.work) }
        }
        gate.withLock { threads -= 1 }
        gate.broadcast(.work)
        gate.broadcast(.ended)
    }

    private func run(_ batch: Queue.Batch) {
        let now = MonotonicClock.now()
        let jobs = batch.entries.map(\.item.job).filter { $0.claim(at: now) }
        if let servable = jobs.first?.arm.servable {
            let ranTogether = JobBatch(jobs: jobs).run()
            servable.learn(expected: batch.cost, took: MonotonicClock.now() &- now)
            jobs.first?.arm.metrics.ran(jobs.count, together: ranTogether)
        }
        for entry in batch.entries { say(entry) }
    }

    private func say(_ entry: Queue.Entry) {
        if gate.withLock({ !isAbandoned }) { entry.item.eventLoop.execute(entry.item.done) }
    }

    private func next() -> Queue.Batch? {
        gate.lock()
        defer { gate.unlock() }
        while true {
            switch queue.next(at: MonotonicClock.now()) {
            case .run(let batch):
                if queue.waiting > 0 { gate.signal(.work) }
                return batch
            case .wait(let time):
                if isStopping, queue.waiting == 0 { return nil }
                gate.wait(.work, until: time)
            }
        }
    }

    /// Lets the threads end once the queue is empty, and waits for them: the event loops have to live until then.
    ///
    /// A run cannot be interrupted. One that is not over at `deadline` is abandoned: its thread ends when it does, and
    /// nobody is told.
    ///
    /// - Parameter deadline: on the monotonic clock.
    /// - Returns: whether every thread has ended.
    func stop(deadline: UInt64) -> Bool {
        gate.lock()
        defer { gate.unlock() }
        isStopping = true
        gate.broadcast(.work)
        while threads > 0 {
            guard gate.wait(.ended, until: deadline) else { break }
        }
        isAbandoned = threads > 0
        if isAbandoned { queue = Queue(threads: queue.threads, capacity: 0) }
        return !isAbandoned
    }
}

extension RequestFault {
    fileprivate static let stopping = RequestFault(.serverNotReady, "this server is stopping")

    fileprivate init(_ refusal: RunThreads.Queue.Refusal) {
        switch refusal {
        case .full:
            self.init(.queueFull, "as many requests wait as this server queues; try again shortly")
        case .overloaded(let wait):
            let milliseconds = wait / 1_000_000
            self.init(
                .overloaded, "this request would wait about \(milliseconds) ms before it could run; try again later")
            retryAfter = Int(clamping: max(1, (wait + HTTPLimits.second - 1) / HTTPLimits.second))
        }
    }
}
