import Tensors

/// Lays labels beside the answers of an endpoint's versions, and says what became of each.
enum FeedbackReply {
    /// - Throws: what is wrong with the body; `RequestFault.Code.notInThisState` where no version remembers its answers.
    static func json(_ body: [UInt8], _ endpoint: LiveEndpoint, at now: UInt64) throws(RequestFault) -> [UInt8] {
        guard endpoint.arms.contains(where: { $0.servable.memory.isOpen }) else {
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
                let outcome = outcome(item.id, row, label, endpoint, now)
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

    /// What the version says that knows the answer; of those that do not, whatever the first says. Others that were asked the
    /// same are judged beside it.
    private static func outcome(
        _ id: String, _ row: Int, _ label: FeedbackLabel, _ endpoint: LiveEndpoint, _ now: UInt64
    ) -> AnswerMemory.Outcome {
        for servable in endpoint.arms.map(\.servable) where servable.memory.isOpen {
            let (outcome, verdict) = servable.memory.judge(id, row: row, label, at: now)
            if let isRight = verdict {
                servable.labelled.add(isRight: isRight)
                for other in endpoint.asked where other !== servable {
                    guard let isOtherRight = other.memory.judgeCopy(id, row: row, label, at: now) else { continue }
                    servable.labelled.add(isRight: isRight, beside: other.digest, isOtherRight: isOtherRight)
                    other.labelled.add(isRight: isOtherRight, beside: servable.digest, isOtherRight: isRight)
                }
            }
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
