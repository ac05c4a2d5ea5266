package import Tensors

/// What became of one pass on one model.
package struct PassRecord: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable {
        /// It found nothing to do.
        case unchanged
        /// Its work is in the model.
        case applied
        /// It was undone.
        case rejected
        /// The model is not for it.
        case skipped
    }

    package let name: String
    package let purpose: String
    package let tolerance: Tolerance
    package private(set) var verdict = Verdict.unchanged
    /// Nodes or constants that were removed, replaced or merged.
    package private(set) var changed = 0
    /// The largest difference that it made, also when it was undone.
    package private(set) var difference: OutputDifference?
    /// What it left alone, from its last run.
    package private(set) var refusals: [Refusal] = []
    /// Why it was undone or skipped.
    package private(set) var reason: String?
    /// The passes whose work was in the model when it was undone.
    package private(set) var predecessors: [String] = []

    init(_ pass: any GraphPass) {
        name = pass.name
        purpose = pass.purpose
        tolerance = pass.tolerance
    }

    mutating func skip(_ reason: String) {
        if verdict != .applied { verdict = .skipped }
        self.reason = reason
    }

    mutating func note(_ refusals: [Refusal]) { self.refusals = refusals }

    mutating func measured(_ difference: OutputDifference) {
        var largest = self.difference ?? OutputDifference()
        largest.largest = max(largest.largest, difference.largest)
        largest.unequal = max(largest.unequal, difference.unequal)
        largest.nonFinite = max(largest.nonFinite, difference.nonFinite)
        self.difference = largest
    }

    mutating func applied(_ count: Int) {
        verdict = .applied
        changed += count
    }

    mutating func reject(_ reason: String, after predecessors: [String]) {
        verdict = .rejected
        self.reason = reason
        self.predecessors = predecessors.filter { $0 != name }
    }

    /// The most refusals that are listed.
    private static let mostRefusals = 50

    package var json: JSONValue {
        .object([
            ("name", .string(name)), ("purpose", .string(purpose)), ("verdict", .string(verdict.rawValue)),
            ("changed", .integer(changed)), ("tolerance", .string(tolerance.description)),
            ("difference", difference.map(\.json) ?? .null), ("reason", reason.map(JSONValue.string) ?? .null),
            ("after", .array(predecessors.map(JSONValue.string))),
            ("refusedCount", .integer(refusals.count)),
            (
                "refused",
                .array(
                    refusals.prefix(Self.mostRefusals).map {
                        .object([("node", .string($0.node)), ("reason", .string($0.reason))])
                    })
            ),
        ])
    }
}

extension OutputDifference {
    package var json: JSONValue {
        .object([
            ("largest", .number(largest)), ("unequal", .integer(unequal)), ("nonFinite", .integer(nonFinite)),
        ])
    }
}
