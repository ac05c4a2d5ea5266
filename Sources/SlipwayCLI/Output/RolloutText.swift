import Release
import Tensors

/// Rollouts as text.
enum RolloutText {
    /// - Parameter comparison: what both versions answered to the same; `nil` where nobody compared.
    static func table(_ report: JSONValue, comparison: JSONValue? = nil) -> String {
        guard !report.isNull else { return "no rollout yet: slipway deploy NAME:2 --strategy canary" }
        return ([head(report)] + evidence(report) + latency(report) + answers(comparison) + decisions(report))
            .joined(separator: "\n")
    }

    /// One line, as `status` shows it.
    static func head(_ report: JSONValue) -> String {
        func text(_ key: String) -> String { report[key]?.stringValue ?? "?" }
        let version = report["version"]?.stringValue.map { " of \($0)" } ?? ""
        var words = "\(text("endpoint")): \(text("strategy"))\(version), \(text("state"))"
        if report["over"]?.boolValue != true, let step = report["step"]?.intValue {
            let steps = report["steps"]?.arrayValue ?? []
            let share = report["share"]?.intValue.map { Share.text($0) } ?? "?"
            words += ", step \(step) of \(steps.count) at \(share)"
            if let length = report["stepSeconds"]?.intValue {
                words += ", \(report["elapsedSeconds"]?.intValue ?? 0) of \(length) s"
            }
        }
        if let holding = report["holding"]?.stringValue { words += "\nholds: \(holding)" }
        return words
    }

    private static func evidence(_ report: JSONValue) -> [String] {
        guard let streams = report["streams"]?.arrayValue, !streams.isEmpty else { return [] }
        let (stable, canary) = (
            report["stableRequests"]?.intValue ?? 0, report["canaryRequests"]?.intValue ?? 0
        )
        var table = Table("EVIDENCE", ">STABLE", ">NEW", ">CLIENTS", ">AGAINST IT", "")
        table.add("requests", Quantity.count(stable), Quantity.count(canary), "", "", "")
        let needed = report["needed"]?.doubleValue ?? 2
        func bar(_ value: Double?) -> String {
            let filled = Int((min(max((value ?? 0) / needed, 0), 1) * 10).rounded())
            return String(repeating: "█", count: filled) + String(repeating: "·", count: 10 - filled)
        }
        for stream in streams {
            let value = stream["evidence"]?.doubleValue
            let clients = stream["canaryClients"]?.intValue.map {
                "\(stream["stableClients"]?.intValue ?? 0) / \($0)"
            }
            let (stable, new) = counts(stream)
            table.add(
                stream["title"]?.stringValue ?? "?", stable, new, clients ?? "–",
                value.map { "10^\(Quantity.fixed($0, 1))" } ?? "–", bar(value))
        }
        let all = report["evidence"]?.doubleValue
        table.add(
            "together", "", "", "", all.map { "10^\(Quantity.fixed($0, 1))" } ?? "–",
            "\(bar(all)) of 10^\(Quantity.fixed(needed, 1))")
        let harmed = report["harmed"]?.intValue ?? 0
        return ["", table.rendered(), ""] + labels(report)
            + ["harmed: \(about(harmed)), budget \(report["harmBudget"]?.intValue ?? 0)", ""]
    }

    /// An estimate, as one says it.
    private static func about(_ harmed: Int) -> String {
        harmed == 0 ? "no request" : "about \(harmed) request\(harmed == 1 ? "" : "s")"
    }

    /// The last minute of both versions, side by side; nothing unless both were asked something in it.
    private static func latency(_ report: JSONValue) -> [String] {
        guard let minute = report["lastMinute"], let stable = minute["stable"], let new = minute["new"],
            !stable.isNull, !new.isNull
        else { return [] }
        let names = ["stableVersion", "version"].map { report[$0]?.stringValue ?? "?" }
        var table = Table("LATENCY, THE LAST MINUTE", ">\(names[0])", ">\(names[1])")
        for quantile in ["p50", "p90", "p99"] {
            table.add(cells: [quantile] + [stable, new].map { $0[quantile]?.doubleValue.map(Quantity.seconds) ?? "–" })
        }
        return [table.rendered(), ""]
    }

