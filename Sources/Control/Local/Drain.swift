import Synchronization

/// Tells when nothing uses a version any more; waited for by one task, told from any thread.
final class Drain: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Void, Never>)
        case over
    }

    private let state = Mutex(State.open)

    /// Nothing uses it any more, or nobody wants to wait longer.
    func finish() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            defer { state = .over }
            if case .waiting(let continuation) = state { return continuation }
            return nil
        }
        waiting?.resume()
    }

    /// Returns when it is over, or when `limit` has passed.
    ///
    /// Stays on the caller's actor until it waits: an `expire` from there is never too early to be heard.
    ///
    /// - Returns: whether it is over.
    func wait(atMost limit: Duration, isolation: isolated (any Actor)? = #isolation) async -> Bool {
        var timer: Task<Void, any Error>?
        defer { timer?.cancel() }
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state -> Bool in
                if case .over = state { return true }
                state = .waiting(continuation)
                return false
            }
            guard !isOver else { return continuation.resume() }
            // Not before the wait is known: a timer that fires too early would wake nobody.
            timer = Task {
                try await Task.sleep(for: limit)
                expire()
            }
        }
        return state.withLock { if case .over = $0 { true } else { false } }
    }

    /// Nobody wants to wait longer: `wait` returns now.
    func expire() {
        let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = .open
            return continuation
        }
        waiting?.resume()
    }
}
