import Glibc

/// A lock whose holders can wait for something, for a while on the monotonic clock; and threads that share one.
///
/// `@unchecked Sendable`: its three variables are guarded by the system's own rules for them; the pointers never change.
final class WaitingLock: @unchecked Sendable {
    /// What can be waited for.
    enum Condition {
        /// There is something to do.
        case work
        /// A thread has ended.
        case ended
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let work = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let ended = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(work, &attributes)
        pthread_cond_init(ended, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(ended)
        pthread_cond_destroy(work)
        pthread_mutex_destroy(mutex)
        ended.deallocate()
        work.deallocate()
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }
    /// - Returns: whether it is held now; does not wait.
    func tryLock() -> Bool { pthread_mutex_trylock(mutex) == 0 }

    func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Wakes one that waits.
    func signal(_ condition: Condition) { pthread_cond_signal(pointer(condition)) }
    /// Wakes all that wait.
    func broadcast(_ condition: Condition) { pthread_cond_broadcast(pointer(condition)) }

    /// Waits, with the lock held before and after; may also end for no reason.
    ///
    /// - Parameter time: nanoseconds on the monotonic clock; `nil` for however long it takes.
    /// - Returns: whether it was not the time that ended it.
    @discardableResult
    func wait(_ condition: Condition, until time: UInt64? = nil) -> Bool {
        guard let time else { return pthread_cond_wait(pointer(condition), mutex) == 0 }
        var end = timespec(tv_sec: Int(time / HTTPLimits.second), tv_nsec: Int(time % HTTPLimits.second))
        return pthread_cond_timedwait(pointer(condition), mutex, &end) != ETIMEDOUT
    }

    private func pointer(_ condition: Condition) -> UnsafeMutablePointer<pthread_cond_t> {
        switch condition {
        case .work: work
        case .ended: ended
        }
    }

    /// Starts a thread that nobody joins.
    ///
    /// - Returns: whether there is one.
    static func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let errand = Unmanaged.passRetained(Errand(body))
        let result = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Errand>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, errand.toOpaque())
        guard result == 0 else {
            errand.release()
            return false
        }
        pthread_detach(thread)
        return true
    }

    private final class Errand: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
