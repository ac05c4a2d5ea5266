import Comparing
import Monitor
import Release
import Serve
import Synchronization
import Tensors

/// Where the answers of two versions come together. Written on the mirror's thread, read by whoever asks.
final class ComparisonLedger: Sendable {
    struct State: Sendable {
        var comparison: VersionComparison
        /// Since the last look of a rollout.
        var compared = 0
        var differing = 0
        /// Why the versions cannot be compared.
        var obstacle: String?
        var isInForce = true
        /// What labels have said of both.
        var labelled: (base: LabelledAnswers, candidate: LabelledAnswers)?
        /// Inputs that may be shown, by their positions; none where nothing is recorded.
        var shown: [(position: Int, name: String)] = []
    }

    let state: Mutex<State>
    let metrics: ComparisonMetrics

    init(_ comparison: VersionComparison, _ metrics: ComparisonMetrics) {
        state = Mutex(State(comparison: comparison))
        self.metrics = metrics
    }

    func add(_ pair: MirroredPair) {
        let answers = VersionComparison.Pair(
            base: pair.base, candidate: pair.candidate, rows: pair.rows, baseSeconds: pair.baseSeconds,
            candidateSeconds: pair.candidateSeconds)
        let (rows, differing) = state.withLock { state in
            let (rows, differing) = (state.comparison.rows, state.comparison.differingRows)
            let shown = state.shown.compactMap { input in
                pair.inputs.indices.contains(input.position) ? (input.name, pair.inputs[input.position]) : nil
            }
            let differs = state.comparison.add(answers, failure: pair.failure) { row in
                shown.isEmpty ? nil : InputText.json(shown, row: row, of: pair.rows)
            }
            state.compared += 1
            state.differing += differs ? 1 : 0
            return (state.comparison.rows - rows, state.comparison.differingRows - differing)
        }
        metrics.rows.add(rows)
        metrics.differing.add(differing)
    }
}

/// What Prometheus is told of a comparison.
struct ComparisonMetrics: Sendable {
    let counts: Mirror.Counts
    let rows: Counter
    let differing: Counter

    init(_ registry: MetricsRegistry, _ endpoint: EndpointName, _ version: VersionReference) {
        let labels = [
            Label("endpoint", endpoint.text), Label("model", version.model), Label("version", String(version.number)),
        ]
        func mirrored(_ outcome: String) -> Counter {
            registry.counter(
                "slipway_mirrored_requests_total",
                "Requests of another version that this one was asked as well, by what became of them.",
                labels + [Label("outcome", outcome)])
        }
        counts = Mirror.Counts(
            compared: mirrored("compared"), failed: mirrored("failed"), dropped: mirrored("dropped"),
            late: mirrored("late"), absent: mirrored("absent"))
        rows = registry.counter(
            "slipway_compared_rows_total", "Inputs whose answers were compared with another version's.", labels)
        differing = registry.counter(
            "slipway_differing_rows_total", "Inputs whose answers differ from another version's.", labels)
    }
}
