import Glibc
import NIOCore
import Tensors

/// Threads for runs that are too long for an event loop, and what waits for them.
///
/// `@unchecked Sendable`: every variable is guarded by `mutex`.
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

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let ended = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
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
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(work, &attributes)
        pthread_cond_init(ended, &attributes)
        pthread_condattr_destroy(&attributes)
        for _ in 0..<max(1, count) { startThread() }
    }

    deinit {
        pthread_cond_destroy(ended)
        pthread_cond_destroy(work)
        pthread_mutex_destroy(mutex)
        ended.deallocate()
        work.deallocate()
        mutex.deallocate()
    }

    private func startThread() {
        var thread = pthread_t()
        let this = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<RunThreads>.fromOpaque(argument).takeRetainedValue().runBatches()
                return nil
            }, this.toOpaque())
        guard result == 0 else { return this.release() }
        pthread_detach(thread)
        locked { threads += 1 }
    }

    private func locked<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body()
    }
}

// MARK: - Tasks

extension RunThreads {
    /// Tasks that wait.
    var waiting: Int { locked { queue.waiting } }

    /// Why a request for a version need not be read, because it would be refused anyway.
    func refusal(for servable: Servable, client: UInt64) -> RequestFault? {
        locked {
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
        pthread_mutex_lock(mutex)
        guard !isStopping, threads > 0 else {
            pthread_mutex_unlock(mutex)
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
            pthread_mutex_unlock(mutex)
            throw RequestFault(error)
        }
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(work)
        return ticket
    }

    /// Says whether a request that will run all of these can be let in now.
    ///
    /// - Throws: as `submit`.
    func admit(_ servables: [Servable], client: UInt64, deadline: UInt64, at now: UInt64) throws(RequestFault) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
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
        locked {
            _ = queue.remove(
                id: ticket.id, lane: ticket.lane, group: ticket.group, client: ticket.client,
                priority: ticket.priority)
        }
    }

    private func runBatches() {
        while let batch = next() {
            for entry in batch.late { say(entry) }
            run(batch)
            let more = locked {
                queue.finished(batch)
                return queue.waiting > 0
            }
            // What had to wait for this run may go on.
            if more { pthread_cond_signal(work) }
        }
        locked { threads -= 1 }
        pthread_cond_broadcast(work)
        pthread_cond_broadcast(ended)
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
        if locked({ !isAbandoned }) { entry.item.eventLoop.execute(entry.item.done) }
    }

    private func next() -> Queue.Batch? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            switch queue.next(at: MonotonicClock.now()) {
            case .run(let batch):
                if queue.waiting > 0 { pthread_cond_signal(work) }
                return batch
            case .wait(let time):
                if isStopping, queue.waiting == 0 { return nil }
                wait(until: time)
            }
        }
    }

    /// With the lock held.
    private func wait(until time: UInt64?) {
        guard let time else {
            pthread_cond_wait(work, mutex)
            return
        }
        var end = Self.moment(time)
        pthread_cond_timedwait(work, mutex, &end)
    }

    private static func moment(_ time: UInt64) -> timespec {
        timespec(tv_sec: Int(time / HTTPLimits.second), tv_nsec: Int(time % HTTPLimits.second))
    }

    /// Lets the threads end once the queue is empty, and waits for them: the event loops have to live until then.
    ///
    /// A run cannot be interrupted. One that is not over at `deadline` is abandoned: its thread ends when it does, and
    /// nobody is told.
    ///
    /// - Parameter deadline: on the monotonic clock.
    /// - Returns: whether every thread has ended.
    func stop(deadline: UInt64) -> Bool {
        var end = Self.moment(deadline)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isStopping = true
        pthread_cond_broadcast(work)
        while threads > 0 {
            guard pthread_cond_timedwait(ended, mutex, &end) != ETIMEDOUT else { break }
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
