import Glibc
import NIOCore

/// Threads for runs that are too long for an event loop, with one bounded queue before them.
///
/// `@unchecked Sendable`: `queue`, `isStopping` and `threads` are guarded by `mutex`.
final class RunThreads: @unchecked Sendable {
    /// What to run, and where to say that it is done.
    struct Task {
        let job: InferenceJob
        let eventLoop: any EventLoop
        /// Called on `eventLoop`, whether the job was run or not.
        let done: @Sendable () -> Void
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let capacity: Int
    private var queue = CircularBuffer<Task>()
    private var isStopping = false
    private var threads: [pthread_t] = []

    /// - Parameters:
    ///   - count: threads, and so runs at a time.
    ///   - capacity: tasks that may wait.
    init(count: Int, capacity: Int) {
        self.capacity = capacity
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        for _ in 0..<max(1, count) { startThread() }
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    private func startThread() {
        var thread = pthread_t()
        let this = Unmanaged.passRetained(self)
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<RunThreads>.fromOpaque(argument).takeRetainedValue().work()
                return nil
            }, this.toOpaque())
        if result == 0 { threads.append(thread) } else { this.release() }
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
        guard queue.count < capacity, !isStopping, !threads.isEmpty else {
            pthread_mutex_unlock(mutex)
            return false
        }
        queue.append(task)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
        return true
    }

    private func work() {
        while let task = next() {
            task.job.run()
            task.eventLoop.execute(task.done)
        }
    }

    private func next() -> Task? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while queue.isEmpty {
            if isStopping { return nil }
            pthread_cond_wait(condition, mutex)
        }
        return queue.removeFirst()
    }

    /// Lets the threads end once the queue is empty, and waits for them. Must not be called on one of them.
    func stop() {
        pthread_mutex_lock(mutex)
        isStopping = true
        let ending = threads
        threads = []
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(condition)
        for thread in ending { pthread_join(thread, nil) }
    }
}
