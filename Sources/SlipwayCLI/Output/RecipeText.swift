import Tensors

/// What a recipe made of a model, as people read it.
enum RecipeText {
    /// Nodes that are printed one by one; `--json` has them all.
    private static let mostNodes = 8

    static func text(_ report: JSONValue, title: String) -> String {
        let lines: [String?] =
            [title, size(report), answers(report), accuracy(report), speed(report), kernels(report)]
            + nodes(report)
            + (report["notes"]?.arrayValue ?? []).map { "  note     \(InertText.text($0.stringValue ?? ""))" }
        return lines.compactMap(\.self).joined(separator: "\n")
    }

    /// In a few words: for a version's page.
    static func line(_ lineage: JSONValue, _ recipe: String) -> String {
        let bytes = ["before", "after"].map { Quantity.bytes(lineage[$0]?["bytes"]?.intValue ?? 0) }
        var parts = ["\(bytes[0]) → \(bytes[1])"]
        if let text = accuracyWords(lineage) { parts.append(text) }
        if let data = lineage["calibration"]?.stringValue { parts.append("ranges from \(InertText.text(data))") }
        return "from \(lineage["from"]?.stringValue ?? "?") by \(recipe): " + parts.joined(separator: ", ")
    }

    private static func size(_ report: JSONValue) -> String? {
        let bytes = ["before", "after"].compactMap { report[$0]?["bytes"]?.intValue }
        guard bytes.count == 2, bytes[1] > 0 else { return nil }
        let factor = Quantity.fixed(Double(bytes[0]) / Double(bytes[1]), 2)
        return "  size     \(Quantity.bytes(bytes[0])) → \(Quantity.bytes(bytes[1])), \(factor) times as small"
    }

    private static func answers(_ report: JSONValue) -> String? {
        guard let agreement = report["agreement"], let cosine = agreement["cosine"]?.doubleValue else { return nil }
        var parts = ["cosine \(Quantity.fixed(cosine, 5))"]
        if let top = agreement["topAgreement"]?.doubleValue {
            parts.append("the largest score at the same place in \(Quantity.percent(top)) of rows")
        }
        let rows = InertText.text(report["judgedBy"]?.stringValue ?? "")
        return "  answers  \(parts.joined(separator: ", ")); on \(rows), \(report["engine"]?.stringValue ?? "?")"
    }

    private static func accuracyWords(_ report: JSONValue) -> String? {
        guard let accuracy = report["accuracy"], let before = accuracy["before"]?.doubleValue,
            let after = accuracy["after"]?.doubleValue
        else { return nil }
        return "accuracy \(Quantity.percent(before)) → \(Quantity.percent(after))"
    }

    private static func accuracy(_ report: JSONValue) -> String? {
        accuracyWords(report).map { "  \($0)" }
    }

    private static func speed(_ report: JSONValue) -> String? {
        guard let speed = report["speed"], let before = speed["beforeMilliseconds"]?.doubleValue,
            let after = speed["afterMilliseconds"]?.doubleValue, let factor = speed["factor"]?.doubleValue
        else { return nil }
        let words =
            if speed["faster"]?.boolValue == true {
                "\(Quantity.fixed(factor, 2)) times as fast"
            } else if speed["slower"]?.boolValue == true {
                "\(Quantity.fixed(1 / factor, 2)) times as long"
            } else {
                "no difference that can be told"
            }
        return
            "  speed    \(Quantity.seconds(before / 1e3)) → \(Quantity.seconds(after / 1e3)) a run of one row: \(words)"
    }

    private static func kernels(_ report: JSONValue) -> String? {
        report["kernels"]?["words"]?.stringValue.map { "  kernels  \($0)" }
    }

    private static func nodes(_ report: JSONValue) -> [String?] {
        let layers = report["layers"]?.arrayValue ?? []
        guard !layers.isEmpty else { return [] }
        let changed = layers.filter { $0["changed"]?.boolValue == true }
        let rest = layers.filter { $0["changed"]?.boolValue != true }
        var lines: [String?] = ["  nodes    \(changed.count) of \(layers.count) changed"]
        for layer in rest.prefix(mostNodes) {
            let node = InertText.text(layer["node"]?.stringValue ?? "?")
            let action = InertText.text(layer["action"]?.stringValue ?? "")
            lines.append("  left     \(node) (\(layer["operator"]?.stringValue ?? "?")): \(action)")
        }
        if rest.count > mostNodes { lines.append("  left     \(rest.count - mostNodes) more") }
        return lines
    }
}
