import Engines
import Synchronization

/// Where the session of a servable is: in memory, or away until a request wants it.
///
/// Using a session costs nothing more than counting the request. The session leaves only while the count is zero, in the
/// same atomic step that tells later requests that it is away; they wait here, and one load serves them all.
///
/// `session` is guarded by `state` and `waiting`: it is written under `waiting`'s lock while `away` is set, and read
/// by requests in flight that have seen `away` clear, or under the lock.
package final class SessionBerth: Sendable {
    /// Begins to bring the session back, on a thread of its own; ends in `Servable.loaded` or `loadFailed`. Must not
    /// block: it is called on an event loop.
    package typealias Reload = @Sendable () -> Void

    /// What a request that needs the session finds.
    enum Finding {
        /// It is back meanwhile.
        case resident
        /// The closure will be called; `leave(_:)` takes the ticket.
        case waits(ticket: UInt64)
        case refused(RequestFault)
    }

    private struct Waiting {
        /// Called with `nil` when the session is there.
        var waiters: [UInt64: @Sendable (RequestFault?) -> Void] = [:]
        var tickets: UInt64 = 0
        var isLoading = false
        /// Why the last load failed, and until when nobody tries again.
        var failure: (fault: RequestFault, until: UInt64)?
        /// Who wants to know when it falls idle, or is wanted by nobody any more.
        var watchers: [UInt64: @Sendable () -> Void] = [:]
    }

    private static let retired = 1
    private static let away = 2
    /// Somebody wants to know when the last request leaves.
    private static let watched = 4
    /// One request.
    private static let user = 8

    private let reload: Reload?
    nonisolated(unsafe) private var resident: (any Session)?
    private let waiting = Mutex(Waiting())
    /// The requests in flight times `user`, plus `retired`, plus `away`, plus `watched`.
    private let state = Atomic<Int>(0)
    private let used = Atomic<UInt64>(0)

    init(_ session: any Session, reload: Reload?) {
        resident = session
        self.reload = reload
    }

    // MARK: Requests

    var users: Int { state.load(ordering: .relaxed) / Self.user }
    var isRetired: Bool { state.load(ordering: .acquiring) & Self.retired != 0 }
    var isResident: Bool { state.load(ordering: .acquiring) & Self.away == 0 }
    var lastUsed: UInt64 { used.load(ordering: .relaxed) }

    func enter(at now: UInt64) {
        state.wrappingAdd(Self.user, ordering: .relaxed)
        used.store(now, ordering: .relaxed)
    }

    /// - Returns: whether it was the last request of a retired version.
    func leave() -> Bool {
        let left = state.wrappingSubtract(Self.user, ordering: .acquiringAndReleasing).newValue
        if left & Self.watched != 0, left < Self.user { tellWatchers() }
        return left & ~(Self.away | Self.watched) == Self.retired
    }

    /// - Returns: whether no request is in flight; `false` when it was retired before.
    func retire() -> Bool {
        state.bitwiseOr(Self.retired, ordering: .acquiringAndReleasing).oldValue & ~(Self.away | Self.watched) == 0
    }

    /// For requests in flight that found it resident.
    var session: (any Session)? { isResident ? resident : nil }

    // MARK: Out and in

    var canLeave: Bool { reload != nil }

    func unload() -> (any Session)? {
        guard reload != nil else { return nil }
        return waiting.withLock { _ in
            let idle = state.load(ordering: .relaxed) & Self.watched
            guard
                state.compareExchange(expected: idle, desired: idle | Self.away, ordering: .acquiringAndReleasing)
                    .exchanged
            else { return nil }
            defer { resident = nil }
            return resident
        }
    }

    // MARK: Watching

    /// Has `body` called, once and from any thread, when no request is in flight or none waits for the session any more;
    /// at once when none is in flight. Must not block.
    ///
    /// - Parameter key: tells the watcher apart; the same one watches once.
    func watch(_ key: UInt64, _ body: @escaping @Sendable () -> Void) {
        waiting.withLock { $0.watchers[key] = body }
        if state.bitwiseOr(Self.watched, ordering: .acquiringAndReleasing).oldValue < Self.user { tellWatchers() }
    }

    /// Has `body` of this key not called any more.
    func unwatch(_ key: UInt64) { waiting.withLock { $0.watchers[key] = nil } }

    /// Whether somebody waits for that, for tests.
    var isWatched: Bool { waiting.withLock { !$0.watchers.isEmpty } }

    private func tellWatchers() {
        let watchers = waiting.withLock { waiting in
            state.bitwiseAnd(~Self.watched, ordering: .acquiringAndReleasing)
            defer { waiting.watchers = [:] }
            return waiting.watchers.values
        }
        for watcher in watchers { watcher() }
    }

    /// Waits for the session, and has it loaded unless that is under way.
    ///
    /// - Parameters:
    ///   - limit: requests that may wait.
    ///   - body: called once, from any thread, unless the ticket is given back before.
    func find(limit: Int, at now: UInt64, _ body: @escaping @Sendable (RequestFault?) -> Void) -> Finding {
        var begins = false
        let finding = waiting.withLock { waiting -> Finding in
            guard !isResident else { return .resident }
            if let failure = waiting.failure, now < failure.until { return .refused(failure.fault) }
            guard waiting.waiters.count < limit else { return .refused(.tooManyWaiters) }
            waiting.tickets += 1
            waiting.waiters[waiting.tickets] = body
            begins = !waiting.isLoading
            waiting.isLoading = true
            return .waits(ticket: waiting.tickets)
        }
        if begins { reload?() }
        return finding
    }

    /// Nobody waits with this ticket any more.
    func leave(_ ticket: UInt64) {
        let isUnwanted = waiting.withLock { waiting in
            waiting.waiters.removeValue(forKey: ticket) != nil && waiting.waiters.isEmpty && !waiting.watchers.isEmpty
        }
        if isUnwanted { tellWatchers() }
    }

    func isAwaited() -> Bool {
        waiting.withLock { waiting in
            if waiting.waiters.isEmpty { waiting.isLoading = false }
            return waiting.isLoading
        }
    }

    func loaded(_ session: any Session) {
        settle { waiting in
            resident = session
            state.bitwiseAnd(~Self.away, ordering: .releasing)
            waiting.failure = nil
            return nil
        }
    }

    func failed(_ fault: RequestFault, until end: UInt64) {
        settle { waiting in
            waiting.failure = (fault, end)
            return fault
        }
    }

    private func settle(_ body: (inout Waiting) -> RequestFault?) {
        let (fault, waiters) = waiting.withLock { waiting in
            defer {
                waiting.waiters = [:]
                waiting.isLoading = false
            }
            return (body(&waiting), waiting.waiters.values)
        }
        for waiter in waiters { waiter(fault) }
    }
}

extension RequestFault {
    fileprivate static let tooManyWaiters = RequestFault(
        .queueFull, "this version is being loaded, and as many requests wait for it as this server queues")
}
