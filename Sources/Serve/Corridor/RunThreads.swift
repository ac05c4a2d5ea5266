import Glibc
import NIOCore

/// Threads for runs that are too long for an event loop, with one bounded queue before them.
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

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let ended = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private var queue = CircularBuffer<Task>()
    private var isStopping = false
    /// Nobody waits for what is still running.
    private var isAbandoned = false
    private var threads = 0

    /// - Parameters:
    ///   - count: threads, and so runs at a time.
    ///   - capacity: tasks that may wait.
    init(count: Int, capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(work, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
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
                Unmanaged<RunThreads>.fromOpaque(argument).takeRetainedValue().runTasks()
                return nil
            }, this.toOpaque())
        guard result == 0 else { return this.release() }
        pthread_detach(thread)
        pthread_mutex_lock(mutex)
        threads += 1
        pthread_mutex_unlock(mutex)
    }

    /// Tasks that wait.
    var waiting: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return queue.count
    }

    /// Queues a task.
    ///
    /// - Returns: `false` when the queue is full or the threads have stopped.
    func submit(_ task: Task) -> Bool {
        pthread_mutex_lock(mutex)
        guard queue.count < capacity, !isStopping, threads > 0 else {
            pthread_mutex_unlock(mutex)
            return false
        }
        queue.append(task)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(work)
        return true
    }

    private func runTasks() {
        while let task = next() {
            task.job.run()
            if isWaitedFor { task.eventLoop.execute(task.done) }
        }
        pthread_mutex_lock(mutex)
        threads -= 1
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(ended)
    }

    private var isWaitedFor: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return !isAbandoned
    }

    private func next() -> Task? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while queue.isEmpty {
            if isStopping { return nil }
            pthread_cond_wait(work, mutex)
        }
        return queue.removeFirst()
    }

    /// Lets the threads end once the queue is empty, and waits for them: the event loops have to live until then.
    ///
    /// A run cannot be interrupted. One that is not over at `deadline` is abandoned: its thread ends when it does, and
    /// nobody is told.
    ///
    /// - Parameter deadline: on the monotonic clock.
    /// - Returns: whether every thread has ended.
    func stop(deadline: UInt64) -> Bool {
        var end = timespec(
            tv_sec: Int(deadline / HTTPLimits.second), tv_nsec: Int(deadline % HTTPLimits.second))
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isStopping = true
        pthread_cond_broadcast(work)
        while threads > 0 {
            guard pthread_cond_timedwait(ended, mutex, &end) != ETIMEDOUT else { break }
        }
        isAbandoned = threads > 0
        if isAbandoned { queue.removeAll() }
        return !isAbandoned
    }
}
