package import Logging
package import Monitor
package import Registry
package import Release
package import Serve
import Workshop

/// The platform of one machine: endpoints run in this process, behind its data plane.
///
/// `Passage` decides, this performs: versions are loaded and warmed beside the old ones, the routing table is swapped as
/// a whole, and what is no longer needed is drained and unloaded.
package actor LocalPlatform: Platform {
    /// One version in memory for one endpoint.
    private struct Held: Sendable {
        var servable: Servable
        var drain: Drain
        /// Its number with the keeper.
        var id: UInt64
        /// What unloading it is expected to give back.
        var bytes: Int
    }

    private struct Running {
        var revision: Revision
        var held: [ArmSession: Held] = [:]
    }

    /// How long requests may keep a version that is leaving.
    private static let drainLimit = Duration.seconds(30)

    private let plane: DataPlane
    private let loader: VersionLoader
    /// `nil` where a crash has no next start to warn.
    private let marks: Marks?
    private let metrics: VersionMetrics
    private let endpointMetrics: EndpointMetrics
    /// Takes versions out of memory and brings them back.
    nonisolated let keeper: SessionKeeper
    /// Compares what versions of an endpoint answer.
    nonisolated let comparisons: ComparisonBoard
    private let logger: Logger
    /// Told of a revision's versions before it is in force, and waited for.
    private var attendant: (@Sendable ([Servable], Revision) async -> Void)?
    private var running: [EndpointName: Running] = [:]
    /// Versions that are on their way in: loaded, not yet in a routing table.
    private var entering: [EndpointName: [ArmSession: Held]] = [:]
    private var loading: [EndpointName: [ArmSession: VersionLoader.Loaded]] = [:]
    /// The revisions that passages are under way to, and the later ones that wait for them to end.
    private var underWay: [EndpointName: Int] = [:]
    private var waiting: [EndpointName: Int] = [:]
    /// Canaries that get no requests any more, by their digests, until the endpoint's next revision.
    private var cut: [EndpointName: String] = [:]
    /// Everything that should be loaded at the start is loaded, or was given up.
    private(set) var isComplete = false

    /// - Parameters:
    ///   - memory: what versions may take.
    ///   - keepsMarks: whether what enters service is written down in the home; see `Marks`.
    ///   - seals: whose seals versions need to be loaded; `nil` for nobody's.
    package init(
        plane: DataPlane, registry: ModelRegistry, engines: any EngineSource, concurrentRuns: Int,
        memory: MemoryBudget = MemoryBudget(limit: nil), metrics: MetricsRegistry, keepsMarks: Bool = true,
        seals: SealPolicy? = nil, logger: Logger
    ) {
        self.plane = plane
        self.logger = logger
        loader = VersionLoader(
            registry: registry, engines: engines, concurrentRuns: concurrentRuns, memory: memory,
            keepsPrepared: keepsMarks, seals: seals)
        marks = keepsMarks ? Marks(database: registry.database) : nil
        comparisons = ComparisonBoard(registry: metrics)
        self.metrics = VersionMetrics(registry: metrics)
        endpointMetrics = EndpointMetrics(registry: metrics)
        keeper = SessionKeeper(loader: loader, metrics: self.metrics, logger: logger)
    }

    /// As `Platform` promises. What enters service is marked in the home before it is touched.
    package func apply(_ revision: Revision) async throws(ReleaseError) -> PassageReport {
        let clock = ContinuousClock()
        let began = clock.now
        let endpoint = revision.endpoint
        var passage = Passage(
            from: running[endpoint].map { Array($0.held.keys) } ?? [], to: revision.spec)
        var report = PassageReport(
            revision: revision.number, result: .completed, loaded: passage.entering.map(\.version),
            unloaded: passage.leaving.map(\.version), secondsToSwap: nil, seconds: 0)
        var actions = passage.handle(.started)
        underWay[endpoint] = revision.number
        defer {
            entering[endpoint] = nil
            loading[endpoint] = nil
            underWay[endpoint] = nil
            waiting[endpoint] = nil
        }
        while !actions.isEmpty {
            if let newer = waiting[endpoint] { Self.giveWay(to: newer, &passage, &actions) }
            let action = actions.removeFirst()
            if case .abandon(let reason) = action {
                report.result = .abandoned(reason: reason)
                report.loaded = []
                report.unloaded = []
            }
            let event = try await perform(action, for: revision)
            if case .swap = action { report.secondsToSwap = Self.seconds(clock.now - began) }
            if let event { actions += passage.handle(event) }
            // Who has waited in vain for one waits for no other.
            if case .timedOut = event { actions.removeAll { if case .drain = $0 { true } else { false } } }
        }
        report.seconds = Self.seconds(clock.now - began)
        log(report, endpoint)
        return report
    }

    /// As `Platform` promises. A load or first run under way cannot be called back, and is waited for.
    package func giveWay(at endpoint: EndpointName, to revision: Int) {
        guard let present = underWay[endpoint], present < revision else { return }
        waiting[endpoint] = revision
        for held in running[endpoint]?.held ?? [:] { held.value.drain.expire() }
    }

    /// Tells the passage that a later revision waits, and drops what need not be done any more.
    private static func giveWay(to newer: Int, _ passage: inout Passage, _ actions: inout [Passage.Action]) {
        let answer = passage.handle(.superseded(by: newer))
        guard !answer.isEmpty else { return }
        var dropped: [ArmSession] = []
        actions.removeAll { action in
            switch action {
            case .load(let session), .warm(let session):
                dropped.append(session)
                return true
            case .drain: return true
            default: return false
            }
        }
        actions += answer
        for session in dropped { actions += passage.handle(.failed(session, reason: "was not begun")) }
    }

    /// As `Platform` promises.
    package func status(of endpoint: EndpointName) async throws(ReleaseError) -> EndpointStatus? {
        guard let known = running[endpoint], !known.revision.spec.isWithdrawn else { return nil }
        return EndpointStatus(
            revision: known.revision.number, arms: known.revision.spec.arms.map { ArmStatus(arm: $0, state: .ready) })
    }

    /// As `Platform` promises; waits for requests in flight, for `drainLimit` at most.
    package func withdraw(_ endpoint: EndpointName) async throws(ReleaseError) {
        guard let known = running.removeValue(forKey: endpoint) else { return }
        publish()
        endpointMetrics.gone(known.revision)
        for held in known.held.values { _ = await held.drain.wait(atMost: Self.drainLimit) }
        for held in known.held.values { leave(held, endpoint) }
        await loader.trim()
    }

    /// Divides no more requests to an endpoint's canary: in memory only, and at once; the revision that makes it last
    /// follows. Requests that name its version still reach it.
    func cutOff(_ digest: String, at endpoint: EndpointName) {
        guard running[endpoint]?.revision.spec.canary?.digest == digest, cut[endpoint] != digest else { return }
        cut[endpoint] = digest
        publish()
    }

    /// Has somebody told of the versions that answer under a revision before it is in force: what is to hold from then on is seen
    /// to by the time that this returns.
    func attend(_ attendant: @escaping @Sendable (_ answering: [Servable], Revision) async -> Void) {
        self.attendant = attendant
    }

    /// Everything that should be loaded is loaded, or was given up: the server may say that it is ready.
    package func complete() {
        isComplete = true
        publish()
    }

    /// The versions that answer now, by endpoint.
    func answering() -> [EndpointName: (revision: Revision, servables: [String: Servable])] {
        running.mapValues { known in
            let servables = known.held.map { ($0.key.digest, $0.value.servable) }
            return (known.revision, Dictionary(servables) { $1 })
        }
    }
}

