import Alerts
import Home
import Registry
import Tensors

/// What is wrong now, since when and what to do about it; who is told, and what nobody wants to hear of for a while.
extension Views {
    struct AlertsPage {
        var lead: String
        var alerts: [Alert]
        var hasAlerts: Bool
        var isWatched: Bool
        var receivers: [Fact]
        var hasReceivers: Bool
        var silences: [Fact]
        var hasSilences: Bool
    }

    struct Alert {
        var name: String
        var state: Pill
        /// Empty for what concerns the whole server.
        var endpoint: String
        var path: String?
        /// When it began, where that can be read.
        var at: Moment?
        var summary: String
        var remedy: String?
    }

    /// What every page of endpoints says above them while something is wrong.
    struct Alarm: Equatable {
        var text: String
        var link: String
    }
}

extension Templates {
    static let alerts = """
        {{<layout}}{{$content}}
        <h1>Alerts</h1>
        <section class="card" id="alerts" data-live>
        <p class="lead">{{lead}}</p>
        {{^isWatched}}<pre>slipway serve --alerts alerts.json</pre>{{/isWatched}}
        {{#hasAlerts}}<table class="list"><caption>What was noticed</caption>
        <thead><tr><th scope="col">Alert</th><th scope="col">State</th><th scope="col">Since</th><th scope="col">What, and what to do</th></tr></thead>
        <tbody>{{#alerts}}<tr><th scope="row">{{name}}{{#path}}<span class="by">at <a href="{{path}}">{{endpoint}}</a></span>{{/path}}</th><td>{{#state}}{{>pill}}{{/state}}</td><td class="when">{{>moment}}</td><td class="free">{{summary}}{{#remedy}}<span class="by">{{remedy}}</span>{{/remedy}}</td></tr>{{/alerts}}</tbody>
        </table>{{/hasAlerts}}
        {{#hasReceivers}}<table class="named"><caption>Who is told</caption><tbody>{{#receivers}}{{>pair}}{{/receivers}}</tbody></table>{{/hasReceivers}}
        {{#hasSilences}}<table class="named"><caption>Silences</caption><tbody>{{#silences}}{{>pair}}{{/silences}}</tbody></table>{{/hasSilences}}
        </section>
        {{/content}}{{/layout}}
        """

    static let alarm = """
        <p class="note bad">! {{text}} <a href="/alerts">{{link}}</a></p>
        """
}

extension ConsoleRoutes {
    func alertsPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame("Alerts", request)
        frame.onAlerts = true
        let silences = try AlertSilences.read(overview.deployments.registry.database)
        let view = AlertWords.view(await management.alerts?.json(), silences: silences)
        return .page(pages.page("alerts", frame, view))
    }

    /// What to say above endpoints; `nil` while nothing fires.
    func alarm() async -> Views.Alarm? {
        AlertWords.alarm(await management.alerts?.json()["alerts"]?.arrayValue ?? [])
    }
}

/// Alerts as their page shows them, from what the management API tells of them.
enum AlertWords {
    /// - Parameter known: `nil` where nobody watches.
    static func view(_ known: JSONValue?, silences: [AlertSilence]) -> Views.AlertsPage {
        let alerts = (known?["alerts"]?.arrayValue ?? []).map(alert)
        let receivers = (known?["receivers"]?.arrayValue ?? []).map { receiver in
            Views.Fact(
                name: receiver["receiver"]?.stringValue ?? "?",
                value: receiver["lastFailure"]?.stringValue.map { "✕ takes no messages: \($0)" } ?? "✓ can be told")
        }
        let silences = silences.map(silence)
        return Views.AlertsPage(
            lead: known == nil
                ? "This server watches no alerts. Started with a file that says who is told, it does:"
                : alerts.isEmpty ? "Nothing is wrong." : firing(known?["alerts"]?.arrayValue ?? []),
            alerts: alerts, hasAlerts: !alerts.isEmpty, isWatched: known != nil, receivers: receivers,
            hasReceivers: !receivers.isEmpty, silences: silences, hasSilences: !silences.isEmpty)
    }

    /// - Parameter alerts: as the API tells of them.
    static func alarm(_ alerts: [JSONValue]) -> Views.Alarm? {
        let firing = alerts.filter { $0["state"]?.stringValue == "firing" }
        guard let first = firing.first?["summary"]?.stringValue else { return nil }
        return Views.Alarm(text: first, link: firing.count == 1 ? "The alert" : "All \(firing.count) alerts")
    }

    private static func firing(_ alerts: [JSONValue]) -> String {
        let count = alerts.count { $0["state"]?.stringValue == "firing" }
        return count == 0
            ? "Nothing fires; something was noticed." : count == 1 ? "One alert fires." : "\(count) alerts fire."
    }

    private static func alert(_ json: JSONValue) -> Views.Alert {
        func text(_ name: String) -> String { json[name]?.stringValue ?? "" }
        let state =
            switch text("state") {
            case "firing": Views.Pill(text: "! firing", style: text("severity") == "page" ? "bad" : "warn")
            case "pending": Views.Pill(text: "… pending", style: "")
            default: Views.Pill(text: "○ \(text("state"))", style: "")
            }
        return Views.Alert(
            name: text("alert"), state: state, endpoint: text("endpoint"),
            path: text("endpoint").isEmpty ? nil : "/endpoints/\(text("endpoint"))",
            at: Timestamp(text("since")).map(Views.Moment.init), summary: text("summary"),
            remedy: text("remedy").isEmpty ? nil : text("remedy"))
    }

    private static func silence(_ silence: AlertSilence) -> Views.Fact {
        let endpoint = silence.endpoint.map { " at \($0)" } ?? ""
        let note = silence.note.isEmpty ? "" : " – \(silence.note)"
        let until = Views.Moment(Timestamp(milliseconds: Int64(silence.until)))
        return Views.Fact(name: (silence.alert ?? "everything") + endpoint, value: "until \(until.shown)\(note)")
    }
}
