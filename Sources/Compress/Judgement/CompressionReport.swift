package import Optimize
package import Tensors

/// What a recipe did, what it cost and what it gained.
package struct CompressionReport: Sendable {
    package let recipe: String
    package let engine: String
    /// What values were looked at with, and whether that was made up.
    package let calibration: String
    package let isGenerated: Bool
    /// What the result was judged by.
    package let rows: String
    package let before: ModelFigures
    package var accuracyBefore: Double?
    package var outcome = OptimizationReport.Outcome.unchanged
    /// Why the original is kept, where it is.
    package var reason: String?
    package private(set) var after: ModelFigures?
    package private(set) var layers: [LayerRecord] = []
    package private(set) var notes: [String] = []
    /// Bytes of the packed file before and after, where these are all that gets smaller.
    package private(set) var packed: (before: Int, after: Int)?
    package private(set) var agreement: OutputAgreement?
    package private(set) var accuracyAfter: Double?
    /// Nodes that were given back their floats, in that order, and what was lost before.
    package private(set) var left: [String] = []
    package var dropBefore: Double?
    /// What is lost, as the judge measures it.
    package private(set) var drop: Double?
    /// The share that was pruned, where it was searched, and what was tried.
    package var share: Double?
    package var triedShares: [Double] = []
    /// The ranks that layers got.
    package private(set) var ranks: [String: Int] = [:]
    package var speed: SpeedComparison?

    init(
        recipe: String, engine: String, calibration: String, isGenerated: Bool, rows: String, before: ModelFigures
    ) {
        self.recipe = recipe
        self.engine = engine
        self.calibration = calibration
        self.isGenerated = isGenerated
        self.rows = rows
        self.before = before
    }

    mutating func take(_ made: AccuracyFallback.Outcome, after: ModelFigures) {
        outcome = .improved
        self.after = after
        layers = made.result.layers
        notes = made.result.notes
        packed = made.result.packed
        agreement = made.verdict.agreement
        accuracyAfter = made.verdict.accuracy
        left = made.left
        ranks = made.result.ranks
        drop = made.verdict.drop
    }

    func refused(_ reason: String) -> CompressionReport {
        var report = self
        report.outcome = .refused
        report.reason = reason
        return report
    }

    package var json: JSONValue {
        let head: [(String, JSONValue)] = [
            ("outcome", .string(outcome.rawValue)), ("reason", Self.text(reason)), ("recipe", .string(recipe)),
            ("engine", .string(engine)), ("calibration", .string(calibration)), ("generated", .bool(isGenerated)),
            ("judgedBy", .string(rows)), ("before", before.json), ("after", after?.json ?? .null),
        ]
        let tail: [(String, JSONValue)] = [
            ("agreement", agreement?.json ?? .null), ("accuracy", accuracy), ("layers", .array(layers.map(\.json))),
            ("notes", .array(notes.map(JSONValue.string))), ("leftInFloats", .array(left.map(JSONValue.string))),
            ("dropBefore", Self.number(dropBefore)), ("drop", Self.number(drop)),
            ("share", Self.number(share)), ("speed", speed?.json ?? .null),
        ]
        let sizes = packed.map { packed in
            [("packed", JSONValue.object([("before", .integer(packed.before)), ("after", .integer(packed.after))]))]
        }
        return .object(head + tail + (sizes ?? []))
    }

    private var accuracy: JSONValue {
        guard accuracyBefore != nil else { return .null }
        return .object([("before", Self.number(accuracyBefore)), ("after", Self.number(accuracyAfter))])
    }

    private static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }

    private static func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
}
