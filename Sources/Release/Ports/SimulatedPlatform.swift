import Synchronization

/// A platform without models: passages run as they would, and versions fail as they were told to.
///
/// For tests and for trying strategies out. Keeps a journal of the actions it performed.
package final class SimulatedPlatform: Platform {
    fileprivate struct Endpoint {
        var revision: Revision
        var sessions: [ArmSession]
    }

    fileprivate struct State {
        var endpoints: [EndpointName: Endpoint] = [:]
        /// By digest.
        var faults: [String: Fault] = [:]
        var journal: [Passage.Action] = []
    }

    /// How a version misbehaves.
    package enum Fault: Hashable, Sendable {
        case failsToLoad(reason: String)
        case failsToWarm(reason: String)
        /// Never answers, until the time-out.
        case hangs
    }

    private let state = Mutex(State())

    package init() {}

    /// Makes a version misbehave from now on; `nil` heals it.
    package func setFault(_ fault: Fault?, for digest: String) {
        state.withLock { $0.faults[digest] = fault }
    }

    /// Every action performed so far.
    package var journal: [Passage.Action] { state.withLock { $0.journal } }

    package func apply(_ revision: Revision) async throws(ReleaseError) -> PassageReport {
        state.withLock { $0.apply(revision) }
    }

    /// Passages of a simulation take no time: none is ever under way.
    package func giveWay(at endpoint: EndpointName, to revision: Int) async {}

    package func status(of endpoint: EndpointName) async throws(ReleaseError) -> EndpointStatus? {
        state.withLock { state in
            guard let revision = state.endpoints[endpoint]?.revision, !revision.spec.isWithdrawn else { return nil }
            return EndpointStatus(
                revision: revision.number, arms: revision.spec.arms.map { ArmStatus(arm: $0, state: .ready) })
        }
    }

    package func withdraw(_ endpoint: EndpointName) async throws(ReleaseError) {
        state.withLock { state in
            guard let known = state.endpoints.removeValue(forKey: endpoint) else { return }
            state.journal += known.sessions.map { .drain($0) } + known.sessions.map { .unload($0) }
        }
    }
}

extension SimulatedPlatform.State {
    fileprivate mutating func apply(_ revision: Revision) -> PassageReport {
        let running = endpoints[revision.endpoint]?.sessions ?? []
        var passage = Passage(from: running, to: revision.spec)
        var report = PassageReport(
            revision: revision.number, result: .completed, loaded: passage.entering.map(\.version),
            unloaded: passage.leaving.map(\.version), secondsToSwap: 0, seconds: 0)
        var actions = passage.handle(.started)
        while !actions.isEmpty || !passage.isOver {
            guard !actions.isEmpty else {
                actions = passage.handle(.timedOut)
                continue
            }
            let action = actions.removeFirst()
            journal.append(action)
            if case .swap = action {
                endpoints[revision.endpoint] = .init(revision: revision, sessions: revision.spec.sessions)
            }
            if case .abandon(let reason) = action {
                report = PassageReport(
                    revision: revision.number, result: .abandoned(reason: reason), loaded: [], unloaded: [],
                    secondsToSwap: nil, seconds: 0)
            }
            if let event = event(after: action) { actions += passage.handle(event) }
        }
        return report
    }

    private func event(after action: Passage.Action) -> Passage.Event? {
        switch action {
        case .load(let session):
            switch faults[session.digest] {
            case .failsToLoad(let reason): .failed(session, reason: reason)
            case .hangs: nil
            case .failsToWarm, nil: .loaded(session)
            }
        case .warm(let session):
            if case .failsToWarm(let reason) = faults[session.digest] {
                .failed(session, reason: reason)
            } else {
                .warmed(session)
            }
        case .swap: .swapped
        case .drain(let session): .drained(session)
        case .markEntering, .unload, .markHealthy, .clearMark, .complete, .abandon: nil
        }
    }
}
