import Registry
import Tensors

/// What referrers say of measurements, as the page of reports shows it. They may have come in a stranger's archive: every
/// figure is read as such, and lists are cut.
enum ReportWords {
    private static let (mostEvaluations, mostClasses, mostTableClasses, mostSteps) = (6, 30, 100, 60)

    static func view(
        _ reference: String, _ known: [Referrer], _ made: JSONValue?, page: String?
    ) -> Views.ReportsPage {
        let evaluations = known.filter { $0.kind == .evaluation }.prefix(mostEvaluations).enumerated().map(evaluation)
        let engines = known.filter { $0.kind == .comparison }.prefix(1).flatMap(ViewBuilder.facts)
        let tunings = known.filter { $0.kind == .tuning }.prefix(4).flatMap(ViewBuilder.facts)
        return Views.ReportsPage(
            reference: reference, evaluations: evaluations, optimisation: made.map { optimisation($0, page) },
            engines: engines, hasEngines: !engines.isEmpty, tunings: tunings, hasTunings: !tunings.isEmpty,
            isEmpty: evaluations.isEmpty && made == nil && engines.isEmpty && tunings.isEmpty)
    }

    // MARK: - Evaluation

    private static func evaluation(_ index: Int, _ referrer: Referrer) -> Views.Evaluation {
        let payload = referrer.payload
        let classes = (payload["perClass"]?.arrayValue ?? []).prefix(mostTableClasses).map(measure)
        return Views.Evaluation(
            title: referrer.name, identifier: String(index), at: Views.Moment(referrer.createdAt),
            facts: facts(payload), classes: classes, hasClasses: !classes.isEmpty, confusion: confusion(payload))
    }

    private static func facts(_ payload: JSONValue) -> [Views.Fact] {
        var facts: [Views.Fact] = []
        func add(_ name: String, _ value: String?) {
            if let value { facts.append(Views.Fact(name: name, value: value)) }
        }
        add("Accuracy", payload["accuracy"]?.doubleValue.map(ViewBuilder.percent))
        add("Macro F1", payload["macroF1"]?.doubleValue.map(ViewBuilder.percent))
        add("Mean absolute error", payload["meanAbsoluteError"]?.doubleValue.map { short($0) })
        add("Root mean square error", payload["rootMeanSquareError"]?.doubleValue.map { short($0) })
        add("R²", payload["determination"]?.doubleValue.map(RolloutWords.figure))
        add("Rows", payload["rows"]?.intValue.map(ViewBuilder.count))
        add("Right", payload["correct"]?.intValue.map(ViewBuilder.count))
        add("Engine", payload["engine"]?.stringValue.map { "\($0) \(payload["engineVersion"]?.stringValue ?? "")" })
        return facts
    }

    private static func short(_ value: Double) -> String { String(Float(value)) }

    private static func measure(_ json: JSONValue) -> Views.ClassMeasure {
        func ratio(_ name: String) -> Double { min(max(json[name]?.doubleValue ?? 0, 0), 1) }
        return Views.ClassMeasure(
            name: json["class"]?.stringValue ?? "?", support: ViewBuilder.count(json["support"]?.intValue ?? 0),
            precision: ViewBuilder.percent(ratio("precision")), recall: ViewBuilder.percent(ratio("recall")),
            f1: ViewBuilder.percent(ratio("f1")), width: ViewBuilder.hundredth(Int(ratio("f1") * 10_000)))
    }

    private static func confusion(_ payload: JSONValue) -> Views.Confusion? {
        guard let classes = payload["classes"]?.arrayValue?.compactMap(\.stringValue), classes.count <= mostClasses,
            let rows = payload["confusion"]?.arrayValue, rows.count == classes.count
        else { return nil }
        return confusion(
            "Confusion: rows are true classes, columns what was predicted", classes,
            rows.map { ($0.arrayValue ?? []).prefix(mostClasses).map { max(0, $0.intValue ?? 0) } })
    }