    private static func answers(_ comparison: JSONValue?) -> [String] {
        guard let lines = comparison.map(ComparedAnswersText.brief), !lines.isEmpty else { return [] }
        return lines + [""]
    }

    /// What labels that came late have said; nothing before the first.
    private static func labels(_ report: JSONValue) -> [String] {
        guard let labels = report["labels"] else { return [] }
        func rate(_ arm: String) -> String? {
            guard let all = labels[arm]?["labelled"]?.intValue, all > 0 else { return nil }
            return "\(Quantity.count(labels[arm]?["right"]?.intValue ?? 0)) of \(Quantity.count(all)) right"
        }
        let rates = [("the stable version", rate("stable")), ("the new one", rate("canary"))].compactMap { name, text in
            text.map { "\(name) \($0)" }
        }
        var lines = rates.isEmpty ? [] : ["labels: " + rates.joined(separator: ", ")]
        if let pairs = labels["pairs"]?.intValue, pairs > 0 {
            func percent(_ key: String) -> String { Quantity.percent(labels[key]?.doubleValue ?? 0) }
            lines.append(
                "labels for \(Quantity.count(pairs)) inputs that both answered: the new version alone wrong on "
                    + "\(labels["onlyCanaryWrong"]?.intValue ?? 0), the stable one alone on "
                    + "\(labels["onlyStableWrong"]?.intValue ?? 0); worse by \(percent("loss")) "
                    + "(95 %: \(percent("low")) to \(percent("high")))")
        }
        return lines
    }

    /// What a stream has counted on the stable version and on the new one.
    private static func counts(_ stream: JSONValue) -> (stable: String, new: String) {
        func count(_ key: String) -> String { Quantity.count(stream[key]?.intValue ?? 0) }
        if stream["compared"] != nil { return ("of \(count("compared"))", count("differing")) }
        if stream["pairs"] != nil {
            return (count("onlyStableWrong"), "\(count("onlyCanaryWrong")) of \(count("pairs"))")
        }
        return (count("stable"), count("canary"))
    }

    private static func decisions(_ report: JSONValue) -> [String] {
        (report["decisions"]?.arrayValue ?? []).suffix(12).flatMap { record in
            let kind = record["kind"]?.stringValue ?? "?"
            let padded = kind + String(repeating: " ", count: max(0, 8 - kind.count))
            let line = "\(record["at"]?.stringValue ?? "?")  \(padded)  \(record["reason"]?.stringValue ?? "")"
            // What changed nothing but the share speaks for itself.
            guard !["start", "shift"].contains(kind) else { return [line] }
            return [
                line, String(repeating: " ", count: (record["at"]?.stringValue ?? "?").count + 12) + numbers(record),
            ]
        }
    }

    /// What a decision was made on, in a line.
    private static func numbers(_ record: JSONValue) -> String {
        func count(_ key: String) -> String { Quantity.count(record[key]?.intValue ?? 0) }
        func power(_ key: String) -> String { record[key]?.doubleValue.map { "10^\(Quantity.fixed($0, 1))" } ?? "–" }
        var words = [
            "failures: new \(count("canaryFailures")) of \(count("canaryRequests")), "
                + "stable \(count("stableFailures")) of \(count("stableRequests"))"
        ]
        if record["canaryClients"]?.intValue != nil {
            words.append("clients \(count("canaryClients")) and \(count("stableClients"))")
        }
        words.append("against it \(power("combined")), for it \(power("safety"))")
        words.append("harmed \(count("harmed")) of \(count("harmBudget"))")
        return words.joined(separator: "; ")
    }
}
