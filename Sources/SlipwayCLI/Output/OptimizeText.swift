import Tensors

/// An optimisation's report as people read it.
enum OptimizeText {
    /// Refusals that are printed of one pass; `--json` has them all.
    private static let mostRefusals = 3

    static func text(_ report: JSONValue, title: String) -> String {
        var lines =
            [title] + (report["preparation"]?.arrayValue ?? []).map { "  \(InertText.text($0.stringValue ?? ""))" }
        lines += passes(report)
        lines += refusals(report)
        lines.append(figures(report))
        lines.append(answers(report))
        if let speed = speed(report) { lines.append(speed) }
        return lines.joined(separator: "\n")
    }

    /// What was done in a few words: for a version's page.
    static func line(_ lineage: JSONValue) -> String {
        if let recipe = lineage["recipe"]?.stringValue { return RecipeText.line(lineage, recipe) }
        let passes = (lineage["passes"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        let nodes = "\(count(lineage["before"], "nodes")) → \(count(lineage["after"], "nodes")) nodes"
        return "from \(lineage["from"]?.stringValue ?? "?") by optimize: \(nodes), \(passes.joined(separator: ", "))"
    }

    private static func passes(_ report: JSONValue) -> [String] {
        var table = Table("  PASS", ">CHANGED", "ANSWERS", "")
        var idle: [String] = []
        for pass in report["passes"]?.arrayValue ?? [] {
            let (name, verdict) = (pass["name"]?.stringValue ?? "?", pass["verdict"]?.stringValue ?? "")
            guard verdict != "unchanged" else {
                idle.append(name)
                continue
            }
            let changed = pass["changed"]?.intValue ?? 0
            table.add(
                "  " + name, changed > 0 ? Quantity.count(changed) : "-", difference(pass["difference"]),
                remark(pass, verdict))
        }
        return (table.isEmpty ? [] : [table.rendered()])
            + (idle.isEmpty ? [] : ["  nothing for " + idle.joined(separator: ", ")])
    }

    private static func remark(_ pass: JSONValue, _ verdict: String) -> String {
        let reason = InertText.text(pass["reason"]?.stringValue ?? "")
        switch verdict {
        case "rejected":
            let earlier = (pass["after"]?.arrayValue ?? []).compactMap(\.stringValue)
            return "UNDONE: \(reason)" + (earlier.isEmpty ? "" : " (after \(earlier.joined(separator: ", ")))")
        case "skipped": return "left out: \(reason)"
        default: return verdict == "applied" ? pass["purpose"]?.stringValue ?? "" : ""
        }
    }

    /// What a pass left alone, and why.
    private static func refusals(_ report: JSONValue) -> [String] {
        (report["passes"]?.arrayValue ?? []).flatMap { pass -> [String] in
            let all = pass["refused"]?.arrayValue ?? []
            let name = pass["name"]?.stringValue ?? "?"
            var lines = all.prefix(mostRefusals).map { refusal in
                let node = InertText.text(refusal["node"]?.stringValue ?? "?")
                return "  left alone by \(name): \(node): \(InertText.text(refusal["reason"]?.stringValue ?? "?"))"
            }
            let rest = (pass["refusedCount"]?.intValue ?? all.count) - lines.count
            if rest > 0 { lines.append("  left alone by \(name): \(Quantity.count(rest)) more") }
            return lines
        }
    }

    private static func figures(_ report: JSONValue) -> String {
        let (before, after) = (report["before"], report["after"])
        let open = before?["layersOfUnknownFLOPs"]?.intValue ?? 0
        var parts = [
            "\(count(before, "nodes")) → \(count(after, "nodes")) nodes",
            "\(Quantity.bytes(before?["bytes"]?.intValue ?? 0)) → \(Quantity.bytes(after?["bytes"]?.intValue ?? 0))",
        ]
        let operations = [before, after].map { Quantity.operations($0?["flops"]?.intValue ?? 0) }
        parts.append("\(operations[0]) → \(operations[1]) FLOPs" + (open > 0 ? " where they are known" : ""))
        return "  model    " + parts.joined(separator: ", ")
    }

    private static func answers(_ report: JSONValue) -> String {
        let runs = report["comparisons"]?.intValue ?? 0
        let kept = report["fromEvaluation"]?.intValue ?? 0
        let what = kept > 0 ? "\(runs) inputs, \(kept) of its evaluation set" : "\(runs) made-up inputs"
        return
            "  answers  differ by \(difference(report["difference"])), on \(what), \(report["engine"]?.stringValue ?? "?")"
    }

    private static func difference(_ difference: JSONValue?) -> String {
        guard let difference, !difference.isNull else { return "-" }
        if let count = difference["unequal"]?.intValue, count > 0 { return "\(count) unequal" }
        if let count = difference["nonFinite"]?.intValue, count > 0 { return "\(count) not finite" }
        guard let largest = difference["largest"]?.doubleValue, largest > 0 else { return "0" }
        return scientific(largest)
    }

    /// `3.1e-07`.
    private static func scientific(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        var (digits, exponent) = (value, 0)
        while digits < 1, exponent > -320 { (digits, exponent) = (digits * 10, exponent - 1) }
        while digits >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
        return "\(Quantity.fixed(digits, 1))e\(exponent)"
    }

    private static func speed(_ report: JSONValue) -> String? {
        guard let speed = report["speed"], let before = speed["beforeMilliseconds"]?.doubleValue,
            let after = speed["afterMilliseconds"]?.doubleValue, let factor = speed["factor"]?.doubleValue
        else { return nil }
        let times = "\(Quantity.seconds(before / 1e3)) → \(Quantity.seconds(after / 1e3)) a run"
        if speed["faster"]?.boolValue == true {
            return "  speed    \(times): \(Quantity.fixed(factor, 2)) times as fast"
        }
        if speed["slower"]?.boolValue == true { return "  speed    \(times): slower" }
        return "  speed    \(times): no faster on this engine, which does the same by itself when it loads a model"
    }

    private static func count(_ figures: JSONValue?, _ key: String) -> String {
        Quantity.count(figures?[key]?.intValue ?? 0)
    }
}
