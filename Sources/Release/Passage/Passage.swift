/// The way from what is running to a revision: load and warm what is missing, swap at one stroke, then drain and
/// unload what is no longer needed.
///
/// A value: events in, actions out, for a shell that performs them. Until every new session is warm, no action
/// touches what is running; when one of them fails, only what this passage itself loaded is unloaded. The swap is the
/// point of no return, and cannot fail: it is one store of a prepared routing table.
///
/// Loads may run one after another or at once. Events that have no meaning in the present state, such as a second
/// time-out, do nothing.
package struct Passage: Hashable, Sendable {
    package enum Event: Hashable, Sendable {
        /// Begin.
        case started
        case loaded(ArmSession)
        /// Loaded, and answered its first requests.
        case warmed(ArmSession)
        /// Could not be loaded or warmed.
        case failed(ArmSession, reason: String)
        /// New requests go where the revision says.
        case swapped
        /// No request uses it any more.
        case drained(ArmSession)
        /// The present stage has taken too long.
        case timedOut
        /// A newer revision waits. Loading is given up and draining cut short, so that a rollback never waits for the
        /// passage it undoes.
        case superseded(by: Int)
    }

    package enum Action: Hashable, Sendable {
        /// Write down that a version is entering service, durably, before anything else is done with it.
        case markEntering(ArmSession)
        case load(ArmSession)
        case warm(ArmSession)
        /// Send new requests to the arms of the revision, at one stroke.
        case swap
        /// Wait until no request uses it. It gets no new ones.
        case drain(ArmSession)
        /// Release it and its memory. After a failure or time-out, requests may still be running in it: it goes when they
        /// end.
        case unload(ArmSession)
        /// Write down that a version came through.
        case markHealthy(ArmSession)
        /// Write down that a version was refused without harm: what it was marked with before holds again.
        case clearMark(ArmSession)
        /// The revision is carried out.
        case complete
        /// The revision is given up. What ran before runs on.
        case abandon(reason: String)
    }

    private enum Stage: Hashable {
        case waiting
        /// `loading` and `warming` are under way, `ready` waits for them.
        case preparing(loading: Set<ArmSession>, warming: Set<ArmSession>, ready: Set<ArmSession>)
        case swapping
        case draining(Set<ArmSession>)
        case completed
        /// Loads and first requests cannot be called back. What arrives late is unloaded, and until then its mark stays.
        case abandoned(loading: Set<ArmSession>, warming: Set<ArmSession>)
    }

    /// To be loaded, in the revision's order.
    package let entering: [ArmSession]
    /// To be drained and unloaded, in the order they were given.
    package let leaving: [ArmSession]
    private var stage = Stage.waiting

    /// - Parameter running: what is loaded for this endpoint now.
    package init(from running: [ArmSession], to spec: EndpointSpec) {
        let wanted = spec.sessions
        entering = wanted.filter { !running.contains($0) }
        leaving = running.filter { !wanted.contains($0) }
    }

    /// The passage has ended, well or not; late loads of an abandoned one may still be reported.
    package var isOver: Bool {
        switch stage {
        case .completed, .abandoned: true
        case .waiting, .preparing, .swapping, .draining: false
        }
    }

    /// What to do now, in this order.
    package mutating func handle(_ event: Event) -> [Action] {
        switch (stage, event) {
        case (.waiting, .started): begin()
        case (.preparing(let loading, let warming, let ready), _): prepare(loading, warming, ready, event)
        case (.swapping, .swapped): drain()
        case (.draining(let remaining), .drained(let session)) where remaining.contains(session):
            finishDraining(remaining, without: [session])
        case (.draining(let remaining), .timedOut), (.draining(let remaining), .superseded):
            finishDraining(remaining, without: remaining)
        case (.abandoned(let loading, let warming), _): discard(loading, warming, event)
        default: []
        }
    }
}

// MARK: - Stages

extension Passage {
    private mutating func begin() -> [Action] {
        guard !entering.isEmpty else { return swap() }
        stage = .preparing(loading: Set(entering), warming: [], ready: [])
        return entering.map { .markEntering($0) } + entering.map { .load($0) }
    }

    private mutating func prepare(
        _ loading: Set<ArmSession>, _ warming: Set<ArmSession>, _ ready: Set<ArmSession>, _ event: Event
    ) -> [Action] {
        switch event {
        case .loaded(let session) where loading.contains(session):
            stage = .preparing(loading: loading.subtracting([session]), warming: warming.union([session]), ready: ready)
            return [.warm(session)]
        case .warmed(let session) where warming.contains(session):
            let ready = ready.union([session])
            guard ready.count < entering.count else { return swap() }
            stage = .preparing(loading: loading, warming: warming.subtracting([session]), ready: ready)
            return []
        case .failed(let session, let reason) where loading.contains(session) || warming.contains(session):
            return abandon("\(session.version): \(reason)", loading, warming, ready, without: session)
        case .timedOut:
            let late = entering.filter { !ready.contains($0) }.map(\.version.description).joined(separator: ", ")
            return abandon("\(late) took too long to load", loading, warming, ready)
        case .superseded(let number):
            return abandon("revision \(number) took its place", loading, warming, ready)
        default: return []
        }
    }

    private mutating func swap() -> [Action] {
        stage = .swapping
        return [.swap]
    }

    private mutating func drain() -> [Action] {
        guard !leaving.isEmpty else { return complete() }
        stage = .draining(Set(leaving))
        return leaving.map { .drain($0) }
    }

    private mutating func finishDraining(_ remaining: Set<ArmSession>, without done: Set<ArmSession>) -> [Action] {
        stage = .draining(remaining.subtracting(done))
        let unloads = leaving.filter(done.contains).map { Action.unload($0) }
        return done == remaining ? unloads + complete() : unloads
    }

    private mutating func complete() -> [Action] {
        stage = .completed
        return entering.map { .markHealthy($0) } + [.complete]
    }

    /// - Parameter failed: the session because of which, if it was one; nothing more is heard of it.
    private mutating func abandon(
        _ reason: String, _ loading: Set<ArmSession>, _ warming: Set<ArmSession>, _ ready: Set<ArmSession>,
        without failed: ArmSession? = nil
    ) -> [Action] {
        let isPending = { (session: ArmSession) in session != failed }
        let pending = (loading: loading.filter(isPending), warming: warming.filter(isPending))
        stage = .abandoned(loading: pending.loading, warming: pending.warming)
        let held = entering.filter { warming.contains($0) || ready.contains($0) }
        let settled = entering.filter { !pending.loading.contains($0) && !pending.warming.contains($0) }
        return held.map { .unload($0) } + settled.map { .clearMark($0) } + [.abandon(reason: reason)]
    }

    private mutating func discard(
        _ loading: Set<ArmSession>, _ warming: Set<ArmSession>, _ event: Event
    ) -> [Action] {
        switch event {
        case .loaded(let session) where loading.contains(session):
            stage = .abandoned(loading: loading.subtracting([session]), warming: warming)
            return [.unload(session), .clearMark(session)]
        case .warmed(let session) where warming.contains(session):
            stage = .abandoned(loading: loading, warming: warming.subtracting([session]))
            return [.clearMark(session)]
        case .failed(let session, _) where loading.contains(session) || warming.contains(session):
            stage = .abandoned(loading: loading.subtracting([session]), warming: warming.subtracting([session]))
            return [.clearMark(session)]
        default: return []
        }
    }
}
