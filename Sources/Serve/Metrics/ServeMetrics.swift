package import Monitor
import Synchronization

/// The metrics of the data plane. Handles are resolved once for each version served; recording looks nothing up.
package final class ServeMetrics: Sendable {
    private let registry: MetricsRegistry
    private let arms = Mutex<[ArmKey: ArmMetrics]>([:])
    private let rejections = Mutex<[String: Counter]>([:])

    let connections: Gauge
    let bytesReceived: Counter
    let bytesSent: Counter
    private let secured = Mutex<TLSMetrics?>(nil)
    /// How long requests waited for a version that was out of memory.
    let reloadWait: Histogram

    package init(registry: MetricsRegistry) {
        self.registry = registry
        connections = registry.gauge("slipway_connections", "Connections open on the data plane.")
        bytesReceived = registry.counter("slipway_received_bytes_total", "Bytes read from clients.")
        reloadWait = registry.histogram(
            "slipway_reload_wait_seconds", "How long requests waited for a version that was out of memory.")
        bytesSent = registry.counter("slipway_sent_bytes_total", "Bytes of replies written to clients.")
    }

    /// The handles of one version under one endpoint; the same ones each time.
    ///
    /// - Parameter objectives: latencies in seconds that become edges of the histogram of whole requests; those of the
    ///   first call count.
    package func arm(endpoint: String, model: String, version: String, objectives: [Double] = []) -> ArmMetrics {
        let key = ArmKey(endpoint: endpoint, model: model, version: version)
        return arms.withLock { arms in
            if let known = arms[key] { return known }
            let created = ArmMetrics(key, registry, objectives)
            arms[key] = created
            return created
        }
    }

    /// The handles of one step of a pipeline under one endpoint.
    func step(endpoint: String, version: String, step: String) -> StepMetrics {
        StepMetrics(endpoint: endpoint, version: version, step: step, registry)
    }

    /// Drops the series of a version that was unloaded.
    package func forget(endpoint: String, model: String, version: String) {
        arms.withLock { $0[ArmKey(endpoint: endpoint, model: model, version: version)] = nil }
        registry.remove { labels in
            labels.contains(Label("endpoint", endpoint)) && labels.contains(Label("version", version))
        }
    }

    /// Counts a request that no version answered. `reason` is one of a `RequestFault`'s codes, so the series are few.
    func reject(_ reason: RequestFault.Code) {
        rejections.withLock { counters in
            if let counter = counters[reason.name] { return counter }
            let counter = registry.counter(
                "slipway_rejected_requests_total", "Requests refused before a version was asked.",
                [Label("reason", reason.name)])
            counters[reason.name] = counter
            return counter
        }.add()
    }

    /// What is counted of TLS; there only once somebody asks for it.
    var tls: TLSMetrics {
        secured.withLock { secured in
            let metrics = secured ?? TLSMetrics(registry)
            secured = metrics
            return metrics
        }
    }

    func exposition() -> [UInt8] { registry.exposition() }
}

/// What distinguishes the series of a version.
struct ArmKey: Hashable, Sendable {
    var endpoint: String
    var model: String
    var version: String
}
