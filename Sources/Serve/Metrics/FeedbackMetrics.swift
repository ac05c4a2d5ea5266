import Monitor

/// What became of the labels that came for an endpoint.
final class FeedbackMetrics: Sendable {
    private let counters: [AnswerMemory.Outcome: Counter]

    init(endpoint: String, _ registry: MetricsRegistry) {
        counters = Dictionary(
            uniqueKeysWithValues: AnswerMemory.Outcome.allCases.map { outcome in
                (
                    outcome,
                    registry.counter(
                        "slipway_feedback_labels_total", "Labels that came for answers, by what became of them.",
                        [Label("endpoint", endpoint), Label("outcome", outcome.member)])
                )
            })
    }

    func count(_ outcome: AnswerMemory.Outcome) { counters[outcome]?.add() }
}
