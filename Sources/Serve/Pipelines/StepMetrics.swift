import Monitor

/// What is counted for one step of a pipeline.
struct StepMetrics: Sendable {
    private let queue: Histogram
    private let run: Histogram
    private let skips: Counter
    private let failures: Counter

    init(_ key: ArmKey, step: String, _ registry: MetricsRegistry) {
        let labels = key.labels + [Label("step", step)]
        func stage(_ name: String) -> Histogram {
            registry.histogram(
                "slipway_step_duration_seconds", "Time of a pipeline's steps, by stage.",
                labels + [Label("stage", name)], edges: Histogram.latencyEdges(objectives: []))
        }
        queue = stage("queue")
        run = stage("run")
        skips = registry.counter(
            "slipway_step_skips_total", "Requests for which a pipeline's step was not taken.", labels)
        failures = registry.counter("slipway_step_failures_total", "Runs of a pipeline's step that failed.", labels)
    }

    /// Counts a run.
    func ran(_ times: StageTimes, failed: Bool) {
        if times.runBegan >= times.decoded { queue.record(nanoseconds: times.runBegan - times.decoded) }
        if times.runEnded >= times.runBegan { run.record(nanoseconds: times.runEnded - times.runBegan) }
        if failed { failures.add() }
    }

    func skipped() { skips.add() }

    /// The totals, as Triton's clients know those of models.
    var statistics: (skips: Int, failures: Int, queue: ModelStatistics.Duration, run: ModelStatistics.Duration) {
        (skips.value, failures.value, ModelStatistics.Duration(queue), ModelStatistics.Duration(run))
    }
}
