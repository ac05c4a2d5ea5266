import Charts
import Monitor
import Registry
import Release
import Tensors
import Trust

/// One endpoint: what it does now and did in the last hour, version by version; a form to ask it; its last changes.
extension Views {
    struct EndpointPage {
        var endpoint: Endpoint
        /// Pictures, drawn by us.
        var latency: String?
        var rates: String
        var rateKeys: [Key]
        var hasRates: Bool
        var inputs: [Input]
        var code: [Code]
        var answer: Answer
        var revisions: [Revision]
        var path: String
        /// The form's; `nil` for whoever may not ask.
        var token: String?
    }

    struct Input {
        var index: String
        var name: String
        var type: String
        var shape: String
        var value: String
        var hint: String
        /// Whether the numbers are the pixels of an image that can be drawn.
        var isImage: Bool
        var columns: String
        var rows: String
        var maximum: String
    }

    /// The same question in a language.
    struct Code {
        var language: String
        var identifier: String
        var text: String
        /// Unfolded from the start.
        var isOpen: Bool
    }

    struct Bar {
        var label: String
        var value: String
        /// Of 100.
        var width: String
    }

    struct Output {
        var name: String
        var type: String
        var shape: String
        var text: String
        var bars: [Bar]
        /// Stored, because templates see stored properties only.
        var hasBars: Bool
    }

    struct Answer {
        var answered: Bool
        var headline: String?
        var outputs: [Output]
        var servedBy: String
        var took: String
        var problem: String?

        static let none = Answer(answered: false, headline: nil, outputs: [], servedBy: "", took: "", problem: nil)
    }
}

extension Templates {
    static let endpoint = """
        {{<layout}}{{$content}}
        {{#endpoint}}
        <div class="row"><h1>{{name}}</h1><span id="health" class="row" data-live><span class="pill {{healthClass}}">{{health}}</span>{{#lights}}{{>pill}}{{/lights}}</span>
        <span class="push row" id="acts" data-live>{{#acts}}{{>act}}{{/acts}}</span></div>
        <section class="card" id="live" data-live aria-label="The last minute">
        {{>split}}
        {{>facts}}
        <table class="compact"><caption>Versions, the last minute</caption>
        <thead><tr><th scope="col">Version</th><th scope="col" class="number extra">Share</th><th scope="col" class="number">Requests</th><th scope="col" class="number">Errors</th><th scope="col" class="number">p50</th><th scope="col" class="number">p99</th><th scope="col" class="extra">Accuracy</th><th scope="col" class="extra">Memory</th></tr></thead>
        <tbody>{{#arms}}<tr><th scope="row"><a href="/models/{{model}}/{{number}}">{{reference}}</a>{{#isCanary}} canary{{/isCanary}}{{#isShadow}} shadow{{/isShadow}}</th><td class="number extra">{{weight}}</td><td class="number">{{rate}}/s</td><td class="number">{{errors}}</td><td class="number">{{p50}}</td><td class="number">{{p99}}</td><td class="extra">{{#accuracy}}{{accuracy}}{{/accuracy}}{{^accuracy}}–{{/accuracy}}</td><td class="extra">{{memory}}</td></tr>{{/arms}}
        {{#fallback}}<tr><th scope="row"><a href="/models/{{model}}/{{number}}">{{reference}}</a> fallback</th><td class="number extra">–</td><td class="number">{{rate}}/s</td><td class="number">{{errors}}</td><td class="number">{{p50}}</td><td class="number">{{p99}}</td><td class="extra">–</td><td class="extra">{{memory}}</td></tr>{{/fallback}}</tbody>
        </table>
        </section>
        <section class="card" id="charts" data-live aria-label="Charts">
        <div class="grid">
        <div><h2>Latency, the last minute</h2>
        {{{latency}}}{{^latency}}<p class="hint">No requests in the last minute.</p>{{/latency}}</div>
        <div><h2>Requests and latency, the last hour</h2>
        {{#hasRates}}{{>keys}}{{{rates}}}{{/hasRates}}{{^hasRates}}<p class="hint">Nothing was asked since the server came up, or it has just begun to count.</p>{{/hasRates}}</div>
        </div>
        </section>
        <div class="grid">
        <section class="card" aria-labelledby="try">
        <h2 id="try">Try it</h2>
        {{^token}}<p class="hint">This takes a token whose role is invoker.</p>{{/token}}
        {{#token}}<form method="post" action="{{path}}">
        <input type="hidden" name="token" value="{{token}}">
        {{#inputs}}
        <label for="in-{{index}}">{{name}} <span class="hint">{{type}} {{shape}}</span></label>
        {{#isImage}}<canvas data-grid data-columns="{{columns}}" data-rows="{{rows}}" data-maximum="{{maximum}}" data-field="in-{{index}}" data-clear="clear-{{index}}" width="240" height="240" hidden tabindex="0" role="img" aria-label="Draw {{name}} here"></canvas>
        <p class="hint" hidden>Draw above with the mouse or a finger, or edit the numbers below.</p>
        <button class="quiet" type="button" id="clear-{{index}}" hidden>Clear</button>{{/isImage}}
        <textarea id="in-{{index}}" name="in-{{index}}" spellcheck="false" aria-describedby="hint-{{index}}">{{value}}</textarea>
        <p class="hint" id="hint-{{index}}">{{hint}}</p>
        {{/inputs}}
        <button type="submit">Ask</button>
        </form>{{/token}}
        </section>
        <section class="card">
        <h2>Answer</h2>
        <div id="answer" aria-live="polite">{{#answer}}{{>answer}}{{/answer}}</div>
        <h2>The same from a program</h2>
        <div id="code">{{#code}}<details{{#isOpen}} open{{/isOpen}}><summary>{{language}}</summary><div class="code"><button class="quiet copy" type="button" data-copy="code-{{identifier}}" hidden>Copy<span class="unseen"> as {{language}}</span></button><pre id="code-{{identifier}}" tabindex="0" role="region" aria-label="{{language}}">{{text}}</pre></div></details>{{/code}}</div>
        </section>
        </div>
        <section class="card" id="revisions" data-live>
        {{>revisions}}
        <p><a href="/endpoints/{{name}}/history">Everything that {{name}} has been</a></p>
        </section>
        {{/endpoint}}
        {{/content}}{{/layout}}
        """

