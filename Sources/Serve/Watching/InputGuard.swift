package import Drift
package import Monitor
import Synchronization

/// Looks at a request's inputs before they run, where an endpoint wants that: counts those far outside the version's
/// reference, refuses them, or has another version answer them. Off, a request costs one load; on, one that is not far
/// outside costs two and a comparison for each number, neither a lock nor memory.
package final class InputGuard: Sendable {
    /// What happens to a request that is far outside.
    package enum Action: Hashable, Sendable {
        case count, refuse
        /// Another version answers it, of this name: the endpoint's fallback. Where that cannot, it is refused.
        case fallback(String)
    }

    /// Requests far outside, by what became of them. Born together: one that is born with its first request hides it.
    package struct Counters: Sendable {
        package let counted: Counter
        package let refused: Counter
        package let fallback: Counter

        package init(counted: Counter, refused: Counter, fallback: Counter) {
            self.counted = counted
            self.refused = refused
            self.fallback = fallback
        }
    }

    /// What is to be done with a request.
    enum Verdict {
        case run
        case refuse(RequestFault)
        /// Another version is to answer it; where none can, it is refused.
        case giveAway(Counters, otherwise: RequestFault)
    }

    private final class Rule: Sendable {
        let bounds: InputBounds
        let action: Action
        let counters: Counters

        init(_ bounds: InputBounds, _ action: Action, _ counters: Counters) {
            self.bounds = bounds
            self.action = action
            self.counters = counters
        }
    }

    /// The rule in force; `nil` while nobody looks. What it points to is in `rules`.
    private let rule = Atomic<Unmanaged<Rule>?>(nil)
    /// Every rule that there was: a request may still be looking at an earlier one. Few, and they share their bounds.
    private let rules = Mutex<[Rule]>([])

    package init() {}

    /// Begins to look, or goes on otherwise.
    package func open(_ bounds: InputBounds, _ action: Action, counters: Counters) {
        let next = Rule(bounds, action, counters)
        rules.withLock { rules in
            rules.append(next)
            rule.store(Unmanaged.passUnretained(next), ordering: .releasing)
        }
    }

    /// Looks no more.
    package func close() { rule.store(nil, ordering: .relaxed) }

    /// What is done with requests that are far outside; `nil` while nobody looks.
    package var action: Action? {
        rule.load(ordering: .acquiring)?._withUnsafeGuaranteedRef { $0.action }
    }

    /// What is to be done with a request. Counts it, unless it is to be given away.
    @inline(__always)
    func verdict(on job: InferenceJob) -> Verdict {
        guard let rule = rule.load(ordering: .acquiring) else { return .run }
        return rule._withUnsafeGuaranteedRef { Self.look(job, $0) }
    }

    private static func look(_ job: InferenceJob, _ rule: Rule) -> Verdict {
        guard let finding = rule.bounds.firstOutlier(job.inputs) else { return .run }
        switch rule.action {
        case .count:
            rule.counters.counted.add()
            return .run
        case .refuse:
            rule.counters.refused.add()
            return .refuse(fault(finding, job))
        case .fallback: return .giveAway(rule.counters, otherwise: fault(finding, job))
        }
    }

    private static func fault(_ finding: InputBounds.Finding, _ job: InferenceJob) -> RequestFault {
        let place = job.rowCount > 1 ? ", row \(finding.row)" : ""
        return RequestFault(
            .farOutside,
            "'\(finding.feature)'\(place) is \(finding.value), far outside what the version was evaluated on: "
                + "\(finding.range.lowerBound) to \(finding.range.upperBound)")
    }
}

extension InputGuard.Action: CustomStringConvertible {
    /// As the endpoint's setting is written.
    package var description: String {
        switch self {
        case .count: "count"
        case .refuse: "refuse"
        case .fallback(let version): "fallback:\(version)"
        }
    }
}
