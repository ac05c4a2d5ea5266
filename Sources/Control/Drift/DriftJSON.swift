import Drift
import Home
import Serve
import Tensors
import Workshop

/// What is told about drift.
enum DriftJSON {
    /// One version in service.
    ///
    /// - Parameter watched: `nil` for one without a reference.
    static func version(_ servable: Servable, _ watched: WatchedVersion?) -> JSONValue {
        let name = JSONValue.string("\(servable.model):\(servable.version)")
        guard let watched else { return .object([("version", name), ("state", "no reference")]) }
        let report = watched.report
        let quality = QualityJSON.version(servable, watched).map { [("accuracy", $0)] } ?? []
        let outliers = servable.inputGuard.action.map { [("outliers", JSONValue.string($0.description))] } ?? []
        return .object(
            [
                ("version", name), ("state", .string(watched.state)),
                (
                    "reference",
                    .object([
                        ("set", .string(watched.reference.set)),
                        ("rows", .integer(Int(clamping: watched.reference.profile.rows))),
                    ])
                ),
                (
                    "sampling",
                    .object([
                        ("oneIn", .integer(servable.tap.oneIn)), ("rows", .integer(watched.rows)),
                        ("droppedRequests", .integer(servable.tap.dropped)),
                    ])
                ),
                (
                    "open",
                    .object([
                        ("from", time(watched.open.from)), ("rows", .integer(Int(clamping: watched.open.profile.rows))),
                        ("needsRows", .integer(watched.rule.smallestWindow)),
                        ("needsSeconds", .number(Double(watched.duration) / 1000)),
                    ])
                ),
                ("windows", .array(watched.closed.map(window))),
                ("drifting", .array(report.drifting.map { .string($0.finding.feature.name) })),
                ("features", .array(features(watched))),
            ] + quality + outliers)
    }

    private static func window(_ window: WatchedVersion.Window) -> JSONValue {
        .object([
            ("from", time(window.from)), ("to", time(window.to)),
            ("rows", .integer(Int(clamping: window.profile.rows))),
        ])
    }

    private static func features(_ watched: WatchedVersion) -> [JSONValue] {
        guard let newest = watched.closed.last?.profile else { return [] }
        return watched.report.rows.indices.map { index in
            feature(watched.report.rows[index], watched.reference.profile.sketches[index], newest.sketches[index])
        }
    }

    private static func feature(
        _ row: DriftReport.Row, _ reference: FeatureSketch, _ current: FeatureSketch
    ) -> JSONValue {
        let finding = row.finding
        let outline = Outline(reference, current)
        return .object([
            ("name", .string(finding.feature.name)),
            ("role", .string(finding.feature.role == .input ? "input" : "output")),
            ("kind", .string(finding.feature.kind == .number ? "number" : "category")),
            ("test", .string(finding.method.rawValue)), ("statistic", .number(finding.statistic)),
            ("p", .number(finding.p)), ("adjustedP", .number(finding.adjusted)),
            ("effect", .number(finding.effect)), ("threshold", .number(finding.threshold)),
            ("verdict", .string(row.isDrifting ? "drift" : row.standsOut ? "suspected" : "stable")),
            (
                "psi",
                .object([
                    ("value", .number(finding.stability.value)), ("expected", .number(finding.stability.mean)),
                    ("p", .number(finding.stability.p)),
                ])
            ),
            ("reference", summary(reference)), ("current", summary(current)),
            (
                "histogram",
                .object([
                    ("bars", .array(outline.names.map(JSONValue.string))),
                    ("reference", .array(outline.reference.map(JSONValue.number))),
                    ("current", .array(outline.current.map(JSONValue.number))),
                ])
            ),
        ])
    }

    private static func summary(_ sketch: FeatureSketch) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("count", .integer(Int(clamping: sketch.count))), ("missing", .integer(Int(clamping: sketch.missing))),
            ("outside", .integer(Int(clamping: sketch.outside))),
            ("distinct", .integer(Int(sketch.distinct.estimate.rounded()))),
        ]
        if sketch.kind == .number, sketch.moments.count > 0 {
            members += [
                ("mean", .number(sketch.moments.mean)), ("deviation", .number(sketch.moments.deviation)),
                ("smallest", .number(sketch.moments.smallest)), ("largest", .number(sketch.moments.largest)),
            ]
        } else if let first = sketch.top.ranked.first {
            members += [
                ("mostFrequent", first.value.json), ("share", .number(Double(first.count) / Double(sketch.count))),
            ]
        }
        return .object(members)
    }

    private static func time(_ milliseconds: Int) -> JSONValue {
        .string(Timestamp(milliseconds: Int64(milliseconds)).description)
    }
}
