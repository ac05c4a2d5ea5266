import Dispatch

/// Work that blocks for long, away from event loops and from Swift's own threads.
enum Blocking {
    private static let queue = DispatchQueue(label: "slipway.blocking", attributes: .concurrent)

    /// Runs `body` on a thread that may wait.
    static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            begin { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// Has `body` run on a thread that may wait, and goes on.
    static func begin(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }
}
