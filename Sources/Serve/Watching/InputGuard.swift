package import Drift
package import Monitor
import Synchronization

/// Looks at a request's inputs before they run, where an endpoint wants that: counts those far outside the version's
/// reference, or refuses them too. Off, a request costs one load.
package final class InputGuard: Sendable {
    /// What happens to a request that is far outside.
    package enum Action: String, Sendable { case count, refuse }

    private struct State: Sendable {
        var bounds: InputBounds
        var action: Action
        var counter: Counter
    }

    private let isOpen = Atomic<Bool>(false)
    private let state = Mutex<State?>(nil)

    package init() {}

    /// Begins to look, or goes on otherwise.
    ///
    /// - Parameter counter: of requests that are far outside.
    package func open(_ bounds: InputBounds, _ action: Action, counter: Counter) {
        state.withLock { $0 = State(bounds: bounds, action: action, counter: counter) }
        isOpen.store(true, ordering: .relaxed)
    }

    /// Looks no more.
    package func close() {
        isOpen.store(false, ordering: .relaxed)
        state.withLock { $0 = nil }
    }

    /// What is done with requests that are far outside; `nil` while nobody looks.
    package var action: Action? { state.withLock { $0?.action } }

    /// Why a request is refused; `nil` where it may run.
    @inline(__always)
    func fault(_ job: InferenceJob) -> RequestFault? {
        isOpen.load(ordering: .relaxed) ? look(job) : nil
    }

    private func look(_ job: InferenceJob) -> RequestFault? {
        guard let state = state.withLock({ $0 }), let finding = state.bounds.firstOutlier(job.inputs) else {
            return nil
        }
        state.counter.add()
        guard state.action == .refuse else { return nil }
        let place = job.rowCount > 1 ? ", row \(finding.row)" : ""
        return RequestFault(
            .farOutside,
            "'\(finding.feature)'\(place) is \(finding.value), far outside what the version was evaluated on: "
                + "\(finding.range.lowerBound) to \(finding.range.upperBound)")
    }
}
