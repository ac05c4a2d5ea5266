import Client
import Engines
import Logging
import Monitor
import Release
import Serve
import Tensors
import Trust

/// A data plane in this process with one version behind it, and the load generator in front.
struct ServingBench: Sendable {
    private let plane: DataPlane
    private let address: ServerAddress

    private static let endpoint = "tuned"
    /// Connections of a load at full speed.
    private static let connections = 16

    /// Listens on a free port of the loopback.
    init(cores: Int, version: String, logger: Logger) async throws {
        var configuration = DataPlaneConfiguration(port: 0, serverVersion: version)
        configuration.runThreads = cores
        let metrics = ServeMetrics(registry: MetricsRegistry())
        plane = DataPlane(
            configuration: configuration, authenticator: OpenAccess(), metrics: metrics, logger: logger)
        let bound = try await plane.start()
        address = .tcp(host: bound.host, port: bound.port)
    }

    /// One session, ready to be loaded with requests of one row.
    struct Served: Sendable {
        fileprivate let generator: LoadGenerator
    }

    /// Serves a session from now on, instead of the one before.
    func serve(
        _ session: any Session, _ calibration: Calibration, batching: BatchingChoice, instances: Int,
        inputs: [[Tensor]]
    ) throws -> Served {
        let servable = Servable(
            model: Self.endpoint, version: "1", digest: "", session: session, calibration: calibration,
            batching: BatchingPolicy(BatchingWish(batching), calibration, instances: instances))
        plane.publish(RoutingTable(endpoints: [ServingEndpoint(name: Self.endpoint, servable: servable)]))
        let signature = session.signature
        let samples = try inputs.map { tensors in
            try LoadSample(
                InferenceRequest(
                    endpoint: Self.endpoint, inputs: zip(signature.inputs, tensors).map { ($0.name, $1) },
                    outputs: signature.outputs.map(\.name), isBinary: true), to: address)
        }
        return Served(generator: LoadGenerator(address, samples: samples))
    }

    /// Every connection asks again at once.
    func saturate(_ served: Served, seconds: Double) async throws -> LoadReport {
        var plan = LoadPlan()
        (plan.connections, plan.warmUp, plan.seconds) = (Self.connections, min(0.2, seconds / 4), seconds)
        return try await run(plan, served)
    }

    /// Requests are due at fixed times.
    ///
    /// - Parameter latency: seconds that a request may take; it decides how many connections are needed.
    func load(_ served: Served, rate: Double, latency: Double, seconds: Double) async throws -> TuningPoint {
        var plan = LoadPlan()
        plan.connections = min(256, max(8, Int((rate * latency * 4).rounded(.up))))
        (plan.rate, plan.warmUp, plan.seconds) = (rate, 0, seconds)
        let report = try await run(plan, served)
        // At the end some are due and not sent yet: no more than come due within the latency, or two in a hundred.
        let tolerated = max(2, Int(min(rate * latency, Double(report.sent) / 10)), report.sent / 50)
        let isWhole = report.failed == 0 && report.unsent <= tolerated && report.ok > 0
        let latencies = report.latency.map { [$0.p50, $0.p90, $0.p95, $0.p99, $0.p999] } ?? []
        return TuningPoint(offered: rate, rate: report.rate, latencies: latencies, isWhole: isWhole)
    }

    private func run(_ plan: LoadPlan, _ served: Served) async throws -> LoadReport {
        try await plan.run(served.generator) { _ in try await Task.sleep(for: .seconds(plan.seconds)) }
    }

    /// Stops listening, and waits for what runs.
    func stop() async { await plane.shutdown(grace: 5_000_000_000) }
}
