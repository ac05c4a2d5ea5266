import Synchronization

/// A value that rises and falls, such as sessions loaded.
///
/// Safe from any thread, without a lock and without allocation.
package final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    package init() {}

    package var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    package func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds `change`; additions made at the same time all count.
    package func add(_ change: Double) {
        var expected = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: expected) + change).bitPattern
            let result = bits.weakCompareExchange(expected: expected, desired: next, ordering: .relaxed)
            if result.exchanged { return }
            expected = result.original
        }
    }
}
