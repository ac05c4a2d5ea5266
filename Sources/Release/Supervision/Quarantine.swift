/// What is known, durably, about a version's coming into service.
package enum HealthMark: Hashable, Sendable {
    /// It was about to be loaded, for the nth time, and nothing has been heard since.
    case entering(attempts: Int)
    /// It has been loaded, warmed and put into service once.
    case healthy

    /// The mark to write before a version is loaded. One that has been healthy stays so: it is not suspected when the
    /// server dies while starting with it.
    package static func entering(after previous: HealthMark?) -> HealthMark {
        switch previous {
        case nil: .entering(attempts: 1)
        case .entering(let attempts): .entering(attempts: attempts < Int.max ? attempts + 1 : attempts)
        case .healthy: .healthy
        }
    }
}

/// How the server ended the last time.
package enum PreviousEnd: Hashable, Sendable {
    /// It stopped by itself, or this is the first start.
    case clean
    /// The supervisor saw it die.
    case crashed
    /// Nobody saw: the supervisor died too, as when power fails.
    case unknown
}

/// Which versions are kept out of service after a crash, and what is served instead.
package enum Quarantine {
    package struct Verdict: Hashable, Sendable {
        /// Digests to keep out from now on, besides those that already are.
        package var quarantined: Set<String>
        /// Revisions, oldest first, that are passed over and should be marked as failed.
        package var abandoned: [Int]
        /// The revision to serve; `nil` when none is left.
        package var serve: Revision?
    }

    /// The digests that are to blame: those entering service when the server died. When two were, both are: which it
    /// was cannot be told. When nobody saw the end, a version is not blamed before its second attempt.
    package static func suspects(marks: [String: HealthMark], previousEnd: PreviousEnd) -> Set<String> {
        let tolerated: Int
        switch previousEnd {
        case .clean: return []
        case .crashed: tolerated = 0
        case .unknown: tolerated = 1
        }
        return Set(
            marks.filter { if case .entering(let attempts) = $0.value { attempts > tolerated } else { false } }.keys)
    }

    /// What to serve of an endpoint when `quarantined` must stay out: the newest revision that has not failed and
    /// needs none of them.
    package static func verdict(for history: EndpointHistory, quarantined: Set<String>) -> Verdict {
        var abandoned: [Int] = []
        for entry in history.entries.reversed() where !entry.outcome.isFailed {
            let guilty = entry.revision.spec.digests.intersection(quarantined)
            if guilty.isEmpty {
                return Verdict(quarantined: quarantined, abandoned: abandoned.reversed(), serve: entry.revision)
            }
            abandoned.append(entry.revision.number)
        }
        return Verdict(quarantined: quarantined, abandoned: abandoned.reversed(), serve: nil)
    }
}
