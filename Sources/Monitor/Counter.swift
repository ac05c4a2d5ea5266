import Synchronization

/// A count that only grows, such as requests served.
///
/// Recording is one relaxed atomic addition: no lock, no allocation. Safe from any thread.
package final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    package init() {}

    /// Adds `n`, which is at least 0; a negative amount is ignored, because a counter that falls reads as a restart.
    package func add(_ n: Int = 1) {
        guard n > 0 else { return }
        count.wrappingAdd(n, ordering: .relaxed)
    }

    package var value: Int { count.load(ordering: .relaxed) }
}