    /// A table of classes against classes; shades are shares of the row.
    ///
    /// - Parameter counts: a row for each class, none below 0.
    static func confusion(_ caption: String, _ classes: [String], _ counts: [[Int]]) -> Views.Confusion {
        Views.Confusion(
            caption: caption, headings: classes,
            rows: zip(classes, counts).enumerated().map { index, row in
                let counts = row.1
                let sum = Double(max(1, counts.reduce(0) { $0 &+ $1 }))
                return Views.ConfusionRow(
                    name: row.0,
                    cells: counts.enumerated().map { column, count in
                        Views.Cell(
                            text: count == 0 ? "·" : String(count),
                            style: style(Double(count) / sum, isRight: column == index, isNone: count == 0))
                    })
            })
    }

    private static func style(_ share: Double, isRight: Bool, isNone: Bool) -> String {
        guard !isNone else { return "none" }
        if isRight { return share > 0.9 ? "hit3" : share > 0.6 ? "hit2" : "hit1" }
        return share > 0.2 ? "miss3" : share > 0.05 ? "miss2" : "miss1"
    }

    // MARK: - Optimisation

    private static func optimisation(_ made: JSONValue, _ page: String?) -> Views.Optimisation {
        let steps = steps(made)
        return Views.Optimisation(
            lead: "From \(made["from"]?.stringValue ?? "?"), \(Lineage.words(made)).",
            changes: Views.Changes(
                caption: "Before and after", first: "Before", second: "After", figures: figures(made)),
            steps: steps, hasSteps: !steps.isEmpty, path: page)
    }

    private static func figures(_ made: JSONValue) -> [Views.Change] {
        let (before, after) = (made["before"], made["after"])
        let rows: [(String, Double?, Double?, (Double) -> String)] = [
            (
                "Size", before?["bytes"]?.doubleValue, after?["bytes"]?.doubleValue,
                { ViewBuilder.bytes(Self.whole($0)) }
            ),
            (
                "Nodes", before?["nodes"]?.doubleValue, after?["nodes"]?.doubleValue,
                { ViewBuilder.count(Self.whole($0)) }
            ),
            (
                "Operations, one row", before?["flops"]?.doubleValue, after?["flops"]?.doubleValue,
                { ViewBuilder.count(Self.whole($0)) }
            ),
            ("Time of a run", time(made, "before"), time(made, "after"), { Duration.short(seconds: $0 / 1000) }),
            (
                "Accuracy", made["accuracy"]?["before"]?.doubleValue, made["accuracy"]?["after"]?.doubleValue,
                ViewBuilder.percent
            ),
        ]
        return rows.compactMap { name, before, after, text in change(name, before, after, text) }
    }

    /// A figure of two sides; `nil` where one of them is not known.
    static func change(
        _ name: String, _ before: Double?, _ after: Double?, _ text: (Double) -> String
    ) -> Views.Change? {
        guard let before, let after, before.isFinite, after.isFinite else { return nil }
        let most = max(before, after, .leastNormalMagnitude)
        return Views.Change(
            name: name, before: text(before), after: text(after),
            widthBefore: ViewBuilder.hundredth(whole(max(0, before) / most * 10_000)),
            widthAfter: ViewBuilder.hundredth(whole(max(0, after) / most * 10_000)))
    }

    private static func time(_ made: JSONValue, _ side: String) -> Double? {
        (made["speed"]?["\(side)Middle"] ?? made["speed"]?["\(side)Milliseconds"])?.doubleValue
    }

    private static func whole(_ value: Double) -> Int { Int(exactly: value.rounded()) ?? 0 }

    private static func steps(_ made: JSONValue) -> [Views.Fact] {
        let passes = (made["passes"]?.arrayValue ?? []).prefix(mostSteps).map { pass in
            Views.Fact(
                name: pass["name"]?.stringValue ?? "?", value: "changed \(pass["changed"]?.intValue ?? 0) places")
        }
        let named = (made["search"]?["chosen"] ?? made["recipe"])?.stringValue.map {
            [Views.Fact(name: "recipe", value: $0)]
        }
        let notes = (made["notes"]?.arrayValue ?? []).prefix(mostSteps).compactMap(\.stringValue).map {
            Views.Fact(name: "note", value: $0)
        }
        return (named ?? []) + passes + notes
    }
}
