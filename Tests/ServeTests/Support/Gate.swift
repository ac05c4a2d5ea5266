import Engines
import Glibc
import Tensors

@testable import Serve

/// Holds runs until it is opened.
///
/// `@unchecked Sendable`: everything is guarded by `mutex`.
final class Gate: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var isOpen = false
    private var entered = 0

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        mutex.deallocate()
        condition.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Runs that have come so far.
    var count: Int { locked { entered } }

    func pass() {
        locked {
            entered += 1
            pthread_cond_broadcast(condition)
            while !isOpen { pthread_cond_wait(condition, mutex) }
        }
    }

    func open() {
        locked {
            isOpen = true
            pthread_cond_broadcast(condition)
        }
    }

    func waitUntilEntered(_ count: Int) {
        locked { while entered < count { pthread_cond_wait(condition, mutex) } }
    }
}

extension ScriptedSession {
    /// `y = factor x`, once the gate is open.
    static func gated(_ gate: Gate, factor: Float) -> ScriptedSession {
        let inner = scaling(by: factor)
        return ScriptedSession(inner.signature) { inputs throws(EngineError) in
            gate.pass()
            return try inner.run(inputs)
        }
    }
}
