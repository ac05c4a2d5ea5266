import Client
package import Engines
import Glibc
import Home
package import Logging
import Monitor
package import Registry
import Release
import Serve
import ServiceLifecycle
package import Tensors
import Trust
import UnixSignals

/// One server process: the data plane, the control plane, and what keeps them in line with the home.
package struct Server: Sendable {
    private let options: ServerOptions
    private let registry: ModelRegistry
    private let engines: EngineCatalog
    private let logger: Logger

    /// A server that does nothing until `run`.
    package init(options: ServerOptions, registry: ModelRegistry, engines: EngineCatalog, logger: Logger) {
        self.options = options
        self.registry = registry
        self.engines = engines
        self.logger = logger
    }

    /// What is said once everything answers.
    package struct Ready: Sendable {
        /// The data plane's address, such as `127.0.0.1:8080`.
        package var data: String
        /// Whether it is spoken to with TLS.
        package var isSecure = false
        /// The control plane's address.
        package var control: String
        /// Endpoint by endpoint: what it serves.
        package var endpoints: [(name: String, traffic: String)]
        /// What a person should know, such as an open address or a quarantined version.
        package var warnings: [String]
        /// What the list of endpoints says beside that, as `slipway status` has it; `null` without one.
        package var list = JSONValue.null

        /// The line that `--json` prints.
        package var json: JSONValue {
            .object([
                ("ready", true), ("data", .string(data)), ("tls", .bool(isSecure)), ("control", .string(control)),
                ("pid", .integer(Int(getpid()))),
                (
                    "endpoints",
                    .array(
                        endpoints.map { .object([("endpoint", .string($0.name)), ("traffic", .string($0.traffic))]) })
                ),
                ("warnings", .array(warnings.map(JSONValue.string))), ("list", list),
            ])
        }
    }

    /// Serves until SIGTERM or SIGINT, then drains. A second signal ends the process at once.
    ///
    /// - Parameter onReady: told when everything that is deployed answers.
    /// - Throws: `HomeError.Code.locked` when another server has the home, `TrustError` when the address policy forbids
    ///   the address, `ControlError.Code.portInUse`.
    package func run(onReady: @escaping @Sendable (Ready) -> Void) async throws {
        let database = registry.database
        EngineMemory.limit(heapBytes: options.memory ?? ProcessMemory.usualLimit() ?? 0)
        let lock = options.pinned == nil ? try HomeLock.acquire(.server, in: database.home) : nil
        defer { lock?.release() }
        let marks = Marks(database: database)
        var warnings: [String] = []
        if options.pinned == nil {
            warnings += try begin(marks)
        }
        // Whoever ends this early waits for it: a process must not exit while a library is being opened.
        async let opening: Void = openEngines()
        let tokens = TokenAuthenticator(try database.grants())
        let access = try access(tokens, &warnings)
        let metrics = MetricsRegistry()
        let serveMetrics = ServeMetrics(registry: metrics, showsTritonNames: options.showsTritonNames)
        let memory = MemoryBudget(limit: options.memory ?? ProcessMemory.usualLimit())
        var configuration = dataPlaneConfiguration
        configuration.admitsMemory = { memory.admits($0) }
        let plane = DataPlane(
            configuration: configuration, authenticator: access, metrics: serveMetrics, logger: logger)
        let bound = try await listening { try await plane.start() }
        let keeper = CertificateKeeper(plane: plane, logger: logger)
        warnings += keeper.report()
        for warning in warnings { logger.warning("\(warning)") }
        let deck = Deck(
            options: options, registry: registry, engines: engines, plane: plane, bound: bound, memory: memory,
            metrics: metrics, serveMetrics: serveMetrics, access: access, tokens: tokens, logger: logger)
        tell(
            "server.started", [("data", .string("\(bound.host):\(bound.port)")), ("version", .string(options.version))])
        try await serve(deck, warnings, onReady) {
            end(marks)
            lock?.release()
            _exit(0)
        }
        await opening
        end(marks)
    }

    /// Writes down that a server runs, and judges how the last one ended.
    ///
    /// What is deployed can be read: a home that takes no writes just now, because its disk is full or somebody holds its
    /// database, keeps no server from coming back.
    private func begin(_ marks: Marks) throws -> [String] {
        do {
            let warnings = try marks.judge(previousEnd: try marks.start(sawCrash: options.afterCrash))
            // Whoever deploys, from whichever process, is told at once what this server would refuse.
            try SealPolicy.record(options.seals, in: registry.database)
            return warnings
        } catch let error as HomeError where [.locked, .full, .io].contains(error.code) {
            return [
                "the home takes no writes: \(error.message); what is deployed is served, and nothing else until it does"
            ]
        }
    }

    /// Writes down that this server ended as it was asked to.
    private func end(_ marks: Marks) {
        tell("server.stopped")
        guard options.pinned == nil else { return }
        do {
            try marks.stop()
        } catch {
            logger.warning("the home does not know that the server ended as it should", metadata: ["error": "\(error)"])
        }
    }

    /// Writes down what happened to this server.
    private func tell(_ kind: String, _ data: [(String, JSONValue?)] = []) {
        guard options.pinned == nil else { return }
        registry.database.events.append([
            HomeEvent(kind, "server", at: .now(), [("pid", .integer(Int(getpid())))] + data)
        ])
    }

    /// Opens the engines that are going to be needed while everything else is set up: their libraries take a while.
    private func openEngines() async {
        _ = try? await Blocking.run { [engines, options, registry] in
            var kinds = Set(options.pinned.map { [$0.engine.expectedKind(nil)] } ?? [])
            if options.pinned == nil, let expected = try? Deployments(registry).expectedEngines() { kinds = expected }
            // What is wrong with one is said when a version is loaded on it.
            for kind in kinds { _ = try? engines.engine(kind) }
        }
    }

    /// What the services get to end in once all requests are answered. A load that an engine is in cannot be called off, and
    /// may take minutes.
    private static let patience = Duration.seconds(3)

    /// - Parameter leave: ends the process, for services that do not end.
    private func serve(
        _ deck: Deck, _ warnings: [String], _ onReady: @escaping @Sendable (Ready) -> Void,
        leave: @escaping @Sendable () -> Never
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let control = try deck.controlServices()
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: control.services.map { .init(service: $0) }, gracefulShutdownSignals: [], logger: logger))
        try await withThrowingTaskGroup(of: Ending.self) { tasks in
            tasks.addTask {
                try await listening { try await group.run() }
                return .servicesEnded
            }
            let (firstSignal, announce) = AsyncStream.makeStream(of: Void.self)
            tasks.addTask {
                var isDraining = false
                for await signal in signals {
                    // The second one does not wait for anybody.
                    if isDraining { _exit(signal == .sigint ? 130 : 143) }
                    isDraining = true
                    announce.yield()
                    announce.finish()
                }
                return .signalsEnded
            }
            tasks.addTask {
                for await _ in firstSignal { break }
                guard !Task.isCancelled else { return .signalsEnded }
                deck.logger.info("draining")
                deck.plane.beginDrain()
                await deck.plane.shutdown(grace: Self.nanoseconds(options.grace))
                await group.triggerGracefulShutdown()
                do { try await Task.sleep(for: Self.patience) } catch { return .drained }
                deck.logger.info("leaving what does not end, such as a version that is being loaded")
                leave()
            }
            let controlAddress = try await control.address()
            try await deck.bringInLine()
            onReady(try await deck.ready(control: controlAddress, warnings: warnings))
            // After a drain the services end by themselves; services that end first leave nobody to wait for.
            while let ending = try await tasks.next(), ending != .servicesEnded {}
            tasks.cancelAll()
        }
    }

    private enum Ending: Sendable { case servicesEnded, drained, signalsEnded }

    /// Who may call: everyone, or whoever has a token.
    private func access(_ tokens: TokenAuthenticator, _ warnings: inout [String]) throws -> any Authenticator {
        var asksForTokens = false
        for host in [options.host, options.controlHost ?? options.host] {
            let hasTokens = try !registry.database.grants().isEmpty
            switch try BindPolicy.decide(host: host, mode: options.auth, hasTokens: hasTokens) {
            case .open: break
            case .exposed(let warning): if !warnings.contains(warning) { warnings.append(warning) }
            case .tokens: asksForTokens = true
            }
        }
        return asksForTokens ? tokens : OpenAccess()
    }

    private var dataPlaneConfiguration: DataPlaneConfiguration {
        var configuration = DataPlaneConfiguration(
            host: options.host, port: options.port, serverVersion: options.version)
        configuration.tls = options.tls
        configuration.sharedMemoryPrefixes = options.sharedMemoryPrefixes
        configuration.offersModelControl = options.offersModelControl
        configuration.limits.bodyBytes = options.largestBody
        configuration.limits.connections = DescriptorBudget.ofThisProcess().data
        configuration.serverName = options.serverName
        configuration.defaultModel = options.defaultModel
        configuration.sequences = options.sequences
        configuration.sequenceIdle = Self.nanoseconds(options.sequenceIdle)
        configuration.drainDelay = Self.nanoseconds(options.drainDelay)
        configuration.origins = RequestOrigin(bound: options.host, names: options.hostNames)
        configuration.logsEveryRequest = logger.logLevel <= .debug
        if let runs = options.concurrentRuns { configuration.runThreads = runs }
        return configuration
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        UInt64(clamping: duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000)
    }

    /// Turns a taken port into an error with a remedy.
    private func listening<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as ServeError where error.code == .badCertificate {
            throw ControlError(
                .badCertificate, error.message,
                help: "give PEM files that belong together; 'slipway doctor' looks at them")
        } catch  where "\(error)".contains("errno: 98") || "\(error)".contains("ddress already in use") {
            throw ControlError(
                .portInUse, "the address is in use: port \(options.port) or \(options.controlPort) of \(options.host)",
                help: "another server may be running ('slipway status'); choose others with --port and --control-port")
        }
    }
}
