import Tensors

/// Lays labels beside the answers of an endpoint's versions, and says what became of each.
enum FeedbackReply {
    /// - Throws: what is wrong with the body; `RequestFault.Code.notInThisState` where no version remembers its answers.
    static func json(_ body: [UInt8], _ endpoint: LiveEndpoint, at now: UInt64) throws(RequestFault) -> [UInt8] {
        let memories = endpoint.arms.map(\.servable.memory).filter(\.isOpen)
        guard !memories.isEmpty else {
            throw RequestFault(
                .notInThisState,
                "no version of model '\(endpoint.name)' remembers its answers: that takes one that was evaluated as a "
                    + "classifier with rows that are kept, an endpoint without --feedback off, and a server that watches "
                    + "drift")
        }
        let request = try FeedbackRequest(body)
        var counts: [AnswerMemory.Outcome: Int] = [:]
        var results: [JSONValue] = []
        for item in request.items {
            for (row, label) in item.labels.enumerated() {
                guard let label else { continue }
                let outcome = outcome(item.id, row, label, memories, now)
                counts[outcome, default: 0] += 1
                endpoint.feedback.count(outcome)
                results.append(
                    .object([
                        ("id", .string(item.id)), ("row", .integer(row)), ("result", .string(outcome.rawValue)),
                    ]))
            }
        }
        let sums = AnswerMemory.Outcome.allCases.map { ($0.member, JSONValue.integer(counts[$0] ?? 0)) }
        return JSONValue.object([("model_name", .string(endpoint.name))] + sums + [("results", .array(results))])
            .encoded()
    }

    /// What the version says that knows the answer; of those that do not, whatever the first says.
    private static func outcome(
        _ id: String, _ row: Int, _ label: FeedbackLabel, _ memories: [AnswerMemory], _ now: UInt64
    ) -> AnswerMemory.Outcome {
        for memory in memories {
            let outcome = memory.label(id, row: row, label, at: now)
            if outcome != .unknown { return outcome }
        }
        return .unknown
    }
}

extension AnswerMemory.Outcome {
    /// Its member of a reply, and its label of a metric.
    var member: String {
        switch self {
        case .alreadyLabelled: "already_labelled"
        default: rawValue
        }
    }
}
