import Monitor
import Registry
import Release
import Tensors
import Trust

/// What an operator opens first: every endpoint with its health, its traffic, its lights, and the way back.
extension Views {
    struct OverviewPage {
        var endpoints: [Endpoint]
        /// While something is wrong.
        var alarm: Alarm?
        /// What a list asks for, where the server carries one out.
        var list: Declared?
        var count: String
        /// What was searched for; there is nothing to search where there are few.
        var search: String
        var hasSearch: Bool
        /// Where the page with the endpoints after these is.
        var next: String?
        var isEmpty: Bool
        var isNotFound: Bool
    }

    /// A list of endpoints that the server carries out (`serve -f`).
    struct Declared {
        var file: String
        var trouble: String?
        var rows: [DeclaredRow]
        var hasRows: Bool
    }

    /// An endpoint of the list that follows something or waits.
    struct DeclaredRow {
        var endpoint: String
        var follows: String
        var state: Pill
        var text: String
    }

    struct Arm {
        var model: String
        var number: String
        var reference: String
        /// `90 %`.
        var weight: String
        /// Where the arm's part of the bar begins and how wide it is, of 100.
        var start: String
        var share: String
        /// `stable` or `canary`.
        var role: String
        var isCanary: Bool
        /// Whether it is asked copies only.
        var isShadow = false
        var accuracy: String?
        var rate: String
        var errors: String
        var p50: String
        var p99: String
        var memory: String
    }

    struct Endpoint {
        var name: String
        var health: String
        var healthClass: String
        /// Rollout and drift, where there is something to say.
        var lights: [Pill]
        var arms: [Arm]
        /// What answers what the others are not to be asked.
        var fallback: Arm?
        var splitText: String
        var rate: String
        var errors: String
        var p50: String
        var p99: String
        var inFlight: String
        var total: String
        var revision: String
        var lastChange: String
        var lastChangeAge: String
        var acts: [Act]
    }
}

extension Templates {
    static let overview = """
        {{<layout}}{{$content}}
        <div class="row"><h1>Endpoints</h1>
        {{#hasSearch}}<form class="search push" method="get" action="/" role="search"><label for="find">Find</label><input id="find" name="find" type="search" value="{{search}}" data-search></form>{{/hasSearch}}</div>
        <div id="endpoints" data-live>
        {{#alarm}}{{>alarm}}{{/alarm}}
        {{#endpoints}}
        <section class="card" aria-labelledby="name-{{name}}">
        <div class="row">
        <h2 id="name-{{name}}"><a href="/endpoints/{{name}}">{{name}}</a></h2>
        <span class="pill {{healthClass}}">{{health}}</span>{{#lights}}{{>pill}}{{/lights}}
        <span class="push row">{{#acts}}{{>act}}{{/acts}}</span>
        </div>
        {{>split}}
        {{>facts}}
        <p class="hint">Revision {{revision}}: {{lastChange}}, {{lastChangeAge}}</p>
        </section>
        {{/endpoints}}
        {{#list}}{{>declared}}{{/list}}
        {{#next}}<p><a rel="next" href="{{next}}">More of {{count}} endpoints</a></p>{{/next}}
        {{#isNotFound}}<section class="card empty"><h2>No endpoint is called so</h2><p><a href="/">All {{count}} endpoints</a></p></section>{{/isNotFound}}
        {{#isEmpty}}
        <section class="card empty"><h2>Nothing is deployed yet</h2>
        <p>Bring a model in and put it into production:</p>
        <pre>slipway import model.onnx --name mymodel
        slipway deploy mymodel:1</pre></section>
        {{/isEmpty}}
        </div>
        {{/content}}{{/layout}}
        """

    static let declared = """
        <section class="card" aria-labelledby="list">
        <h2 id="list">The list</h2>
        <p class="hint">This server keeps its endpoints as <code>{{file}}</code> says.</p>
        {{#trouble}}<p class="note bad">! {{trouble}}</p>{{/trouble}}
        {{#hasRows}}<table class="list"><caption class="unseen">What is followed and what waits</caption>
        <thead><tr><th scope="col">Endpoint</th><th scope="col">Follows</th><th scope="col">How it stands</th></tr></thead>
        <tbody>{{#rows}}<tr><th scope="row">{{endpoint}}</th><td>{{follows}}</td><td class="free">{{#state}}{{>pill}}{{/state}} {{text}}</td></tr>{{/rows}}</tbody>
        </table>{{/hasRows}}
        {{^hasRows}}{{^trouble}}<p class="hint">Nothing in it waits, and nothing is followed.</p>{{/trouble}}{{/hasRows}}
        </section>
        """

    static let split = """
        <svg class="split" viewBox="0 0 100 8" preserveAspectRatio="none" role="img" aria-label="Traffic: {{splitText}}">
        {{#arms}}<rect class="{{role}}" x="{{start}}" width="{{share}}" height="8"/>{{/arms}}
        </svg>
        <ul class="arms">{{#arms}}<li><svg width="11" height="11" aria-hidden="true"><rect class="{{role}}" width="11" height="11" rx="3"/></svg> <a href="/models/{{model}}/{{number}}">{{reference}}</a> {{weight}}{{#isCanary}} canary{{/isCanary}}{{#isShadow}} of it copied{{/isShadow}}{{#accuracy}} · accuracy {{accuracy}}{{/accuracy}}</li>{{/arms}}</ul>
        """