    static let answer = """
        {{#answered}}
        {{#headline}}<p class="answer">{{headline}}</p>{{/headline}}
        {{#outputs}}
        <h3><code>{{name}}</code> <span class="hint">{{type}} {{shape}}</span></h3>
        {{^hasBars}}<pre tabindex="0" role="region" aria-label="{{name}}">{{text}}</pre>{{/hasBars}}
        {{#hasBars}}<ul class="bars">{{#bars}}<li><span>{{label}}</span><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="8"/><rect class="fill" width="{{width}}" height="8"/></svg><span class="number">{{value}}</span></li>{{/bars}}</ul>{{/hasBars}}
        {{/outputs}}
        <p class="hint">{{servedBy}} in {{took}}</p>
        {{/answered}}
        {{#problem}}<p class="note bad">{{problem}}</p>{{/problem}}
        {{^answered}}{{^problem}}<p class="hint">Ask, and the answer appears here.</p>{{/problem}}{{/answered}}
        """

    static let keys = """
        <ul class="legend">{{#rateKeys}}<li><svg viewBox="0 0 16 8" aria-hidden="true"><path class="{{style}}" d="M0 4H16"/></svg> {{name}}</li>{{/rateKeys}}</ul>
        """
}

extension ConsoleRoutes {
    private static let recent = 8

    func endpointPage(_ request: ControlRequest, asking: Bool = false) async throws -> ControlReply {
        guard let name = try? EndpointName(request.parameter("endpoint")),
            let endpoint = try await overview.endpoint(name)
        else { return notFound("endpoint", request) }
        let form = FormBody(request.body)
        let inputs = try trial.inputs(of: endpoint, given: asking ? form : nil)
        let answer = asking ? await trial.ask(endpoint, inputs, bearer: request.bearer) : .none
        var view = ViewBuilder.endpoint(endpoint, token: token(request, for: .deployer))
        view.lights = await lights(endpoint)
        let latency = endpoint.traffic.map { LatencyChart.svg($0.latency) } ?? ""
        let points = await trail?.traffic(of: name.text) ?? []
        let rates = RateChart(points, changes: endpoint.history.entries.map(RateChart.Change.init))
        return .page(
            pages.page(
                "endpoint", frame(of: name, "Now", request),
                Views.EndpointPage(
                    endpoint: view, latency: latency.isEmpty ? nil : latency,
                    rates: rates.svg, rateKeys: rates.keys, hasRates: !rates.svg.isEmpty, inputs: inputs.map(\.view),
                    code: trial.code(endpoint, inputs), answer: answer,
                    revisions: ViewBuilder.revisions(endpoint.history.entries, endpoint.history, most: Self.recent),
                    path: "/endpoints/\(name)/try", token: token(request, for: .invoker))))
    }

    /// The endpoint that an address names, where there is one.
    func endpoint(_ request: ControlRequest) throws -> EndpointName? {
        guard let name = try? EndpointName(request.parameter("endpoint")),
            try overview.deployments.endpoints().contains(name)
        else { return nil }
        return name
    }

    /// The frame of one of an endpoint's pages.
    func frame(of name: EndpointName, _ here: String, _ request: ControlRequest) -> Views.Frame {
        var frame = frame(here == "Now" ? name.text : "\(name): \(here.lowercased())", request)
        frame.crumbs = [Views.Link(name: name.text, path: "/endpoints/\(name)")]
        frame.tabs = [("Now", ""), ("Rollout", "/rollout"), ("Drift", "/drift"), ("History", "/history")].map {
            Views.Link(name: $0.0, path: "/endpoints/\(name)\($0.1)", isHere: $0.0 == here)
        }
        return frame
    }
}
