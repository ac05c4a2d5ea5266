import Drift
import Monitor
import Serve
import Workshop

/// What drift shows under `/metrics`: a few figures a version, two a feature; at most 256 features a version.
struct DriftMetrics: Sendable {
    let registry: MetricsRegistry

    private static let figures = [
        "slipway_drift_features", "slipway_drift_features_drifting", "slipway_drift_window_rows",
        "slipway_drift_sampled_ratio",
    ]

    /// What a tick has found.
    func show(_ version: WatchedVersion, _ servable: Servable, endpoint: String) {
        let labels = labels(servable, endpoint)
        gauge("slipway_drift_window_rows", "Rows of the window that is open.", labels)
            .set(Double(version.open.profile.rows))
        gauge("slipway_drift_sampled_ratio", "Share of the requests that is looked at for drift.", labels)
            .set(1 / Double(max(1, servable.tap.oneIn)))
    }

    /// What the newest closed window says.
    func judge(_ version: WatchedVersion, _ servable: Servable, endpoint: String) {
        let labels = labels(servable, endpoint)
        gauge("slipway_drift_features", "Features that are compared with the reference.", labels)
            .set(Double(version.reference.profile.layout.features.count))
        gauge(
            "slipway_drift_features_drifting", "Features that have moved significantly and much, twice in a row.",
            labels
        ).set(Double(version.report.drifting.count))
        for row in version.report.rows {
            let labels = labels + [Label("feature", row.finding.feature.name)]
            gauge(
                "slipway_drift_effect_ratio", "Size of a feature's difference, over the size from which it is large.",
                labels
            ).set(row.finding.effect / row.finding.threshold)
            gauge("slipway_drift_detected", "Whether a feature drifts: 1, else 0.", labels).set(row.isDrifting ? 1 : 0)
        }
    }

    /// A version is watched no longer.
    func remove(_ version: WatchedVersion, _ servable: Servable, endpoint: String) {
        let labels = labels(servable, endpoint)
        for name in Self.figures { registry.remove(name, labels: labels) }
        for feature in version.reference.profile.layout.features {
            for name in ["slipway_drift_effect_ratio", "slipway_drift_detected"] {
                registry.remove(name, labels: labels + [Label("feature", feature.name)])
            }
        }
    }

    private func gauge(_ name: String, _ help: String, _ labels: [Label]) -> Gauge {
        registry.gauge(name, help, labels)
    }

    private func labels(_ servable: Servable, _ endpoint: String) -> [Label] {
        [Label("endpoint", endpoint), Label("model", servable.model), Label("version", servable.version)]
    }
}
