import Engines
import Monitor
import Release
import Serve

/// Metrics of what is loaded: how many sessions, how long they took, how accurate the versions were measured to be.
struct VersionMetrics: Sendable {
    let registry: MetricsRegistry

    /// A version has come into memory.
    ///
    /// - Parameters:
    ///   - seconds: from the beginning of the load until it was warm.
    ///   - bytes: resident bytes that it took, where that is known.
    ///   - accuracy: the newest that was measured, if any.
    func loaded(_ servable: Servable, endpoint: EndpointName, seconds: Double, bytes: Int?, accuracy: Double?) {
        sessions(servable.session.engine).add(1)
        let labels = labels(servable, endpoint)
        registry.gauge("slipway_version_load_seconds", "Time to load and warm a version.", labels).set(seconds)
        if let bytes {
            registry.gauge(
                "slipway_version_memory_bytes", "Resident memory that loading a version took, as measured.", labels
            ).set(Double(bytes))
        }
        if let accuracy {
            registry.gauge(
                "slipway_version_accuracy_ratio", "Accuracy of a version on its evaluation set, as last measured.",
                labels
            ).set(accuracy)
        }
    }

    /// A version has gone out of memory.
    func unloaded(_ servable: Servable, endpoint: EndpointName) {
        sessions(servable.session.engine).add(-1)
        let gone = labels(servable, endpoint)
        for name in [
            "slipway_version_load_seconds", "slipway_version_memory_bytes", "slipway_version_accuracy_ratio",
        ] {
            registry.remove(name, labels: gone)
        }
    }

    private func sessions(_ engine: EngineKind) -> Gauge {
        registry.gauge("slipway_sessions", "Sessions in memory, by engine.", [Label("engine", engine.rawValue)])
    }

    private func labels(_ servable: Servable, _ endpoint: EndpointName) -> [Label] {
        [Label("endpoint", endpoint.text), Label("model", servable.model), Label("version", servable.version)]
    }
}