// MARK: - Actions

extension LocalPlatform {
    private func perform(
        _ action: Passage.Action, for revision: Revision
    ) async throws(ReleaseError) -> Passage.Event? {
        let endpoint = revision.endpoint
        switch action {
        case .markEntering(let session):
            try record("entering", session) { try marks?.entering(session.digest, at: endpoint) }
            return nil
        case .load(let session): return await load(session, endpoint)
        case .warm(let session): return await warm(session, for: revision)
        case .swap:
            await announce(revision)
            swap(to: revision)
            return .swapped
        case .drain(let session): return await drain(session, endpoint)
        case .unload(let session):
            await unload(session, endpoint)
            return nil
        case .markHealthy(let session):
            try record("healthy", session) { try marks?.healthy(session.digest, at: endpoint) }
            return nil
        case .clearMark(let session):
            try record("refused", session) { try marks?.refused(session.digest, at: endpoint) }
            return nil
        case .complete, .abandon: return nil
        }
    }

    private func record(_ mark: String, _ session: ArmSession, _ body: () throws -> Void) throws(ReleaseError) {
        do {
            try body()
        } catch {
            throw ReleaseError(
                .failed, "\(session.version) could not be marked \(mark) in the home: \(error)",
                help: "is the disk full? what ran before runs on")
        }
    }

