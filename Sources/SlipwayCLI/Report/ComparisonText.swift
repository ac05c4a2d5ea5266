import Compress
import Control
import Monitor

/// Two models as people read it in a terminal.
struct ComparisonText {
    let record: ComparisonRecord
    let width: Int

    /// Rows of operators and layers that are printed; `--json` and `--report` have them all.
    private static let most = 8

    var lines: [String] {
        [sides, ""] + DuelText(a: record.a.title, b: record.b.title, outcome: record.outcome).words + layers
    }

    private var sides: String {
        let (a, b) = (record.a, record.b)
        let rates = record.outcome.score.rates
        var table = Table("", ">A", ">B")
        table.add("size", Quantity.bytes(a.bytes), Quantity.bytes(b.bytes))
        table.add("parameters", Self.count(a.parameters), Self.count(b.parameters))
        table.add("nodes", Self.count(a.nodes), Self.count(b.nodes))
        let operators = record.operators.filter { $0.a != $0.b }
        for entry in operators.prefix(Self.most) {
            table.add("  \(InertText.text(entry.name))", Self.count(entry.a), Self.count(entry.b))
        }
        if operators.count > Self.most { table.add("  and \(operators.count - Self.most) more operators") }
        table.add("runs a second", TuningText.number(rates.a.mean), TuningText.number(rates.b.mean))
        table.add("  95 %", Self.interval(rates.a), Self.interval(rates.b))
        return ["A  \(InertText.text(a.title))", "B  \(InertText.text(b.title))", "", table.rendered()].joined(
            separator: "\n")
    }

    private static func count(_ count: Int) -> String { count == 0 ? "–" : Quantity.count(count) }

    private static func interval(_ estimate: Estimate) -> String {
        "\(TuningText.number(estimate.low)) to \(TuningText.number(estimate.high))"
    }

    private var layers: [String] {
        let differing = record.differing
        guard !differing.isEmpty else {
            return record.layers.isEmpty ? [] : ["layers: all \(Quantity.count(record.layers.count)) are the same"]
        }
        var table = FittedTable(["  LAYER", "OPERATOR", ">WEIGHTS", "IN B"], shrinking: [0], width: width)
        for layer in LayerFigure.chosen(differing, most: Self.most) {
            let bytes = [layer.bytesBefore, layer.bytesAfter].map { $0.map(Quantity.bytes) ?? "–" }
            table.add([
                "  \(InertText.text(layer.node))", InertText.text(layer.operatorType),
                bytes[0] == bytes[1] ? bytes[0] : "\(bytes[0]) → \(bytes[1])",
                layer.action.isEmpty ? "other weights" : InertText.text(layer.action),
            ])
        }
        let rest = differing.count - Self.most
        return [
            "layers: \(Quantity.count(differing.count)) of A's \(Quantity.count(record.layers.count)) are others in B",
            table.rendered(),
        ] + (rest > 0 ? ["  and \(Quantity.count(rest)) more; --json and --report have them"] : [])
    }
}
