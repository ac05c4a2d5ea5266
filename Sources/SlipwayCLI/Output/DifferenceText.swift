import Tensors
import Workshop

/// What differs between two models, as lines of text: `+` only in the second, `-` only in the first, `~` in both.
enum DifferenceText {
    /// The most lines of each kind.
    private static let most = 40

    static func text(_ report: JSONValue, before: String, after: String) -> String {
        guard report["same"]?.boolValue != true else { return "\(before) and \(after) mean the same" }
        var lines = ["\(before) → \(after)"]
        lines += section(report, "properties", "property")
        lines += section(report, "opsets", "opset")
        lines += section(report, "inputs", "input")
        lines += section(report, "outputs", "output")
        lines += section(report, "functions", "function")
        lines += limited(report, "nodesRemoved") { Paint.red("  - node \(node($0))", on: 1) }
        lines += limited(report, "nodesAdded") { Paint.green("  + node \(node($0))", on: 1) }
        lines += limited(report, "nodesChanged", changedNode)
        lines += limited(report, "constantsRemoved") {
            Paint.red("  - weight \(name($0)): \($0["before"]?.stringValue ?? "?")", on: 1)
        }
        lines += limited(report, "constantsAdded") {
            Paint.green("  + weight \(name($0)): \($0["after"]?.stringValue ?? "?")", on: 1)
        }
        lines += limited(report, "constantsChanged", changedConstant)
        return lines.joined(separator: "\n")
    }

    private static func section(_ report: JSONValue, _ key: String, _ word: String) -> [String] {
        (report[key]?.arrayValue ?? []).prefix(most).map { line("\(word) \(name($0))", $0) }
    }

    /// Entries of a list, and how many more there are.
    private static func limited(_ report: JSONValue, _ key: String, _ text: (JSONValue) -> String) -> [String] {
        let items = report[key]?.arrayValue ?? []
        let all = report["counts"]?[key]?.intValue ?? items.count
        let lines = items.prefix(most).map(text)
        return lines
            + (all > lines.count ? ["    and \(Quantity.count(all - lines.count)) more of these; --json has them"] : [])
    }

    private static func line(_ subject: String, _ change: JSONValue) -> String {
        let (before, after) = (change["before"]?.stringValue.map(short), change["after"]?.stringValue.map(short))
        switch (before, after) {
        case (nil, let after?): return Paint.green("  + \(subject): \(after)", on: 1)
        case (let before?, nil): return Paint.red("  - \(subject): \(before)", on: 1)
        default: return Paint.yellow("  ~ \(subject): \(before ?? "?") → \(after ?? "?")", on: 1)
        }
    }

    private static func changedNode(_ change: JSONValue) -> String {
        let details = ["attributes", "inputs"].flatMap { key in
            (change[key]?.arrayValue ?? []).prefix(8).map { item in
                let word = key == "inputs" ? "input \(name(item))" : name(item)
                return
                    "\(word): \(short(item["before"]?.stringValue ?? "–")) → \(short(item["after"]?.stringValue ?? "–"))"
            }
        }
        return Paint.yellow("  ~ node \(node(change["after"] ?? .null))", on: 1)
            + details.map { "\n      \($0)" }.joined()
    }

    private static func changedConstant(_ change: JSONValue) -> String {
        let (before, after) = (change["before"]?.stringValue ?? "?", change["after"]?.stringValue ?? "?")
        var text = "  ~ weight \(name(change)): \(before == after ? before : "\(before) → \(after)")"
        if let count = change["changedElements"]?.intValue { text += ", \(Quantity.count(count)) elements differ" }
        if let largest = change["largestDifference"]?.doubleValue { text += ", at most by \(significant(largest))" }
        return Paint.yellow(text, on: 1)
    }

    /// Three significant digits.
    private static func significant(_ value: Double) -> String {
        guard value != 0, value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
        var scale = 1.0
        while value.magnitude * scale < 100, scale < 1e300 { scale *= 10 }
        return "\((value * scale).rounded() / scale)"
    }

    private static func node(_ node: JSONValue) -> String {
        "\(short(node["name"]?.stringValue ?? "?")) (\(node["operator"]?.stringValue ?? "?"))"
    }

    private static func name(_ item: JSONValue) -> String { short(item["name"]?.stringValue ?? "?") }

    private static func short(_ text: String) -> String {
        FittedTable.cut(
            String(
                String.UnicodeScalarView(
                    text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 })),
            to: 72)
    }
}

/// `show A B` and `diff A B`.
enum DifferenceVerbs {
    static func show(_ first: String, _ second: String, _ options: HomeOptions, _ answer: AnswerOptions) async throws {
        let (before, after) = (try ModelSubject(first, options), try ModelSubject(second, options))
        let report = try await ChildRunner().difference(before.path, after.path)
        answer.answer(report, name: report["same"]?.boolValue == true ? "same" : "different") {
            DifferenceText.text(report, before: before.title, after: after.title)
        }
    }
}
