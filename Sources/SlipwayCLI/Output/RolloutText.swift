import Release
import Tensors

/// Rollouts as text.
enum RolloutText {
    static func table(_ report: JSONValue) -> String {
        guard !report.isNull else { return "no rollout yet: slipway deploy NAME:2 --strategy canary" }
        return ([head(report)] + evidence(report) + decisions(report)).joined(separator: "\n")
    }

    /// One line, as `status` shows it.
    static func head(_ report: JSONValue) -> String {
        func text(_ key: String) -> String { report[key]?.stringValue ?? "?" }
        var words = "\(text("endpoint")): \(text("strategy")), \(text("state"))"
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
            let compared = stream["compared"]?.intValue
            table.add(
                stream["title"]?.stringValue ?? "?",
                compared.map { "of \(Quantity.count($0))" } ?? Quantity.count(stream["stable"]?.intValue ?? 0),
                Quantity.count(stream[compared == nil ? "canary" : "differing"]?.intValue ?? 0), clients ?? "–",
                value.map { "10^\(Quantity.fixed($0, 1))" } ?? "–", bar(value))
        }
        let all = report["evidence"]?.doubleValue
        table.add(
            "together", "", "", "", all.map { "10^\(Quantity.fixed($0, 1))" } ?? "–",
            "\(bar(all)) of 10^\(Quantity.fixed(needed, 1))")
        let harmed = report["harmed"]?.intValue ?? 0
        return [
            "", table.rendered(), "",
            "harmed: some \(harmed) requests, budget \(report["harmBudget"]?.intValue ?? 0)", "",
        ]
    }

    private static func decisions(_ report: JSONValue) -> [String] {
        (report["decisions"]?.arrayValue ?? []).suffix(12).map { record in
            let kind = record["kind"]?.stringValue ?? "?"
            let padded = kind + String(repeating: " ", count: max(0, 8 - kind.count))
            return "\(record["at"]?.stringValue ?? "?")  \(padded)  \(record["reason"]?.stringValue ?? "")"
        }
    }

    /// What can be noticed, by when, at which price.
    static func lines(_ forecast: RolloutForecast) -> [String] {
        var lines = [
            "  traffic: \(Quantity.fixed(forecast.requestsPerSecond, 1)) requests a second, "
                + "\(Quantity.percent(forecast.errorRatio)) fail",
            forecast.detectable.map {
                "  noticed before the schedule ends: from \(Quantity.fixed($0, 1)) times the errors on"
            } ?? "  nothing would be noticed before the schedule ends: take longer steps or larger shares",
        ]
        for finding in forecast.findings {
            let harmed = Quantity.fixed(finding.harmed, finding.harmed < 10 ? 1 : 0)
            let ratio = Quantity.fixed(finding.ratio, 0)
            lines.append(
                finding.seconds.map {
                    "  \(ratio) times the errors: rolled back after \(Quantity.fixed($0 / 60, 1)) minutes, "
                        + "\(harmed) requests harmed"
                } ?? "  \(ratio) times the errors: not noticed in time, \(harmed) requests harmed")
        }
        return lines
    }
}
