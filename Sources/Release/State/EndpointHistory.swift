/// Everything an endpoint has been: revisions in the order they were made, each with what became of it.
///
/// Revisions are only ever appended. A rollback appends one too, which is why it can be undone.
package struct EndpointHistory: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let revision: Revision
        package fileprivate(set) var outcome: RevisionOutcome

        package init(_ revision: Revision, _ outcome: RevisionOutcome = .pending) {
            self.revision = revision
            self.outcome = outcome
        }
    }

    package let endpoint: EndpointName
    /// Oldest first.
    package private(set) var entries: [Entry]

    /// A new endpoint.
    package init(_ endpoint: EndpointName) {
        self.endpoint = endpoint
        entries = []
    }

    /// A history read back.
    ///
    /// - Throws: `ReleaseError.Code.malformed` when a revision is of another endpoint, numbers do not ascend from 1 or
    ///   above, or a parent is not an earlier revision. The oldest revisions may be missing.
    package init(_ endpoint: EndpointName, entries: [Entry]) throws(ReleaseError) {
        var previous = 0
        for revision in entries.lazy.map(\.revision) {
            guard revision.endpoint == endpoint else {
                throw ReleaseError(
                    .malformed, "revision \(revision.number) of '\(revision.endpoint)' is filed under '\(endpoint)'")
            }
            guard revision.number > previous, (revision.parent ?? 0) < revision.number else {
                throw ReleaseError(
                    .malformed, "'\(endpoint)': revision \(revision.number) does not follow revision \(previous)")
            }
            previous = revision.number
        }
        self.endpoint = endpoint
        self.entries = entries
    }

    /// The revision in force, or on its way: the newest that has not failed.
    package var current: Revision? { currentEntry?.revision }

    /// The same with what has become of it so far.
    package var currentEntry: Entry? { entries.last { !$0.outcome.isFailed } }

    package func entry(_ number: Int) -> Entry? { entries.first { $0.revision.number == number } }

    /// The number that the next revision gets.
    package var nextNumber: Int { (entries.last?.revision.number ?? 0) + 1 }
}

// MARK: - Growing

extension EndpointHistory {
    /// Makes a plan a revision, as yet pending.
    ///
    /// - Parameter time: milliseconds since 1970-01-01 UTC.
    /// - Throws: `ReleaseError.Code.stale` when the plan was made for another state than the current one.
    @discardableResult
    package mutating func append(
        _ plan: Plan, author: String? = nil, note: String? = nil, at time: Int
    ) throws(ReleaseError) -> Revision {
        guard plan.endpoint == endpoint, plan.base == current?.number else {
            let found = current.map { "revision \($0.number)" } ?? "no revision"
            let expected = plan.base.map { "revision \($0)" } ?? "no revision"
            throw ReleaseError(
                .stale, "the plan for '\(plan.endpoint)' was made for \(expected), but \(found) is in force now",
                help: "look at a new plan and try again")
        }
        let revision = Revision(
            endpoint: endpoint, number: nextNumber, spec: plan.next, cause: plan.cause, parent: plan.base,
            author: author, note: note, createdAt: time)
        entries.append(Entry(revision))
        return revision
    }

    /// Notes what became of a revision.
    ///
    /// - Throws: `ReleaseError.Code.notFound`.
    package mutating func mark(_ number: Int, _ outcome: RevisionOutcome) throws(ReleaseError) {
        guard let index = entries.firstIndex(where: { $0.revision.number == number }) else {
            throw ReleaseError(.notFound, "'\(endpoint)' has no revision \(number)")
        }
        entries[index].outcome = outcome
    }
}

// MARK: - Going back

extension EndpointHistory {
    /// The revision whose state a rollback without a number restores; `nil` when there is none.
    ///
    /// - After a rollback: the revision that was in force before it. Rolling back twice therefore returns to where one
    ///   was, whatever that state was.
    /// - Otherwise: the newest revision that is settled (one version answered everything) and whose state differs from
    ///   the current one. So a rollback during a canary ends the canary; one after its promotion returns to the
    ///   version before it, and not to the time when both ran; and a withdrawn endpoint gets its last version back,
    ///   while no rollback of a deployment takes the endpoint down.
    ///
    /// Revisions that failed, and states that contain a digest in `avoided`, are passed over in both cases.
    package func rollbackTarget(avoiding avoided: Set<String> = []) -> Revision? {
        guard let current else { return nil }
        func isCandidate(_ entry: Entry) -> Bool {
            !entry.outcome.isFailed && entry.revision.number < current.number && entry.revision.spec != current.spec
                && entry.revision.spec.digests.isDisjoint(with: avoided)
        }
        if case .rollback = current.cause, let parent = current.parent.flatMap(entry), isCandidate(parent) {
            return parent.revision
        }
        return entries.last { isCandidate($0) && $0.revision.spec.isSettled }?.revision
    }
}
