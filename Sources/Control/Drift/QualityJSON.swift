import Drift
import Serve
import Tensors
import Workshop

/// What is told about a version's accuracy.
enum QualityJSON {
    /// - Parameter watched: `nil` for a version without a reference.
    static func version(_ servable: Servable, _ watched: WatchedVersion?) -> JSONValue? {
        guard let reference = watched?.reference.confidence else { return nil }
        var members: [(String, JSONValue)] = [
            ("reference", .object([("accuracy", .number(reference.accuracy)), ("rows", .integer(reference.rows))]))
        ]
        if reference.calibration != nil, let estimate = watched?.estimate {
            members.append(("estimated", tally(estimate, "rows", with: ConfidenceReference.assumption)))
        }
        if let labels = servable.memory.tally {
            members.append(("realised", realised(labels)))
        }
        return .object(members)
    }

    private static func tally(_ tally: AccuracyTally, _ unit: String, with assumption: String) -> JSONValue {
        .object([
            ("accuracy", tally.accuracy.map(JSONValue.number) ?? .null),
            ("deviation", tally.deviation.map(JSONValue.number) ?? .null), (unit, .integer(tally.count)),
            ("assumption", .string(assumption)),
        ])
    }

    private static func realised(_ labels: AnswerMemory.Tally) -> JSONValue {
        let share = labels.labelled > 0 ? Double(labels.right) / Double(labels.labelled) : nil
        let interval = Wilson.interval(labels.right, of: labels.labelled)
        return .object([
            ("accuracy", share.map(JSONValue.number) ?? .null),
            ("low", interval.map { .number($0.lowerBound) } ?? .null),
            ("high", interval.map { .number($0.upperBound) } ?? .null),
            ("labels", .integer(labels.labelled)), ("right", .integer(labels.right)),
            ("promised", labels.promised.accuracy.map(JSONValue.number) ?? .null),
        ])
    }
}
