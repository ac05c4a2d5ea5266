import Tensors

/// What a version has done since it was loaded.
///
/// Source: Triton, statistics extension. Requests that were answered from the cache, or shared a run, count one execution
/// less or more as `slipway_runs_total` counts it.
package struct ModelStatistics: Sendable {
    /// How often something was done, and how long it took in all.
    package struct Duration: Sendable {
        package var count = 0
        package var nanoseconds = 0

        package init(count: Int = 0, nanoseconds: Int = 0) {
            self.count = count
            self.nanoseconds = nanoseconds
        }

        fileprivate var json: JSONValue { .object([("count", .integer(count)), ("ns", .integer(nanoseconds))]) }
    }

    /// Milliseconds since 1970 at the last answer; 0 before the first.
    var lastInference = 0
    /// Rows that were answered.
    var inferences = 0
    /// Runs of the graph.
    var executions = 0
    var success = Duration()
    var failure = Duration()
    var queue = Duration()
    var input = Duration()
    var run = Duration()
    var output = Duration()
    var cacheHit = Duration()
    var cacheMiss = Duration()

    /// - Parameter steps: those of a pipeline, by name.
    func json(_ name: String, version: String, steps: [(name: String, metrics: StepMetrics)] = []) -> JSONValue {
        let own = members(name, version: version)
        return .object(steps.isEmpty ? own : own + [("steps", .array(steps.map(Self.step)))])
    }

    private static func step(_ step: (name: String, metrics: StepMetrics)) -> JSONValue {
        let statistics = step.metrics.statistics
        return .object([
            ("name", .string(step.name)), ("skipped", .integer(statistics.skips)),
            ("failed", .integer(statistics.failures)), ("queue", statistics.queue.json),
            ("compute_infer", statistics.run.json),
        ])
    }

    private func members(_ name: String, version: String) -> [(String, JSONValue)] {
        [
            ("name", .string(name)), ("version", .string(version)), ("last_inference", .integer(lastInference)),
            ("inference_count", .integer(inferences)), ("execution_count", .integer(executions)),
            (
                "inference_stats",
                .object([
                    ("success", success.json), ("fail", failure.json), ("queue", queue.json),
                    ("compute_input", input.json), ("compute_infer", run.json), ("compute_output", output.json),
                    ("cache_hit", cacheHit.json), ("cache_miss", cacheMiss.json),
                ])
            ),
            ("response_stats", [:]), ("batch_stats", []), ("memory_usage", []),
        ]
    }

    /// The reply for these versions.
    static func reply(_ arms: [LiveArm]) -> [UInt8] {
        let all = arms.map { arm in
            let steps = arm.steps.compactMap { step in step.map { ($0.name, $0.metrics) } }
            return arm.metrics.statistics.json(arm.endpoint, version: arm.servable.version, steps: steps)
        }
        return JSONValue.object([("model_stats", .array(all))]).encoded()
    }
}
