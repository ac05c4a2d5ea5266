import Home
import Registry
import Release
import Tensors
import Trust

/// Traffic beside the rows that a version was evaluated on: what differs most comes first, drawn; the rest is a table.
extension Views {
    struct DriftPage {
        var endpoint: String
        var versions: [DriftVersion]
        var problem: String?
        var isEmpty: Bool
    }

    struct DriftVersion {
        var reference: String
        var identifier: String
        var state: Pill
        var lead: String
        /// Whether there are rows to compare with.
        var isWatched: Bool
        var facts: [Fact]
        /// What an accuracy that nobody labelled rests on.
        var assumption: String?
        /// Of an input that is an image: all its pixels at once.
        var images: [DriftImage]
        var hasImages: Bool
        var drawn: [DriftFeature]
        var rest: [DriftFeature]
        var hasRest: Bool
        var isGathering: Bool
    }

    struct DriftFeature {
        var name: String
        var role: String
        var verdict: Pill
        var test: String
        var p: String
        var effect: String
        var then: String
        var now: String
        /// A picture, drawn by us.
        var picture: String
    }
}

extension Templates {
    static let drift = """
        {{<layout}}{{$content}}
        <h1>Drift of {{endpoint}}</h1>
        <div id="drift" data-live>
        {{#problem}}<section class="card empty"><h2>Nothing is compared</h2><p>{{problem}}</p></section>{{/problem}}
        {{#isEmpty}}<section class="card empty"><h2>Nothing is in service</h2><p>Deploy a version, and its traffic is watched.</p></section>{{/isEmpty}}
        {{#versions}}
        <section class="card" aria-labelledby="v-{{identifier}}">
        <div class="row"><h2 id="v-{{identifier}}">{{reference}}</h2>{{#state}}{{>pill}}{{/state}}</div>
        {{^isWatched}}<p>There is nothing to compare its traffic with. Evaluate it with rows that are kept:</p>
        <pre>slipway evaluate {{reference}} --data rows.npz --keep</pre>{{/isWatched}}
        {{#isWatched}}
        <p class="lead">{{lead}}</p>
        {{>figures}}
        {{#assumption}}<p class="hint">{{assumption}}</p>{{/assumption}}
        {{#isGathering}}<p class="hint">The first window is still open: features are compared when it closes.</p>{{/isGathering}}
        {{^isGathering}}
        {{#hasImages}}<div class="images">{{#images}}<figure>{{{picture}}}<figcaption><b>{{title}}</b><span class="by">{{note}}</span></figcaption></figure>{{/images}}</div>{{/hasImages}}
        <ul class="legend"><li><svg viewBox="0 0 16 8" aria-hidden="true"><rect class="then" width="16" height="8"/></svg> reference</li><li><svg viewBox="0 0 16 8" aria-hidden="true"><rect class="current" x="4" width="8" height="8"/></svg> the newest window</li></ul>
        <ul class="features">{{#drawn}}<li>
        <div class="row"><h3>{{name}} <span class="hint">{{role}}</span></h3>{{#verdict}}{{>pill}}{{/verdict}}</div>
        {{{picture}}}
        <dl class="pairs"><div><dt>effect</dt><dd>{{effect}}</dd></div><div><dt>p</dt><dd>{{p}}</dd></div><div><dt>test</dt><dd>{{test}}</dd></div><div><dt>then</dt><dd>{{then}}</dd></div><div><dt>now</dt><dd>{{now}}</dd></div></dl>
        </li>{{/drawn}}</ul>
        {{#hasRest}}<details class="more" id="more-{{identifier}}"><summary>The other features</summary><div class="wide" tabindex="0" role="region" aria-label="The other features of {{reference}}">
        <table class="compact"><caption>Those that differ more come first</caption>
        <thead><tr><th scope="col">Feature</th><th scope="col">Verdict</th><th scope="col" class="number">Effect, large from</th><th scope="col" class="number">p</th><th scope="col" class="extra">Test</th><th scope="col">Then</th><th scope="col">Now</th></tr></thead>
        <tbody>{{#rest}}<tr><th scope="row">{{name}}</th><td>{{#verdict}}{{>pill}}{{/verdict}}</td><td class="number">{{effect}}</td><td class="number">{{p}}</td><td class="extra">{{test}}</td><td>{{then}}</td><td>{{now}}</td></tr>{{/rest}}</tbody>
        </table></div></details>{{/hasRest}}
        {{/isGathering}}
        {{/isWatched}}
        </section>
        {{/versions}}
        </div>
        {{/content}}{{/layout}}
        """
}

