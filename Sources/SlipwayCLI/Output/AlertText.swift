import Alerts
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

// MARK: - Settings

extension AlertText {
    /// Who is told what by a file of settings.
    static func check(_ settings: AlertSettings) -> String {
        var table = Table("RECEIVER", "BY", "IS TOLD OF")
        for receiver in settings.receivers {
            let way =
                switch receiver.way {
                case .webhook: "webhook"
                case .command: "command"
                case .mail: "mail"
                }
            table.add(receiver.name, way, subjects(of: receiver, settings))
        }
        let untold = untold(settings)
        return
            ([table.rendered()]
            + (untold.isEmpty ? [] : ["nobody is told of: \(untold.joined(separator: ", "))"])
            + ["the file can be used: slipway serve --alerts FILE"]).joined(separator: "\n")
    }

    private static func subjects(of receiver: AlertSettings.Receiver, _ settings: AlertSettings) -> String {
        guard !settings.routes.isEmpty else { return "every alert" }
        let routes = settings.routes.filter { $0.receivers.contains(receiver.name) }
        guard !routes.isEmpty else { return "nothing: no route names it" }
        return routes.map { route in
            (route.alerts.isEmpty ? "every alert" : route.alerts.sorted().joined(separator: ", "))
                + (route.endpoints.isEmpty ? "" : " of \(route.endpoints.sorted().joined(separator: ", "))")
                + (route.severity.map { " that is a \($0.rawValue)" } ?? "")
        }.joined(separator: "; ")
    }

    /// Alerts that are watched for and that no route takes.
    static func untold(_ settings: AlertSettings) -> [String] {
        AlertRules.names.filter { name in
            !settings.off.contains(name) && !settings.routes.isEmpty
                && !settings.routes.contains { $0.alerts.isEmpty || $0.alerts.contains(name) }
        }
    }
}