    private func load(_ session: ArmSession, _ endpoint: EndpointName) async -> Passage.Event {
        do {
            let loaded = try await loader.load(session) {
                [keeper, begun = MonotonicClock.now()] missing in keeper.makeRoom(missing, since: begun)
            }
            for outcome in loaded.preparations { log(outcome, session) }
            loading[endpoint, default: [:]][session] = loaded
            return .loaded(session)
        } catch {
            return .failed(session, reason: "does not load: \(error)")
        }
    }

    private func warm(_ session: ArmSession, for revision: Revision) async -> Passage.Event {
        let endpoint = revision.endpoint
        guard let loaded = loading[endpoint]?.removeValue(forKey: session) else {
            return .failed(session, reason: "was not loaded")
        }
        do {
            let began = ContinuousClock.now
            if let doubt = loaded.setup.doubt { logger.warning("\(session.version): \(doubt)") }
            let drain = Drain()
            let (id, reload) = keeper.announce()
            let servable = try await loader.servable(for: loaded, session, reload: reload) { drain.finish() }
            if let problem = servable.calibration.problem {
                logger.warning(
                    "version does not run on made-up inputs; it is served because it was evaluated on real ones",
                    metadata: ["version": "\(session.version)", "reason": "\(problem)"])
            }
            if let misfit = misfit(servable, session, revision) { return .failed(session, reason: misfit) }
            entering[endpoint, default: [:]][session] = Held(
                servable: servable, drain: drain, id: id, bytes: loaded.reclaimableBytes)
            metrics.loaded(
                servable, endpoint: endpoint, seconds: loaded.seconds + Self.seconds(ContinuousClock.now - began),
                bytes: loaded.bytes, accuracy: loaded.accuracy)
            return .warmed(session)
        } catch {
            return .failed(session, reason: "does not run: \(error)")
        }
    }

    /// Why a revision's fallback version cannot answer for an arm, where `session` is one of the two and the other is in
    /// memory.
    private func misfit(_ servable: Servable, _ session: ArmSession, _ revision: Revision) -> String? {
        guard let fallback = revision.spec.fallbackSession else { return nil }
        let held = (running[revision.endpoint]?.held ?? [:]).merging(entering[revision.endpoint] ?? [:]) { $1 }
        let arms = revision.spec.answering.map { ArmSession($0, settings: revision.spec.settings) }
        guard session != fallback else {
            for arm in arms {
                let obstacle = held[arm].flatMap { servable.obstacle(toAnsweringFor: $0.servable) }
                if let obstacle { return "cannot answer in place of \(arm.version): \(obstacle)" }
            }
            return nil
        }
        guard arms.contains(session), let other = held[fallback]?.servable else { return nil }
        return other.obstacle(toAnsweringFor: servable).map {
            "its fallback version \(fallback.version) cannot answer in its place: \($0)"
        }
    }

    /// Those in memory already, too: the revision may want something else done with their requests.
    private func announce(_ revision: Revision) async {
        let held = (running[revision.endpoint]?.held ?? [:]).merging(entering[revision.endpoint] ?? [:]) { $1 }
        let sessions = revision.spec.answering.map { ArmSession($0, settings: revision.spec.settings) }
        await attendant?(sessions.compactMap { held[$0]?.servable }, revision)
    }

