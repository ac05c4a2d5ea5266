import Glibc

/// Runs every piece of a task on a thread of its own, so that tests may block on sockets without holding up others.
final class BlockingExecutor: TaskExecutor {
    private final class Work {
        let job: UnownedJob
        let executor: BlockingExecutor

        init(_ job: UnownedJob, _ executor: BlockingExecutor) {
            self.job = job
            self.executor = executor
        }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let work = Unmanaged.passRetained(Work(UnownedJob(job), self))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let work = Unmanaged<Work>.fromOpaque(argument).takeRetainedValue()
                work.job.runSynchronously(on: work.executor.asUnownedTaskExecutor())
                return nil
            }, work.toOpaque())
        precondition(result == 0, "no thread for a test: \(result)")
        pthread_detach(thread)
    }
}
