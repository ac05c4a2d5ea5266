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
        let labels = labels(servable, endpoint)
        entered(servable, labels, "deployed", seconds: seconds, bytes: bytes)
        if let accuracy {
            registry.gauge(
                "slipway_version_accuracy_ratio", "Accuracy of a version on its evaluation set, as last measured.",
                labels
            ).set(accuracy)
        }
    }

    /// Why a version leaves memory.
    enum UnloadReason: String {
        /// It is served no longer.
        case undeployed
        /// Another one needed the room.
        case memory
        case idle
    }

    /// A version has left service.
    ///
    /// - Parameter survivor: the same version, which is served on with other settings: the gauges are its own now.
    func removed(_ servable: Servable, endpoint: EndpointName, survivor: Servable?) {
        if servable.isResident {
            sessions(servable.engine).add(-1)
            unloads(.undeployed).add()
        }
        let gone = labels(servable, endpoint)
        if let survivor { return resident(gone).set(survivor.isResident ? 1 : 0) }
        for name in [
            "slipway_version_load_seconds", "slipway_version_memory_bytes", "slipway_version_accuracy_ratio",
            "slipway_version_resident",
        ] {
            registry.remove(name, labels: gone)
        }
    }

    /// A version in service has left memory.
    func unloaded(_ servable: Servable, endpoint: EndpointName, _ reason: UnloadReason) {
        sessions(servable.engine).add(-1)
        unloads(reason).add()
        resident(labels(servable, endpoint)).set(0)
    }

    /// A version in service is in memory again.
    func cameBack(_ servable: Servable, endpoint: EndpointName, seconds: Double, bytes: Int?) {
        entered(servable, labels(servable, endpoint), "request", seconds: seconds, bytes: bytes)
    }

    /// A version that a request asked for could not be loaded.
    func loadFailed() {
        registry.counter(
            "slipway_version_load_failures_total", "Loads that requests asked for and that failed.", []
        ).add()
    }

    private func entered(
        _ servable: Servable, _ labels: [Label], _ reason: String, seconds: Double, bytes: Int?
    ) {
        sessions(servable.engine).add(1)
        registry.counter(
            "slipway_version_loads_total", "Versions that came into memory: deployed, or for a request.",
            [Label("reason", reason)]
        ).add()
        resident(labels).set(1)
        registry.gauge("slipway_version_load_seconds", "Time to load and warm a version.", labels).set(seconds)
        if let bytes {
            registry.gauge(
                "slipway_version_memory_bytes", "Resident memory that loading a version took, as measured.", labels
            ).set(Double(bytes))
        }
    }

    private func unloads(_ reason: UnloadReason) -> Counter {
        registry.counter(
            "slipway_version_unloads_total", "Versions that left memory: undeployed, for others' memory, or idle.",
            [Label("reason", reason.rawValue)])
    }

    private func resident(_ labels: [Label]) -> Gauge {
        registry.gauge(
            "slipway_version_resident", "Whether a version in service is in memory (1) or comes when asked for (0).",
            labels)
    }

    private func sessions(_ engine: EngineKind) -> Gauge {
        registry.gauge("slipway_sessions", "Sessions in memory, by engine.", [Label("engine", engine.rawValue)])
    }

    private func labels(_ servable: Servable, _ endpoint: EndpointName) -> [Label] {
        [Label("endpoint", endpoint.text), Label("model", servable.model), Label("version", servable.version)]
    }
}

extension Servable {
    /// Whether both serve one version, perhaps with other settings: then they have the same labels.
    func isSameVersion(as other: Servable) -> Bool { model == other.model && version == other.version }
}
