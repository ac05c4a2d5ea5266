import Home
import Tensors

/// Alerts and silences, for people.
enum AlertText {
    static func text(_ found: JSONValue) -> String {
        var parts: [String] = []
        let alerts = found["alerts"]?.arrayValue ?? []
        if found["watched"]?.boolValue != true {
            parts.append("this server watches no alerts; start it with: slipway serve --alerts FILE")
        } else if alerts.isEmpty {
            parts.append("nothing is wrong")
        } else {
            var table = Table("ALERT", "ENDPOINT", "STATE", "SEVERITY", "SINCE", "WHAT", "WHAT TO DO")
            for alert in alerts {
                func field(_ key: String) -> String { alert[key]?.stringValue ?? "" }
                table.add(
                    field("alert"), field("endpoint").isEmpty ? "–" : field("endpoint"), field("state"),
                    field("severity"),
                    String(field("since").prefix(19)), ShortText.line(field("summary")), field("remedy"))
            }
            parts.append(table.rendered())
        }
        for receiver in found["receivers"]?.arrayValue ?? [] {
            guard let reason = receiver["lastFailure"]?.stringValue else { continue }
            parts.append("\(receiver["receiver"]?.stringValue ?? "?") does not take messages: \(reason)")
        }
        for silence in found["silences"]?.arrayValue ?? [] {
            let until = Timestamp(milliseconds: Int64(silence["until"]?.intValue ?? 0))
            parts.append(
                "silence \(silence["id"]?.stringValue ?? "?"): \(silence["alert"]?.stringValue ?? "everything")"
                    + (silence["endpoint"]?.stringValue.map { " of '\($0)'" } ?? "") + " until \(until)"
                    + (silence["note"]?.stringValue.flatMap { $0.isEmpty ? nil : " – \($0)" } ?? ""))
        }
        return parts.joined(separator: "\n")
    }
}