extension ConsoleRoutes {
    func driftPage(_ request: ControlRequest) async throws -> ControlReply {
        guard let name = try endpoint(request) else { return notFound("endpoint", request) }
        let versions = await management.drift?(name.text)["versions"]?.arrayValue
        let problem = versions == nil ? "This server watches no traffic: start it without --drift-window off." : nil
        return .page(
            pages.page(
                "drift", frame(of: name, "Drift", request),
                Views.DriftPage(
                    endpoint: name.text,
                    versions: (versions ?? []).enumerated().map { DriftWords.version($0, $1, images: images(in: $1)) },
                    problem: problem, isEmpty: versions?.isEmpty ?? false)))
    }
}

extension ConsoleRoutes {
    /// Versions whose labels are looked at for one that has none.
    private static let mostAsked = 20

    /// Inputs of a version in service that can be drawn: as its labels say, or those of another version of the model.
    private func images(in version: JSONValue) -> [ImageInput] {
        guard let reference = version["version"]?.stringValue.flatMap({ try? Reference($0) }),
            let record = try? overview.deployments.registry.resolve(reference)
        else { return [] }
        // An older version often says what its inputs look like where the newest one was imported without.
        let others = (try? overview.deployments.registry.versions(of: record.model, limit: Self.mostAsked))?.items ?? []
        return images(of: ([record] + others).map(\.digest.description))
    }
}

/// What the API says of drift, as the page shows it.
enum DriftWords {
    /// Pictures of a version; more are neither looked at nor small.
    private static let mostDrawn = 12
    private static let mostRows = 256

    static func version(_ index: Int, _ json: JSONValue, images: [ImageInput] = []) -> Views.DriftVersion {
        let state = json["state"]?.stringValue ?? "?"
        let features = (json["features"]?.arrayValue ?? []).sorted { severity($0) > severity($1) }
        let pictures = images.flatMap { DriftImages.views(features, $0) }
        let drifting = (json["drifting"]?.arrayValue ?? []).compactMap(\.stringValue)
        return Views.DriftVersion(
            reference: json["version"]?.stringValue ?? "?", identifier: String(index), state: pill(state),
            lead: lead(drifting, features.count { $0["verdict"]?.stringValue == "suspected" }, features.count),
            isWatched: json["reference"] != nil, facts: facts(json) + accuracies(json["accuracy"]),
            assumption: (json["accuracy"]?["estimated"]?["assumption"]?.stringValue).map {
                "By confidence: \($0)"
            },
            images: pictures, hasImages: !pictures.isEmpty,
            drawn: features.prefix(mostDrawn).map { feature($0, images, isDrawn: true) },
            rest: features.dropFirst(mostDrawn).prefix(mostRows).map { feature($0, images, isDrawn: false) },
            hasRest: features.count > mostDrawn, isGathering: features.isEmpty)
    }

    private static func pill(_ state: String) -> Views.Pill {
        switch state {
        case "drift": Views.Pill(text: "≠ drift", style: "bad")
        case "suspected": Views.Pill(text: "≈ suspected", style: "warn")
        case "stable": Views.Pill(text: "= stable", style: "good")
        default: Views.Pill(text: "… \(state)", style: "")
        }
    }

    private static func lead(_ drifting: [String], _ suspected: Int, _ count: Int) -> String {
        guard count > 0 else { return "" }
        guard !drifting.isEmpty else {
            let once = suspected == 0 ? "" : " \(suspected) differ in the newest window, and not yet twice in a row."
            return "None of \(count) features drifts.\(once)"
        }
        let names = drifting.prefix(5).joined(separator: ", ")
        return "\(drifting.count) of \(count) features drift: \(names)" + (drifting.count > 5 ? ", …" : ".")
    }

