import Drift
import Monitor
import Serve
import Workshop

/// What is known of a version's accuracy under `/metrics`: as labels tell it, and as confidence does.
struct QualityMetrics: Sendable {
    let registry: MetricsRegistry

    private static let names = [
        "slipway_labelled_answers", "slipway_accuracy_realised_ratio", "slipway_accuracy_promised_ratio",
        "slipway_accuracy_estimated_ratio", "slipway_accuracy_reference_ratio",
    ]

    /// What a tick has found.
    func show(_ version: WatchedVersion, _ servable: Servable, endpoint: String) {
        guard let reference = version.reference.confidence else { return }
        let labels = labels(servable, endpoint)
        set("slipway_accuracy_reference_ratio", "Accuracy on the evaluation rows.", labels, reference.accuracy)
        set(
            "slipway_accuracy_estimated_ratio",
            "Accuracy as calibrated confidence tells it, without labels; holds while there is no concept drift.",
            labels,
            version.estimate.accuracy)
        guard let tally = servable.memory.tally else { return }
        set("slipway_labelled_answers", "Answers that a label came for.", labels, Double(tally.labelled))
        set(
            "slipway_accuracy_realised_ratio", "Share of the labelled answers that were right.", labels,
            tally.labelled > 0 ? Double(tally.right) / Double(tally.labelled) : nil)
        set(
            "slipway_accuracy_promised_ratio",
            "Accuracy of the labelled answers as their calibrated confidence told it before.", labels,
            tally.promised.accuracy)
    }

    /// Counts requests far outside a version's reference, by what became of them.
    func outliers(_ servable: Servable, endpoint: String) -> InputGuard.Counters {
        func counter(_ outcome: String) -> Counter {
            registry.counter(
                "slipway_outlier_requests_total", "Requests far outside what their version was evaluated on.",
                labels(servable, endpoint) + [Label("outcome", outcome)])
        }
        return InputGuard.Counters(
            counted: counter("counted"), refused: counter("refused"), fallback: counter("fallback"))
    }

    /// A version is watched no longer.
    func remove(_ servable: Servable, endpoint: String) {
        for name in Self.names { registry.remove(name, labels: labels(servable, endpoint)) }
    }

    private func set(_ name: String, _ help: String, _ labels: [Label], _ value: Double?) {
        if let value { registry.gauge(name, help, labels).set(value) }
    }

    private func labels(_ servable: Servable, _ endpoint: String) -> [Label] {
        [Label("endpoint", endpoint), Label("model", servable.model), Label("version", servable.version)]
    }
}
