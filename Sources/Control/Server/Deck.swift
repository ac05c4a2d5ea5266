import Alerts
import Client
import Engines
import Glibc
import Home
import Logging
import Monitor
import Registry
import Release
import Serve
import ServiceLifecycle
import Tensors
import Trust

/// The parts of one server, put together.
struct Deck: Sendable {
    let options: ServerOptions
    let registry: ModelRegistry
    let plane: DataPlane
    let metrics: MetricsRegistry
    let logger: Logger
    private let bound: (host: String, port: Int)
    private let access: any Authenticator
    private let tokens: TokenAuthenticator
    private let deployments: Deployments
    private let platform: LocalPlatform
    private let reconciler: Reconciler
    private let sampler: TrafficSampler
    /// `nil` where nothing is deployed by revisions.
    private let driver: RolloutDriver?
    private let serveMetrics: ServeMetrics
    /// `nil` where traffic is not watched for drift.
    private let watcher: DriftWatcher?
    /// `nil` where no file says what is served.
    private let desk: FollowDesk?
    /// `nil` where nobody is told of alerts.
    private let alerts: (watcher: AlertWatcher, sender: AlertSender)?

    init(
        options: ServerOptions, registry: ModelRegistry, engines: EngineCatalog, plane: DataPlane,
        bound: (host: String, port: Int), memory: MemoryBudget, metrics: MetricsRegistry, serveMetrics: ServeMetrics,
        access: any Authenticator, tokens: TokenAuthenticator, logger: Logger
    ) {
        self.options = options
        self.registry = registry
        self.plane = plane
        self.bound = bound
        self.metrics = metrics
        self.serveMetrics = serveMetrics
        self.access = access
        self.tokens = tokens
        self.logger = logger
        deployments = Deployments(registry, engines: engines)
        platform = LocalPlatform(
            plane: plane, registry: registry, engines: engines,
            concurrentRuns: options.concurrentRuns ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            memory: memory, metrics: metrics, keepsMarks: options.pinned == nil, seals: options.seals,
            logger: logger)
        reconciler = Reconciler(deployments: deployments, platform: platform, logger: logger)
        sampler = TrafficSampler(platform: platform, metrics: serveMetrics)
        driver =
            options.pinned == nil
            ? Self.driver(options, deployments, platform, sampler, serveMetrics, reconciler, access, logger) : nil
        desk = options.declared.map { [deployments, reconciler, driver] declared in
            FollowDesk(
                declared, deployments: deployments,
                carryOut: { endpoint in
                    await reconciler.reconcile(endpoint)
                    await driver?.wakeUp()
                }, logger: logger)
        }
        watcher = options.driftWindow.map { [platform] window in
            DriftWatcher(
                platform: platform, registry: registry, window: window,
                store: options.pinned == nil ? WindowStore(registry.database.home) : nil,
                memory: options.feedback, metrics: DriftMetrics(registry: metrics), logger: logger)
        }
        let facts = AlertFactFinder(
            platform: platform, sampler: sampler, metrics: serveMetrics, watcher: watcher, plane: plane,
            home: registry.database.home, memoryLimit: options.memory ?? ProcessMemory.usualLimit())
        alerts = options.alerts.map { Self.alerts($0, facts, registry.database, plane.traces, metrics, logger) }
    }

    private static func alerts(
        _ settings: AlertSettings, _ facts: AlertFactFinder, _ database: HomeDatabase, _ traces: TraceTap,
        _ metrics: MetricsRegistry, _ logger: Logger
    ) -> (AlertWatcher, AlertSender) {
        let store = AlertStore(database, logger: logger)
        let sender = AlertSender(settings, store: store, traces: traces, metrics: metrics, logger: logger)
        let watcher = AlertWatcher(
            settings, facts: facts, sender: sender, store: store, database: database, metrics: metrics, logger: logger)
        return (watcher, sender)
    }

    private static func driver(
        _ options: ServerOptions, _ deployments: Deployments, _ platform: LocalPlatform, _ sampler: TrafficSampler,
        _ metrics: ServeMetrics, _ reconciler: Reconciler, _ access: any Authenticator, _ logger: Logger
    ) -> RolloutDriver {
        let wakes = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let local = LocalRolloutSource(
            platform: platform, metrics: metrics, sampler: sampler, asksForTokens: access is TokenAuthenticator,
            pairs: platform.comparisons, onFailure: { wakes.continuation.yield() })
        let source: any RolloutSource =
            options.prometheus.map {
                PairedRolloutSource(
                    source: PrometheusRolloutSource($0, platform: platform, logger: logger), pairs: platform.comparisons
                )
            } ?? local
        return RolloutDriver(
            deployments: deployments, source: source, wakes: wakes,
            bringInLine: { await reconciler.reconcile($0) }, cutOff: { await platform.cutOff($1, at: $0) },
            now: { Int(Timestamp.now().milliseconds) }, logger: logger)
    }

    /// Loads everything that is deployed, or the one pinned endpoint, and lets the server say that it is ready.
    func bringInLine() async throws {
        ProcessMetrics.register(
            in: metrics, version: options.version, home: registry.database.home.path,
            memoryLimit: options.memory ?? ProcessMemory.usualLimit())
        if let watcher { await platform.attend { await watcher.prepare($0, for: $1) } }
        if let pinned = options.pinned {
            let report = try await platform.apply(try pinned.revision(at: Int(Timestamp.now().milliseconds)))
            if case .abandoned(let reason) = report.result { throw ControlError(.failed, reason) }
        } else {
            // What the list names is there when the server says that it is ready.
            await desk?.begin()
            try await reconciler.reconcileAll()
            plane.attach(RepositoryControl(deployments: deployments, reconciler: reconciler))
        }
        await platform.complete()
    }

