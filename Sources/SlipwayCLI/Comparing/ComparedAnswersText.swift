import Tensors

/// What two versions answered to the same inputs, for people.
enum ComparedAnswersText {
    /// Classes up to which the whole confusion table is drawn.
    private static let mostClasses = 12
    /// Changes of class that are listed where there are more.
    private static let mostChanges = 10
    /// The same where a rollout tells of it in passing.
    private static let briefChanges = 5
    /// Characters of an input that are shown beside answers.
    private static let longestInput = 72

    /// A comparison under way, or one that is remembered.
    static func live(_ entry: JSONValue) -> String {
        func text(_ key: String) -> String { entry[key]?.stringValue ?? "?" }
        let state = entry["inForce"]?.boolValue == true ? text("role") : "\(text("role")), over"
        var lines = ["\(text("candidate")) beside \(text("base")) (\(state))"]
        if let obstacle = entry["obstacle"]?.stringValue { lines.append("  not compared: \(obstacle)") }
        let counts = entry["mirrored"]
        let lost = ["dropped", "late", "absent"].compactMap { key in
            (counts?[key]?.intValue).flatMap { $0 > 0 ? "\(Quantity.count($0)) \(key)" : nil }
        }
        if !lost.isEmpty { lines.append("  not asked again: \(lost.joined(separator: ", "))") }
        if let answers = entry["answers"] { lines.append(Self.answers(answers)) }
        return lines.joined(separator: "\n")
    }

    /// In a line or two, for whoever asks about something else; nothing before there is anything.
    static func brief(_ entry: JSONValue) -> [String] {
        let answers = entry["answers"]
        let rows = answers?["rows"]?.intValue ?? 0
        guard rows > 0 else {
            return (entry["obstacle"]?.stringValue).map { ["answers: not compared: \($0)"] } ?? []
        }
        let differing = answers?["differingRows"]?.intValue ?? 0
        let changes =
            (answers?["outputs"]?.arrayValue ?? []).lazy.map { Self.changes($0["classes"]) }
            .first { !$0.isEmpty } ?? []
        return [
            "answers: \(Quantity.count(rows)) inputs asked of both, "
                + "\(Quantity.percent(1 - Double(differing) / Double(rows))) answered the same"
        ] + (changes.isEmpty ? [] : ["  " + listed(changes, most: briefChanges)])
    }

    /// The answers themselves.
    static func answers(_ answers: JSONValue) -> String {
        let rows = answers["rows"]?.intValue ?? 0
        guard rows > 0 else { return "  nothing compared yet" }
        let differing = answers["differingRows"]?.intValue ?? 0
        var lines = [
            "  \(Quantity.count(rows)) inputs of \(Quantity.count(answers["pairs"]?.intValue ?? 0)) requests: "
                + "\(Quantity.percent(1 - Double(differing) / Double(rows))) the same, \(Quantity.count(differing)) differ"
        ]
        if let failed = answers["failed"]?.intValue, failed > 0 {
            lines.append(
                "  \(Quantity.count(failed)) requests not answered: \(answers["lastFailure"]?.stringValue ?? "no reason")"
            )
        }
        lines.append(times(answers["seconds"]))
        let outputs = answers["outputs"]?.arrayValue ?? []
        for (place, output) in outputs.enumerated() {
            // Scores, their probabilities and the label made of them say the same about classes.
            let alike = outputs[..<place].first { $0["classes"] != nil && $0["classes"] == output["classes"] }
            lines += Self.output(output, alike: alike?["name"]?.stringValue)
        }
        return lines.joined(separator: "\n")
    }

    private static func times(_ seconds: JSONValue?) -> String {
        func side(_ key: String) -> String {
            ["p50", "p90", "p99"].map { quantile in
                "\(quantile) \(seconds?[key]?[quantile]?.doubleValue.map(Quantity.seconds) ?? "–")"
            }.joined(separator: ", ")
        }
        return "  runs: \(side("base")) before; \(side("candidate")) now"
    }

    /// - Parameter alike: an output told of before whose classes changed in the same way.
    private static func output(_ output: JSONValue, alike: String?) -> [String] {
        let kind = output["kind"]?.stringValue ?? "?"
        let same = output["agreement"]?.doubleValue.map { Quantity.percent($0) } ?? "–"
        var lines = ["  output '\(output["name"]?.stringValue ?? "?")' (\(kind)): \(same) the same"]
        if let unlike = output["unlike"]?.intValue, unlike > 0 {
            lines.append("    \(Quantity.count(unlike)) answers of another type or shape, or none")
        }
        if let difference = output["difference"] {
            let figures = ["p50", "p90", "p99", "largest"].map { key in
                "\(key) \(difference[key]?.doubleValue.map { Quantity.fixed($0, 4) } ?? "–")"
            }
            lines.append("    apart by: \(figures.joined(separator: ", "))")
        }
        lines += furthest(output["largest"]?.arrayValue ?? [])
        return lines + (alike.map { ["    classes as in '\($0)'"] } ?? confusion(output["classes"]))
    }

    /// The answers that are furthest apart, with their inputs where those may be shown.
    private static func furthest(_ entries: [JSONValue]) -> [String] {
        guard !entries.isEmpty else { return [] }
        return ["    furthest apart:"]
            + entries.flatMap { entry in
                let apart = entry["difference"]?.doubleValue.map { Quantity.fixed($0, 4) } ?? "–"
                let words = [entry["base"], entry["candidate"]].map { $0?.stringValue ?? "?" }
                let input = entry["input"].map { input -> [String] in
                    let text = input.encodedString()
                    return ["        " + (text.count > longestInput ? text.prefix(longestInput - 1) + "…" : text)]
                }
                return ["      \(apart)  \(words[0]) before, \(words[1]) now"] + (input ?? [])
            }
    }

    private typealias ClassCell = (base: String, candidate: String, count: Int)

    private static func cells(_ classes: JSONValue?) -> [ClassCell] {
        (classes?["cells"]?.arrayValue ?? []).map { cell in
            (
                base: cell["base"]?.stringValue ?? "?", candidate: cell["candidate"]?.stringValue ?? "?",
                count: cell["count"]?.intValue ?? 0
            )
        }
    }

    /// Classes that became others.
    private static func changes(_ classes: JSONValue?) -> [ClassCell] {
        cells(classes).filter { $0.base != $0.candidate }
    }

    private static func listed(_ changes: [ClassCell], most: Int) -> String {
        let listed = changes.prefix(most).map { "\($0.base) → \($0.candidate): \(Quantity.count($0.count))" }
        let more = changes.count - listed.count
        return "changed: " + listed.joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")
    }

    /// The table of classes where they are few, else the most frequent changes.
    private static func confusion(_ classes: JSONValue?) -> [String] {
        let (cells, changes) = (cells(classes), changes(classes))
        guard !changes.isEmpty else { return [] }
        let names = Set(cells.map(\.base) + cells.map(\.candidate)).sorted { first, second in
            (Int(first) ?? .max, first) < (Int(second) ?? .max, second)
        }
        guard names.count <= mostClasses else {
            return ["    " + listed(changes, most: mostChanges)]
        }
        var rows = [["before \\ now"] + names]
        for base in names {
            let counts = names.map { candidate in
                cells.first { $0.base == base && $0.candidate == candidate }.map { Quantity.count($0.count) } ?? "·"
            }
            rows.append([base] + counts)
        }
        return grid(rows)
    }

    private static func grid(_ rows: [[String]]) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }
            return "    " + cells.joined(separator: "  ")
        }
    }
}