    private static func facts(_ json: JSONValue) -> [Views.Fact] {
        let open = json["open"]
        func count(_ value: JSONValue?) -> String { String(value?.intValue ?? 0) }
        let seconds = Int(open?["needsSeconds"]?.doubleValue ?? 0)
        return [
            Views.Fact(
                name: "Reference",
                value: "\(count(json["reference"]?["rows"])) rows of \(json["reference"]?["set"]?.stringValue ?? "?")"),
            Views.Fact(name: "Windows closed", value: String(json["windows"]?.arrayValue?.count ?? 0)),
            Views.Fact(name: "Open window", value: "\(count(open?["rows"])) rows"),
            Views.Fact(
                name: "It closes after", value: "\(ViewBuilder.uptime(seconds)), \(count(open?["needsRows"])) rows"),
            Views.Fact(name: "Looked at", value: "1 request in \(json["sampling"]?["oneIn"]?.intValue ?? 1)"),
        ]
    }

    /// How often answers were right: as labels say that came back, and as confidence has it.
    private static func accuracies(_ json: JSONValue?) -> [Views.Fact] {
        func fact(_ name: String, _ kind: String, _ counted: String, _ unit: String) -> Views.Fact? {
            guard let accuracy = json?[kind]?["accuracy"]?.doubleValue else { return nil }
            let count = ViewBuilder.count(json?[kind]?[counted]?.intValue ?? 0)
            return Views.Fact(name: name, value: "\(ViewBuilder.percent(accuracy)) of \(count) \(unit)")
        }
        return [
            fact("Right, by labels", "realised", "labels", "labels"),
            fact("Right, by confidence", "estimated", "rows", "rows"),
            fact("Right, on the reference", "reference", "rows", "rows"),
        ].compactMap(\.self)
    }

    /// The verdict first, then the effect in units of what is large.
    private static func severity(_ feature: JSONValue) -> Double {
        let ratio = (feature["effect"]?.doubleValue ?? 0) / max(1e-9, feature["threshold"]?.doubleValue ?? 1)
        switch feature["verdict"]?.stringValue {
        case "drift": return 2e9 + ratio
        case "suspected": return 1e9 + ratio
        default: return ratio
        }
    }

    private static func feature(_ json: JSONValue, _ images: [ImageInput], isDrawn: Bool) -> Views.DriftFeature {
        let name = json["name"]?.stringValue ?? "?"
        let role = json["role"]?.stringValue ?? ""
        let effect = json["effect"]?.doubleValue ?? 0
        let threshold = json["threshold"]?.doubleValue ?? 0
        return Views.DriftFeature(
            name: name, role: role == "input" ? DriftImages.place(name, images) ?? role : role,
            verdict: pill(json["verdict"]?.stringValue ?? "?"), test: json["test"]?.stringValue ?? "?",
            p: probability(json["adjustedP"]?.doubleValue),
            effect: "\(RolloutWords.figure(effect)) (large: \(RolloutWords.figure(threshold)))",
            then: summary(json["reference"]), now: summary(json["current"]),
            picture: isDrawn ? DriftPicture.svg(json) : "")
    }

    /// `0.03`, `< 0.0001`.
    private static func probability(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "–" }
        if value < 0.0001 { return "< 0.0001" }
        return String((value * 10_000).rounded() / 10_000)
    }

    private static func summary(_ sketch: JSONValue?) -> String {
        if let mean = sketch?["mean"]?.doubleValue, let deviation = sketch?["deviation"]?.doubleValue {
            return "\(RolloutWords.figure(mean)) ± \(RolloutWords.figure(deviation))"
        }
        guard let most = sketch?["mostFrequent"] else { return "–" }
        let share = sketch?["share"]?.doubleValue.map { " \(ViewBuilder.percent($0))" } ?? ""
        return "mostly \((most.stringValue ?? most.encodedString()).prefix(40))\(share)"
    }
}