    func ready(control: String, warnings: [String]) async throws -> Server.Ready {
        let answering = await platform.answering()
        return Server.Ready(
            data: dataAddress, isSecure: options.tls != nil, control: control,
            endpoints: answering.sorted { $0.key < $1.key }.map {
                ($0.key.text, HistoryText.traffic($0.value.revision.spec))
            },
            warnings: warnings, list: await desk?.json() ?? .null)
    }

    private var dataAddress: String { Self.address(bound.host, bound.port) }

    static func address(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    // MARK: - The control plane

    /// The services, and where the console listens once it does.
    struct ControlServices: Sendable {
        var services: [any Service]
        var address: @Sendable () async throws -> String
    }

    func controlServices() throws -> ControlServices {
        let host = options.controlHost ?? options.host
        let gate = ControlGate(origin: RequestOrigin(bound: host, names: options.hostNames), authenticator: access)
        let (ports, announce) = AsyncStream.makeStream(of: Int.self)
        var facts = ServerFacts(
            version: options.version, dataPlane: dataAddress, control: host, process: Int(getpid()))
        facts.isSecure = options.tls != nil
        var overview = Overview(deployments: deployments, platform: platform, sampler: sampler, server: facts)
        if let desk { overview.declared = { await desk.json() } }
        if let watcher { overview.accuracies = { await watcher.accuracies(endpoint: $0) } }
        var management = ManagementRoutes(
            overview: overview, deployments: deployments, reconciler: reconciler,
            metrics: { [serveMetrics] in serveMetrics.exposition($0) })
        if let watcher {
            management.drift = { await watcher.json(endpoint: $0) }
            management.driftStates = { await watcher.states(endpoint: $0) }
        }
        management.driver = driver
        management.comparisons = platform.comparisons
        management.alerts = alerts?.watcher
        let trail = ConsoleTrail(sampler: sampler, deployments: deployments, driver: driver)
        let pulse = Pulse { [management] in await ConsoleStamp.text(management) }
        var console = ConsoleRoutes(
            overview: overview, management: management, pages: try Pages(), gate: gate,
            trial: Trial(
                registry: registry, server: try reachable(),
                address: (options.tls == nil ? "http://" : "https://") + dataAddress,
                asksForTokens: gate.asksForTokens))
        console.offers = options.console
        (console.trail, console.pulse) = (trail, pulse)
        console.examination = options.console.examine.map(Examination.init)
        console.tokensChanged = { [tokens, registry] in try tokens.reload { try registry.database.grants() } }
        var server = ControlServer(routes: management.all + console.all, gate: gate, logger: logger)
        server.refused = { [console] in console.refused($0, $1) }
        server.missing = { [console] in console.notFound("page", $0) }
        server.limits.connections = DescriptorBudget.ofThisProcess().control
        var services: [any Service] = [
            sampler, trail,
            server.service(at: .tcp(host: host, port: options.controlPort)) { port in announce.yield(port ?? 0) },
        ]
        if let driver { services.append(driver) }
        if let desk { services.append(desk) }
        if let watcher { services.append(watcher) }
        if let traces = options.traces {
            services.append(
                TraceExporter(
                    tap: plane.traces, settings: traces, service: options.serverName, version: options.version,
                    metrics: metrics, logger: logger))
        }
        if let alerts { services += [alerts.watcher, alerts.sender] }
        if options.pinned == nil {
            services.append(
                TrafficRecorder(
                    platform: platform, store: RecordedTraffic(registry.database.home), metrics: metrics, logger: logger
                ))
        }
        if options.tls != nil {
            var keeper = CertificateKeeper(plane: plane, logger: logger)
            keeper.onReplaced = { [events = registry.database.events] certificate in
                events.append([
                    HomeEvent(
                        "certificate.replaced", "server", at: .now(),
                        [("expires", .string("\(certificate.expiry)"))])
                ])
            }
            services.append(keeper)
        }
        if let limit = options.unloadIdle { services.append(IdleSweeper(keeper: platform.keeper, limit: limit)) }
        if options.pinned == nil {
            let home = registry.database.home
            try home.prepareControlSocket()
            let local = ControlServer(routes: management.all, gate: gate, logger: logger)
            services += [
                local.service(at: .socket(path: home.controlSocketPath)),
                ControlPoller(database: registry.database, reconciler: reconciler, tokens: tokens, logger: logger),
            ]
        }
        // They end in the reverse order: streams first, because the console's server waits for who listens.
        services.append(pulse)
        return ControlServices(services: services) {
            for await port in ports { return Self.address(host, port) }
            throw ControlError(.failed, "the control plane did not come up")
        }
    }

    /// The data plane as this process itself reaches it.
    private func reachable() throws -> ServerAddress {
        let isAny = bound.host == "0.0.0.0" || bound.host == "::"
        let host = isAny ? "127.0.0.1" : bound.host
        // What answers there is this very process.
        return options.tls == nil
            ? .tcp(host: host, port: bound.port) : .tls(host: host, port: bound.port, trust: .unverified)
    }
}
