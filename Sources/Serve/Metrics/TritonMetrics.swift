import Monitor

/// The totals of every version under the names that Triton's clients and dashboards know.
///
/// Source: Triton, "Metrics": inference request, latency and cache metrics. What Triton counts by reason of failure is one
/// reason here.
struct TritonMetrics {
    private var text = ""

    /// Without what ends a text. OpenMetrics knows no counters without `_total`: there they are of unknown type, so that
    /// their names stay.
    ///
    /// - Parameter arms: by model and version, as clients name them. Those of one name, of two models that an endpoint had one
    ///   after the other, are added up: a series is told once.
    static func exposition(
        _ arms: [(model: String, version: String, statistics: ModelStatistics)], _ format: MetricsFormat = .text
    ) -> [UInt8] {
        let kind = format == .openMetrics ? "unknown" : "counter"
        var metrics = TritonMetrics()
        let labels = { (arm: (model: String, version: String, statistics: ModelStatistics)) in
            #"model="\#(arm.model)",version="\#(arm.version)""#
        }
        let groups = Dictionary(grouping: arms, by: labels).sorted { $0.key < $1.key }
        for family in families {
            metrics.text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(kind)\n"
            for (labels, arms) in groups {
                let value = arms.reduce(0) { $0 + family.value($1.statistics) }
                metrics.text += "\(family.name){\(labels)\(family.labels)} \(value)\n"
            }
        }
        return Array(metrics.text.utf8)
    }

    private struct Family: Sendable {
        var name: String
        var help: String
        var labels = ""
        var value: @Sendable (ModelStatistics) -> Int
    }

    private static let families = [
        Family(name: "nv_inference_request_success", help: "Requests answered well.") { $0.success.count },
        Family(
            name: "nv_inference_request_failure", help: "Requests answered otherwise.", labels: #",reason="OTHER""#
        ) { $0.failure.count },
        Family(name: "nv_inference_count", help: "Rows answered well.") { $0.inferences },
        Family(name: "nv_inference_exec_count", help: "Runs of the graph.") { $0.executions },
        Family(name: "nv_inference_request_duration_us", help: "Microseconds of requests.") {
            ($0.success.nanoseconds + $0.failure.nanoseconds) / 1000
        },
        Family(name: "nv_inference_queue_duration_us", help: "Microseconds in the queue.") {
            $0.queue.nanoseconds / 1000
        },
        Family(name: "nv_inference_compute_input_duration_us", help: "Microseconds of reading inputs.") {
            $0.input.nanoseconds / 1000
        },
        Family(name: "nv_inference_compute_infer_duration_us", help: "Microseconds in the engine.") {
            $0.run.nanoseconds / 1000
        },
        Family(name: "nv_inference_compute_output_duration_us", help: "Microseconds of writing outputs.") {
            $0.output.nanoseconds / 1000
        },
    ]
}
