import Tensors

/// What two versions answered to the same inputs, for people.
enum ComparedAnswersText {
    /// Classes up to which the whole confusion table is drawn.
    private static let mostClasses = 12
    /// Changes of class that are listed where there are more.
    private static let mostChanges = 10

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
        for output in answers["outputs"]?.arrayValue ?? [] { lines += Self.output(output) }
        return lines.joined(separator: "\n")
    }

    private static func times(_ seconds: JSONValue?) -> String {
        func side(_ key: String) -> String {
            ["p50", "p99"].map { quantile in
                "\(quantile) \(seconds?[key]?[quantile]?.doubleValue.map(Quantity.seconds) ?? "–")"
            }.joined(separator: ", ")
        }
        return "  runs: \(side("base")) before; \(side("candidate")) now"
    }

    private static func output(_ output: JSONValue) -> [String] {
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
        return lines + confusion(output["classes"])
    }

    /// The table of classes where they are few, else the most frequent changes.
    private static func confusion(_ classes: JSONValue?) -> [String] {
        let cells = (classes?["cells"]?.arrayValue ?? []).map { cell in
            (
                base: cell["base"]?.stringValue ?? "?", candidate: cell["candidate"]?.stringValue ?? "?",
                count: cell["count"]?.intValue ?? 0
            )
        }
        let changes = cells.filter { $0.base != $0.candidate }
        guard !changes.isEmpty else { return [] }
        let names = Set(cells.map(\.base) + cells.map(\.candidate)).sorted { first, second in
            (Int(first) ?? .max, first) < (Int(second) ?? .max, second)
        }
        guard names.count <= mostClasses else {
            let listed = changes.prefix(mostChanges).map { "\($0.base) → \($0.candidate): \(Quantity.count($0.count))" }
            let more = changes.count - listed.count
            return ["    changed: " + listed.joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")]
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
