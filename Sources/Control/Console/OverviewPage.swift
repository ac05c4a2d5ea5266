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
        var count: String
        /// What was searched for; there is nothing to search where there are few.
        var search: String
        var hasSearch: Bool
        /// Where the page with the endpoints after these is.
        var next: String?
        var isEmpty: Bool
        var isNotFound: Bool
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
        let next = wanted.count > shown.count ? shown.last.map { "/?after=\($0)&find=\(Query.encoded(find))" } : nil
        return .page(
            pages.page(
                "overview", frame,
                Views.OverviewPage(
                    endpoints: endpoints, alarm: await alarm(), count: String(all.count), search: find,
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
