import Dispatch
import Engines
import Logging
import Release
import Serve
import Synchronization

/// Takes versions out of memory that nobody asks for while others need room, and brings them back when somebody does.
///
/// A version that is out stays in the routing table, so that its endpoint is ready and described as before; its next
/// request waits while it is loaded. Safe from any thread.
final class SessionKeeper: Sendable {
    /// A version in service, in memory or not.
    private struct Entry {
        let servable: Servable
        let endpoint: EndpointName
        let wanted: ArmSession
        var isPinned: Bool
        var bytes: Int
        /// When it came, on the monotonic clock.
        var loadedAt: UInt64
        var protectedUntil: UInt64 = 0
        /// Loads in a row that failed.
        var failures = 0

        var lastUsed: UInt64 { max(loadedAt, servable.lastUsed) }
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var identifiers: UInt64 = 0
        /// Those that requests wait for, in the order in which they asked.
        var asked: [UInt64] = []
        var workers = 0
        /// Loads that wait for room, and what wakes them.
        var bells: [UInt64: DispatchSemaphore] = [:]
    }

    /// Loads that requests asked for and that are under way at a time.
    private static let mostWorkers = 2
    /// How long a load waits for versions in use to become idle, in nanoseconds.
    private static let patience: UInt64 = 10_000_000_000

    private let loader: VersionLoader
    private let metrics: VersionMetrics
    private let logger: Logger
    private let state = Mutex(State())

    init(loader: VersionLoader, metrics: VersionMetrics, logger: Logger) {
        self.loader = loader
        self.metrics = metrics
        self.logger = logger
    }

    // MARK: - Versions in service

    /// A number for a version that will be added, and how its session is brought back.
    func announce() -> (id: UInt64, reload: @Sendable () -> Void) {
        let id = state.withLock { state in
            state.identifiers += 1
            return state.identifiers
        }
        return (id, { [weak self] in self?.ask(id) })
    }

    /// A version has entered service: from now on it may leave memory.
    func add(_ id: UInt64, _ servable: Servable, _ wanted: ArmSession, at endpoint: EndpointName, bytes: Int) {
        let entry = Entry(
            servable: servable, endpoint: endpoint, wanted: wanted, isPinned: false, bytes: bytes,
            loadedAt: MonotonicClock.now())
        state.withLock { $0.entries[id] = entry }
        ring()
    }

    /// Whether a version stays in memory whatever happens.
    func pin(_ id: UInt64, _ isPinned: Bool) {
        state.withLock { $0.entries[id]?.isPinned = isPinned }
        ring()
    }

    /// A version has left service.
    func remove(_ id: UInt64) {
        guard let gone = state.withLock({ $0.entries.removeValue(forKey: id) }) else { return }
        ring()
        if !gone.servable.isResident { gone.servable.leftService() }
    }

    // MARK: - Out

    /// Looks for room; blocks while versions that could leave are in use, for `patience` at most.
    ///
    /// - Parameters:
    ///   - begun: when the load that needs the room began to look for it.
    ///   - wanted: the version that waits for the load, which makes sense while it is awaited.
    /// - Returns: whether something was unloaded.
    func makeRoom(_ missing: Int, since begun: UInt64, for wanted: Servable? = nil) -> Bool {
        let bell = DispatchSemaphore(value: 0)
        let key = state.withLock { state in
            state.identifiers += 1
            state.bells[state.identifiers] = bell
            return state.identifiers
        }
        var watched: [Servable] = []
        // Those that did not let themselves be unloaded: a request has come for them, or they are leaving service.
        var stuck: Set<UInt64> = []
        defer {
            state.withLock { $0.bells[key] = nil }
            for servable in watched { servable.unwatch(key) }
        }
        while true {
            let entries = residentEntries()
            switch Self.choice(entries, stuck, missing: missing) {
            case .unload(let id):
                if unload(id, .memory) { return true }
                stuck.insert(id)
                continue
            case .hopeless: return false
            case .wait: stuck = []
            }
            let now = MonotonicClock.now()
            let deadline = begun &+ Self.patience
            guard now < deadline, wanted?.isAwaited() ?? true else { return false }
            watched = entries.values.filter { $0.servable.isInUse && !$0.isPinned }.map(\.servable)
            if let wanted { watched.append(wanted) }
            for servable in watched { servable.watch(key) { bell.signal() } }
            // Of those that have only just come back, the first that may leave.
            let ends = entries.values.map(\.protectedUntil).filter { $0 > now }
            _ = bell.wait(timeout: .now() + .nanoseconds(Int(min(deadline, ends.min() ?? .max) - now)))
        }
    }

    private func residentEntries() -> [UInt64: Entry] {
        state.withLock { state in state.entries.filter(\.value.servable.isResident) }
    }

    /// Something changed that those who wait for room should look at.
    private func ring() {
        for bell in state.withLock({ Array($0.bells.values) }) { bell.signal() }
    }