    private func swap(to revision: Revision) {
        for (session, held) in entering[revision.endpoint] ?? [:] {
            keeper.add(held.id, held.servable, session, at: revision.endpoint, bytes: held.bytes)
        }
        let held = (running[revision.endpoint]?.held ?? [:]).merging(entering[revision.endpoint] ?? [:]) { $1 }
        entering[revision.endpoint] = nil
        for held in held.values { keeper.pin(held.id, revision.spec.settings.isPinned) }
        endpointMetrics.inForce(revision, after: running[revision.endpoint]?.revision)
        cut[revision.endpoint] = nil
        let isGone = revision.spec.isWithdrawn && held.isEmpty
        running[revision.endpoint] = isGone ? nil : Running(revision: revision, held: held)
        publish()
    }

    private func drain(_ session: ArmSession, _ endpoint: EndpointName) async -> Passage.Event {
        guard waiting[endpoint] == nil else { return .timedOut }
        let isOver = await running[endpoint]?.held[session]?.drain.wait(atMost: Self.drainLimit) ?? true
        return isOver ? .drained(session) : .timedOut
    }

    private func unload(_ session: ArmSession, _ endpoint: EndpointName) async {
        let held = running[endpoint]?.held.removeValue(forKey: session)
        let refused = entering[endpoint]?.removeValue(forKey: session)
        for gone in [held, refused].compactMap({ $0 }) { leave(gone, endpoint) }
        if running[endpoint]?.revision.spec.isWithdrawn == true { running[endpoint] = nil }
        await loader.trim()
    }

    /// A version is needed no longer.
    private func leave(_ held: Held, _ endpoint: EndpointName) {
        held.servable.sequences?.close()
        keeper.remove(held.id)
        let others = [running[endpoint]?.held, entering[endpoint]].compactMap(\.self).flatMap(\.values)
        let survivor = others.first { $0.servable.isSameVersion(as: held.servable) }?.servable
        metrics.removed(held.servable, endpoint: endpoint, survivor: survivor)
    }

    /// Hands the data plane a table of everything that answers now.
    private func publish() {
        let endpoints = running.values.compactMap { known -> ServingEndpoint? in
            let arms = known.revision.spec.answering.compactMap { arm -> ServingEndpoint.Arm? in
                // The settings too: while they change, the same version is in memory twice.
                let session = ArmSession(arm, settings: known.revision.spec.settings)
                return known.held[session].map { ServingEndpoint.Arm($0.servable, weight: weight(arm, known.revision)) }
            }
            let mirrored = comparisons.mirrored(known.revision.endpoint, known.revision.spec) { arm in
                known.held[ArmSession(arm, settings: known.revision.spec.settings)]?.servable
            }
            var endpoint = ServingEndpoint(
                name: known.revision.endpoint.text, arms: arms,
                routingKeyHeader: known.revision.spec.settings.routingKeyHeader,
                objectives: known.revision.spec.settings.latencyBounds)
            endpoint?.mirrored = mirrored
            endpoint?.fallback = known.revision.spec.fallbackSession.flatMap { known.held[$0]?.servable }
            return endpoint
        }
        plane.publish(RoutingTable(endpoints: endpoints, isReady: isComplete))
    }

    /// An arm's part of the requests, in basis points: all are the stable one's while the canary is cut off.
    private func weight(_ arm: Arm, _ revision: Revision) -> Int {
        guard let cut = cut[revision.endpoint], revision.spec.canary?.digest == cut else { return arm.weight }
        return arm.role == .stable ? TrafficSplit.whole : 0
    }

    private func log(_ report: PassageReport, _ endpoint: EndpointName) {
        let took = "\((report.seconds * 1000).rounded() / 1000) s"
        switch report.result {
        case .completed:
            logger.info(
                "revision is live",
                metadata: ["endpoint": "\(endpoint)", "revision": "\(report.revision)", "took": "\(took)"])
        case .abandoned(let reason):
            logger.error(
                "revision was given up; what ran before runs on",
                metadata: ["endpoint": "\(endpoint)", "revision": "\(report.revision)", "reason": "\(reason)"])
        }
    }

    private func log(_ outcome: GraphRecorder.Outcome, _ session: ArmSession) {
        switch outcome {
        case .kept(let bytes):
            logger.info(
                "the optimised graph is kept: the next start is quicker",
                metadata: ["version": "\(session.version)", "bytes": "\(bytes)"])
        case .refused(let reason):
            logger.info(
                "the optimised graph is not kept", metadata: ["version": "\(session.version)", "reason": "\(reason)"])
        }
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }
}
