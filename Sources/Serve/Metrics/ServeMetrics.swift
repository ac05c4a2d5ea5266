package import Monitor
import Synchronization

/// The metrics of the data plane. Handles are resolved once for each version served; recording looks nothing up.
package final class ServeMetrics: Sendable {
    private let registry: MetricsRegistry
    private let showsTritonNames: Bool
    private let arms = Mutex<[ArmKey: ArmMetrics]>([:])
    private let rejections = Mutex<[String: Counter]>([:])

    let connections: Gauge
    let bytesReceived: Counter
    let bytesSent: Counter
    private let secured = Mutex<TLSMetrics?>(nil)
    /// How long requests waited for a version that was out of memory.
    let reloadWait: Histogram

    /// - Parameter showsTritonNames: whether totals are shown under the names of Triton's metrics too.
    package init(registry: MetricsRegistry, showsTritonNames: Bool = false) {
        self.registry = registry
        self.showsTritonNames = showsTritonNames
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

    /// The handles of one step of a pipeline.
    func step(_ step: String, of arm: ArmKey) -> StepMetrics { StepMetrics(arm, step: step, registry) }

    /// The counters of an endpoint's labels; the same ones each time.
    func feedback(endpoint: String) -> FeedbackMetrics { FeedbackMetrics(endpoint: endpoint, registry) }

    /// Drops the series of a version that was unloaded.
    package func forget(endpoint: String, model: String, version: String) {
        let key = ArmKey(endpoint: endpoint, model: model, version: version)
        arms.withLock { $0[key] = nil }
        registry.remove { labels in key.labels.allSatisfy(labels.contains) }
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

    /// Requests that were refused for one of these reasons.
    package func rejections(of reasons: Set<String>) -> Int {
        rejections.withLock { $0.reduce(0) { $0 + (reasons.contains($1.key) ? $1.value.value : 0) } }
    }

    /// What is counted of TLS; there only once somebody asks for it.
    var tls: TLSMetrics {
        secured.withLock { secured in
            let metrics = secured ?? TLSMetrics(registry)
            secured = metrics
            return metrics
        }
    }

    /// Every metric of the registry; with Triton's names as well, where they are wanted.
    package func exposition(_ format: MetricsFormat = .text) -> [UInt8] {
        guard showsTritonNames else { return registry.exposition(format) }
        let known = arms.withLock { arms in
            // A name's endpoint is what clients call the model.
            arms.map { (model: $0.key.endpoint, version: $0.key.version, statistics: $0.value.statistics) }
        }
        return registry.exposition(format, followedBy: TritonMetrics.exposition(known, format))
    }
}

/// What distinguishes the series of a version: two models of one endpoint may have versions of the same number.
struct ArmKey: Hashable, Sendable {
    var endpoint: String
    var model: String
    var version: String

    /// Those that every family of a version has.
    var labels: [Label] { [Label("endpoint", endpoint), Label("model", model), Label("version", version)] }
}
