package import Engines
import Monitor
import Synchronization

/// What a version is served with that carries state from one request of a sequence to the next.
package final class SequenceState: Sendable {
    /// Why a sequence is over.
    enum End: String, CaseIterable {
        /// Its last request said so.
        case ended
        /// Nothing came for too long.
        case idle
        /// A request with its id began another one.
        case restarted
        /// Its first request failed.
        case failed
        /// Its state grew beyond the server's memory for states, or beyond all that it may have.
        case outgrown
        /// Its version was unloaded.
        case unloaded
    }

    package let state: ModelState
    /// The model, with all its inputs and outputs, as it is run.
    package let inner: Servable
    private let active = Atomic<Int>(0)
    private let closed = Atomic<Bool>(false)
    private let counters = Mutex<[End: Counter]>([:])

    package init(_ state: ModelState, inner: Servable) {
        self.state = state
        self.inner = inner
    }

    /// Sequences under way.
    package var activeCount: Int { active.load(ordering: .relaxed) }
    /// Whether its sequences are to be ended.
    var isClosed: Bool { closed.load(ordering: .relaxed) }

    /// The version is about to be unloaded: its sequences end, those that run after the run.
    package func close() { closed.store(true, ordering: .relaxed) }

    func began() { active.wrappingAdd(1, ordering: .relaxed) }

    func over(_ end: End) {
        active.wrappingSubtract(1, ordering: .relaxed)
        counters.withLock { $0[end] }?.add()
    }

    /// Where to count.
    func report(_ key: ArmKey, _ registry: MetricsRegistry) {
        registry.gauge("slipway_sequences", "Sequences whose state a version keeps.", key.labels) { [weak self] in
            Double(self?.activeCount ?? 0)
        }
        counters.withLock { counters in
            for end in End.allCases {
                counters[end] = registry.counter(
                    "slipway_sequences_ended_total", "Sequences that are over, by reason.",
                    key.labels + [Label("reason", end.rawValue)])
            }
        }
    }
}
