import Compress
import Control
import Engines
import Home
import Monitor

/// Two models on one page, with the pictures that an optimisation's report has.
enum ComparisonPage {
    static func html(_ record: ComparisonRecord, command: String) -> String {
        let studied = studied(record)
        let sections = [
            ("Side by side", sides(record)),
            ("Layers", LayerFigure(record: studied, told: layers(record)).html()),
            ("Where the bytes are", SizeFigure(record: studied, sides: ("A", "B")).html()),
            ("How weights are spread", WeightFigure(record: studied, sides: ("A", "B")).html()),
            ("Operators", operators(record)),
            ("Where and when", setting(record, studied, command)),
        ]
        return ReportPage(
            title: "\(record.a.title) and \(record.b.title)", lead: lead(record), facts: facts(record),
            sections: sections.filter { !$0.1.isEmpty }.map { (heading: $0.0, body: $0.1) },
            maker: "slipway \(Version.text)"
        ).html()
    }

    /// As if B had been made of A: layers, bytes and weights are shown alike.
    private static func studied(_ record: ComparisonRecord) -> OptimisationRecord {
        var studied = OptimisationRecord(
            subject: record.a.title, outcome: .improved, original: .init("A", bytes: record.a.bytes))
        studied.candidates = [.init("B", bytes: record.b.bytes)]
        studied.chosen = "B"
        studied.layers = record.layers
        return studied
    }

    private static func lead(_ record: ComparisonRecord) -> [String] {
        let words = DuelText(a: record.a.title, b: record.b.title, outcome: record.outcome).words
        return words.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." } + [layers(record)]
    }

    private static func layers(_ record: ComparisonRecord) -> String {
        let differing = record.differing.count
        return differing == 0
            ? "All of A's layers are in B as they are."
            : "\(Quantity.count(differing)) of A's \(Quantity.count(record.layers.count)) layers are others in B."
    }

    private static func facts(_ record: ComparisonRecord) -> [(name: String, value: String)] {
        let rates = record.outcome.score.rates
        return [
            (name: "size", value: "\(Quantity.bytes(record.a.bytes)) → \(Quantity.bytes(record.b.bytes))"),
            (
                name: "runs a second",
                value: "\(TuningText.number(rates.a.mean)) → \(TuningText.number(rates.b.mean))"
            ), (name: "nodes", value: "\(Quantity.count(record.a.nodes)) → \(Quantity.count(record.b.nodes))"),
        ]
    }

    private static func sides(_ record: ComparisonRecord) -> String {
        let (a, b) = (record.a, record.b)
        let rates = record.outcome.score.rates
        func interval(_ estimate: Estimate) -> String {
            "\(TuningText.number(estimate.mean)) (\(TuningText.number(estimate.low)) to "
                + "\(TuningText.number(estimate.high)))"
        }
        return ReportPage.table(
            ["", ">A", ">B"],
            [
                ["model", a.title, b.title], ["size", Quantity.bytes(a.bytes), Quantity.bytes(b.bytes)],
                ["parameters", Quantity.count(a.parameters), Quantity.count(b.parameters)],
                ["nodes", Quantity.count(a.nodes), Quantity.count(b.nodes)],
                ["runs a second, with its 95 % interval", interval(rates.a), interval(rates.b)],
            ], kind: "wraps")
    }

    private static func operators(_ record: ComparisonRecord) -> String {
        let all = record.operators
        let rows = all.prefix(100).map { entry in
            [entry.name, Quantity.count(entry.a), Quantity.count(entry.b)]
        }
        return ReportPage.table(["Operator", ">In A", ">In B"], rows)
            + (all.count > 100 ? "<p>\(all.count - 100) more are in the JSON beside this page.</p>\n" : "")
    }

    private static func setting(
        _ record: ComparisonRecord, _ studied: OptimisationRecord, _ command: String
    ) -> String {
        ReportPage.table(
            ["What", "Value"],
            [
                ["date", Timestamp.now().description], ["machine", Machine.present.words],
                ["rounds, turn by turn", Quantity.count(record.outcome.score.rounds)],
            ]) + "<h3>To have it again</h3>\n<pre>\(ReportPage.text(command, limit: 4000))</pre>\n"
    }
}
