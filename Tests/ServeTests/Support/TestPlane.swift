import Engines
import Glibc
import Logging
import Monitor
import Release
import Synchronization
import Tensors
import Trust

@testable import Serve

/// A running data plane on a free port.
struct TestPlane: Sendable {
    let plane: DataPlane
    let port: Int
    let registry: MetricsRegistry
    /// What the plane counts with.
    let counted: ServeMetrics
    let log: CollectedLog

    func client() throws -> RawClient { try RawClient(port: port) }

    var metrics: String { String(decoding: registry.exposition(), as: UTF8.self) }

    /// Starts a plane, hands it to `body`, and ends it.
    static func run(
        _ endpoints: [ServingEndpoint], authenticator: any Authenticator = OpenAccess(),
        configure: (inout DataPlaneConfiguration) -> Void = { _ in },
        _ body: @Sendable (TestPlane) async throws -> Void
    ) async throws {
        var configuration = DataPlaneConfiguration(port: 0, serverVersion: "0.0.1")
        configuration.eventLoops = 2
        configure(&configuration)
        let (registry, log) = (MetricsRegistry(), CollectedLog())
        let counted = ServeMetrics(registry: registry)
        let plane = DataPlane(
            configuration: configuration, authenticator: authenticator, metrics: counted,
            logger: Logger(label: "test") { _ in CollectingHandler(log: log) })
        let (_, port) = try await plane.start()
        plane.publish(RoutingTable(endpoints: endpoints))
        let server = TestPlane(plane: plane, port: port, registry: registry, counted: counted, log: log)
        do {
            try await withTaskExecutorPreference(BlockingExecutor()) { try await body(server) }
        } catch {
            await plane.shutdown(grace: 0)
            throw error
        }
        await plane.shutdown(grace: HTTPLimits.second)
    }

    /// Waits until something has happened that announces itself to nobody.
    ///
    /// - Throws: when it has not after 20 seconds.
    func wait(until isTrue: () throws -> Bool) throws {
        let end = MonotonicClock.now() + 20 * HTTPLimits.second
        while try !isTrue() {
            guard MonotonicClock.now() < end else { throw RawClient.Failure(what: "it never happened") }
            usleep(500)
        }
    }
}

extension ServingEndpoint {
    /// One scripted version with all the traffic.
    static func of(
        _ session: ScriptedSession, name: String = "digits", version: String = "3", calibration: Calibration = .instant,
        onDrained: @escaping @Sendable () -> Void = {}
    ) -> ServingEndpoint {
        ServingEndpoint(
            name: name,
            servable: Servable(
                model: name, version: version, digest: "sha256:00", session: session, calibration: calibration,
                onDrained: onDrained))
    }
}

/// Log lines as they were written.
final class CollectedLog: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

struct CollectingHandler: LogHandler {
    let log: CollectedLog
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let pairs = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        log.add("\(event.level) \(event.message) \(pairs.joined(separator: " "))")
    }
}

extension TestPlane {
    /// The value of a metric's first series whose labels contain `part`.
    func metric(_ name: String, _ part: String = "") -> Double? {
        metrics.split(separator: "\n").first { $0.hasPrefix(name) && $0.contains(part) }
            .flatMap { $0.split(separator: " ").last }.flatMap { Double($0) }
    }
}