    static let facts = """
        <dl class="facts">
        <div><dt>Requests</dt><dd>{{rate}}/s</dd></div>
        <div><dt>Errors</dt><dd>{{errors}}</dd></div>
        <div><dt>p50</dt><dd>{{p50}}</dd></div>
        <div><dt>p99</dt><dd>{{p99}}</dd></div>
        <div><dt>In flight</dt><dd>{{inFlight}}</dd></div>
        <div><dt>Answered</dt><dd>{{total}}</dd></div>
        </dl>
        """
}

extension ConsoleRoutes {
    /// Endpoints on one page: more would be neither looked at nor small.
    private static let endpointsPerPage = 20

    func overviewPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame("Endpoints", request)
        frame.onOverview = true
        let all = try overview.deployments.endpoints().sorted()
        let find = request.query["find"].map { $0.lowercased().replacing("+", with: " ") } ?? ""
        let after = request.query["after"] ?? ""
        let wanted = all.filter { (find.isEmpty || $0.text.contains(find)) && $0.text > after }
        let shown = Array(wanted.prefix(Self.endpointsPerPage))
        var endpoints: [Views.Endpoint] = []
        for endpoint in try await overview.endpoints(shown) {
            var view = ViewBuilder.endpoint(endpoint, token: token(request, for: .deployer))
            view.lights = await lights(endpoint)
            endpoints.append(view)
        }
        // Where one endpoint is looked for, the list is no answer.
        let list = find.isEmpty && after.isEmpty ? (await overview.declared?()).map(DeclaredWords.view) : nil
        let next = wanted.count > shown.count ? shown.last.map { "/?after=\($0)&find=\(Query.encoded(find))" } : nil
        return .page(
            pages.page(
                "overview", frame,
                Views.OverviewPage(
                    endpoints: endpoints, alarm: await alarm(), list: list, count: String(all.count), search: find,
                    hasSearch: all.count > 4 || !find.isEmpty, next: next, isEmpty: all.isEmpty,
                    isNotFound: !all.isEmpty && shown.isEmpty)))
    }

    /// What is under way at an endpoint, and whether its traffic looks like it should; a link to the page that tells more.
    func lights(_ endpoint: Overview.Endpoint) async -> [Views.Pill] {
        var lights: [Views.Pill] = []
        let name = endpoint.name.text
        if let rollout = try? overview.deployments.latestRollout(of: endpoint.name), !rollout.isOver {
            lights.append(Views.Pill(text: "▲ rollout under way", style: "", path: "/endpoints/\(name)/rollout"))
        }
        let states = await management.driftStates?(name) ?? []
        if let drifting = states.first(where: { $0.state == "drift" }) {
            lights.append(
                Views.Pill(
                    text: "≠ drift: \(drifting.features) feature\(drifting.features == 1 ? "" : "s")", style: "bad",
                    path: "/endpoints/\(name)/drift"))
        } else if states.contains(where: { $0.state == "suspected" }) {
            lights.append(Views.Pill(text: "≈ drift suspected", style: "warn", path: "/endpoints/\(name)/drift"))
        } else if states.contains(where: { $0.state == "stable" }) {
            lights.append(Views.Pill(text: "= no drift", style: "good", path: "/endpoints/\(name)/drift"))
        }
        return lights
    }
}

/// A list that the server carries out as the overview shows it, from what the API tells of it.
enum DeclaredWords {
    static func view(_ json: JSONValue) -> Views.Declared {
        let waiting = (json["waiting"]?.arrayValue ?? []).map { entry in
            Views.DeclaredRow(
                endpoint: entry["endpoint"]?.stringValue ?? "?", follows: "–",
                state: Views.Pill(text: "… waits", style: "warn"), text: entry["reason"]?.stringValue ?? "")
        }
        let following = (json["following"]?.arrayValue ?? []).map { entry in
            Views.DeclaredRow(
                endpoint: entry["endpoint"]?.stringValue ?? "?", follows: entry["follows"]?.stringValue ?? "?",
                state: state(entry), text: entry["text"]?.stringValue ?? "")
        }
        return Views.Declared(
            file: json["file"]?.stringValue ?? "?", trouble: json["trouble"]?.stringValue, rows: waiting + following,
            hasRows: !(waiting + following).isEmpty)
    }

    private static func state(_ entry: JSONValue) -> Views.Pill {
        func has(_ name: String) -> Bool { entry[name]?.stringValue != nil }
        if has("remark") { return Views.Pill(text: "! look at it", style: "warn") }
        if has("running") { return Views.Pill(text: "▲ on its way", style: "") }
        if has("waiting") { return Views.Pill(text: "… waits", style: "warn") }
        return Views.Pill(text: "✓ followed", style: "good")
    }
}

/// Text as a part of an address.
enum Query {
    /// Source: RFC 3986, 2.3: everything but unreserved characters is escaped.
    static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