    private static func choice(
        _ entries: [UInt64: Entry], _ stuck: Set<UInt64>, missing: Int
    ) -> EvictionChoice {
        let candidates = entries.map { id, entry in
            EvictionChoice.Candidate(
                id: id, bytes: entry.bytes, lastUsed: entry.lastUsed,
                isBusy: entry.servable.isInUse || stuck.contains(id),
                isPinned: entry.isPinned || !entry.servable.canLeave,
                protectedUntil: entry.protectedUntil)
        }
        return EvictionChoice(candidates, missing: missing, now: MonotonicClock.now())
    }

    /// Unloads what was not used for so many nanoseconds. Blocks for as long as that takes.
    func sweep(idleFor limit: UInt64) {
        let now = MonotonicClock.now()
        let idle = state.withLock { state in
            state.entries.filter { _, entry in
                entry.servable.isResident && !entry.isPinned && now >= entry.lastUsed
                    && now - entry.lastUsed >= limit
            }.map(\.key)
        }
        for id in idle { _ = unload(id, .idle) }
    }

    /// - Returns: whether it is out; not when a request has come for it meanwhile.
    private func unload(_ id: UInt64, _ reason: VersionMetrics.UnloadReason) -> Bool {
        guard let entry = state.withLock({ $0.entries[id] }) else { return false }
        let before = ProcessMemory.residentBytes()
        guard entry.servable.unload() != nil else { return false }
        EngineMemory.trim()
        loader.memory.disturb()
        ring()
        metrics.unloaded(entry.servable, endpoint: entry.endpoint, reason)
        let freed = max(0, before - ProcessMemory.residentBytes())
        let idle = (MonotonicClock.now() &- entry.lastUsed) / 1_000_000_000
        logger.info(
            "version left memory until it is asked for",
            metadata: [
                "endpoint": "\(entry.endpoint)", "version": "\(entry.wanted.version)", "reason": "\(reason.rawValue)",
                "idle": "\(idle) s", "freed": "\(MemoryBudget.text(freed))",
            ])
        return true
    }

    // MARK: - In

    /// A request wants a version that is out. Does not block.
    private func ask(_ id: UInt64) {
        let begins = state.withLock { state in
            state.asked.append(id)
            guard state.workers < Self.mostWorkers else { return false }
            state.workers += 1
            return true
        }
        if begins { Blocking.begin { self.work() } }
    }

    private func work() {
        while let id = next() { bringBack(id) }
    }

    private func next() -> UInt64? {
        state.withLock { state in
            guard !state.asked.isEmpty else {
                state.workers -= 1
                return nil
            }
            return state.asked.removeFirst()
        }
    }

    private func bringBack(_ id: UInt64) {
        guard let entry = state.withLock({ $0.entries[id] }), entry.servable.isAwaited() else { return }
        let begun = MonotonicClock.now()
        var isGivenUp = false
        do {
            let loaded = try loader.loadHere(entry.wanted) { missing in
                guard !makeRoom(missing, since: begun, for: entry.servable) else { return true }
                isGivenUp = !entry.servable.isAwaited()
                return false
            }
            enter(id, loaded, took: MonotonicClock.now() &- begun)
        } catch {
            // Whoever asks next begins anew.
            if !isGivenUp { fail(id, entry, error) }
        }
    }

    private func enter(_ id: UInt64, _ loaded: VersionLoader.Loaded, took: UInt64) {
        let now = MonotonicClock.now()
        let entry = state.withLock { state -> Entry? in
            guard let entry = state.entries[id] else { return nil }
            state.entries[id]?.loadedAt = now
            state.entries[id]?.bytes = max(entry.bytes, loaded.reclaimableBytes)
            state.entries[id]?.protectedUntil = now &+ Self.protection(took)
            state.entries[id]?.failures = 0
            entry.servable.loaded(loaded.session)
            return entry
        }
        guard let entry else { return }
        ring()
        metrics.cameBack(entry.servable, endpoint: entry.endpoint, seconds: loaded.seconds, bytes: loaded.bytes)
        logger.info(
            "version is in memory again",
            metadata: [
                "endpoint": "\(entry.endpoint)", "version": "\(entry.wanted.version)",
                "took": "\(took / 1_000_000) ms",
            ])
    }

    /// Nanoseconds that a version stays which took so many to load: loading is a fifth of its time at most.
    private static func protection(_ took: UInt64) -> UInt64 { min(max(4 &* took, 1_000_000_000), 60_000_000_000) }

    private func fail(_ id: UInt64, _ entry: Entry, _ error: any Error) {
        let failures = state.withLock { state in
            state.entries[id]?.failures += 1
            return state.entries[id]?.failures ?? 1
        }
        metrics.loadFailed()
        logger.error(
            "version does not come back into memory",
            metadata: [
                "endpoint": "\(entry.endpoint)", "version": "\(entry.wanted.version)", "reason": "\(error)",
            ])
        // Engines and files say more than clients should know.
        let reason = (error as? ReleaseError)?.message ?? "the server's log says why"
        entry.servable.loadFailed(reason, retryAfter: 1 << min(failures - 1, 6))
    }
}
