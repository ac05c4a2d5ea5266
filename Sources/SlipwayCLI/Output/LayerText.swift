import Tensors

/// Layers as an aligned table that fits the terminal, with the sums below it.
enum LayerText {
    static func text(_ report: JSONValue, title: String, width: Int) -> String {
        let rows = (report["layers"]?.arrayValue ?? []).map(cells)
        var fitted = FittedTable(
            [">#", "LAYER", "OPERATOR", "OUTPUT", ">PARAMETERS", ">FLOPS", ">MEMORY"], shrinking: [1, 3], width: width)
        for row in rows { fitted.add(row) }
        return ([fitted.rendered()] + sums(report, title: title)).joined(separator: "\n")
    }

    private static func cells(_ layer: JSONValue) -> [String] {
        let parameters = layer["parameters"]?.intValue ?? 0
        let outputs = layer["outputs"]?.arrayValue ?? []
        let first = outputs.first.map { $0["type"]?.stringValue ?? "?" } ?? ""
        return [
            layer["index"]?.intValue.map(String.init) ?? "", layer["name"]?.stringValue ?? "",
            layer["operator"]?.stringValue ?? "?", first + (outputs.count > 1 ? " +\(outputs.count - 1)" : ""),
            parameters == 0 ? "" : Quantity.count(parameters),
            layer["flops"]?.intValue.map { $0 == 0 ? "" : Quantity.operations($0) } ?? "?",
            layer["activationBytes"]?.intValue.map { Quantity.bytes($0) } ?? "?",
        ]
    }

    private static func sums(_ report: JSONValue, title: String) -> [String] {
        let totals = report["totals"] ?? .null
        func number(_ key: String) -> Int { totals[key]?.intValue ?? 0 }
        let batch = report["batch"]?.intValue
        var lines = [
            "",
            "\(title): \(Quantity.count(number("layers"))) layers"
                + (batch.map { ", for \(Quantity.count($0)) row\($0 == 1 ? "" : "s")" } ?? ""),
            "  parameters   \(Quantity.count(number("parameters"))), \(Quantity.bytes(number("weightBytes")))",
            "  FLOPs        "
                + known(number("flops"), Quantity.operations, number("layersOfUnknownFLOPs"), "operations"),
            "  peak memory  about \(Quantity.bytes(number("peakMemoryBytes"))): weights and "
                + "\(Quantity.bytes(number("peakActivationBytes"))) of values in between"
                + peakLayer(report, totals["peakLayer"]?.intValue)
                + short(number("layersOfUnknownBytes"), "whose size is not known"),
        ]
        for file in report["external"]?.arrayValue ?? [] {
            let tensors = file["tensors"]?.intValue ?? 0
            lines.append(
                "  file         \(file["location"]?.stringValue ?? "?") with \(Quantity.count(tensors)) tensors")
        }
        lines += (report["notes"]?.arrayValue ?? []).compactMap(\.stringValue).map { "  note         \($0)" }
        if number("layersOfUnknownFLOPs") > 0 {
            lines.append(
                batch == nil
                    ? "  for numbers where sizes are open, say how many rows: --batch 1"
                    : "  for numbers where sizes are open, say how large they are: --size NAME=12")
        }
        return lines
    }

    private static func short(_ count: Int, _ words: String) -> String {
        count == 0 ? "" : ", without \(Quantity.count(count)) layer\(count == 1 ? "" : "s") \(words)"
    }

    /// A sum, or that there is none: nothing that was counted is no answer where something was not.
    private static func known(_ sum: Int, _ text: (Int) -> String, _ unknown: Int, _ what: String) -> String {
        sum == 0 && unknown > 0
            ? "unknown: \(Quantity.count(unknown)) layer\(unknown == 1 ? "" : "s") of open size"
            : text(sum) + short(unknown, "whose \(what) are not known")
    }

    private static func peakLayer(_ report: JSONValue, _ index: Int?) -> String {
        guard let index, let layers = report["layers"]?.arrayValue, layers.indices.contains(index),
            let name = layers[index]["name"]?.stringValue
        else { return "" }
        return ", at layer \(index) (\(ShortText.line(name, limit: 40)))"
    }
}

/// A table of which some columns give way where the terminal is too narrow.
struct FittedTable {
    private let columns: [String]
    private let shrinking: [Int]
    private let width: Int
    private var rows: [[String]] = []

    /// A column does not become narrower than this.
    private static let least = 10

    /// - Parameter shrinking: the columns that give way, the widest of them first.
    init(_ columns: [String], shrinking: [Int], width: Int) {
        self.columns = columns
        self.shrinking = shrinking
        self.width = width
    }

    mutating func add(_ cells: [String]) { rows.append(cells) }

    func rendered() -> String {
        var widths = columns.indices.map { column in
            max(columns[column].count, rows.reduce(0) { max($0, $1.indices.contains(column) ? $1[column].count : 0) })
        }
        let gaps = 2 * (columns.count - 1)
        while widths.reduce(gaps, +) > width,
            let widest = shrinking.filter({ widths[$0] > Self.least }).max(by: { widths[$0] < widths[$1] })
        {
            let over = widths.reduce(gaps, +) - width
            let next = shrinking.filter { $0 != widest }.map { widths[$0] }.max() ?? 0
            widths[widest] = max(
                Self.least, min(widths[widest] - 1, max(widths[widest] - over, min(next, widths[widest] - 1))))
        }
        var table = Table(columns: columns)
        for row in rows {
            table.add(
                cells: row.enumerated().map { Self.cut($1, to: widths.indices.contains($0) ? widths[$0] : $1.count) })
        }
        return table.rendered()
    }

    /// Names tell each other apart at both ends, so the middle goes.
    static func cut(_ text: String, to width: Int) -> String {
        guard text.count > width, width > 1 else { return text }
        let tail = width / 2
        return "\(text.prefix(width - 1 - tail))…\(text.suffix(tail))"
    }
}
