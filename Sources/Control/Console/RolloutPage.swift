import Release
import Tensors
import Trust

/// A version's way to its traffic: how far it is, what is known for and against it, and every decision with its numbers.
extension Views {
    struct RolloutPage {
        var endpoint: String
        var hasRollout: Bool
        /// What is going on, in a sentence.
        var lead: String
        var state: Pill
        var holding: String?
        var acts: [Act]
        var facts: [Fact]
        var steps: [Step]
        var hasSteps: Bool
        var isIncident: Bool
        /// Pictures, drawn by us.
        var against: String
        var safety: String
        var keys: [Key]
        var streams: [Stream]
        /// The last minute of both.
        var latency: SideBySide?
        var compared: ComparedAnswers?
        var isUncompared: Bool
        var decisions: [Decision]
    }

    /// One step of the declared way.
    struct Step {
        var share: String
        /// `past`, `here` or `ahead`.
        var place: String
        var isHere: Bool
    }

    struct Stream {
        var title: String
        /// What counts for it, where the title does not say.
        var note: String?
        var stable: String
        var canary: String
        var clients: String
        var evidence: String
        var style: String
    }

    /// How long requests took on either side.
    struct SideBySide {
        var stable: String
        var new: String
        /// Drawn by us.
        var picture: String
        var figures: Changes
    }

    struct Decision {
        var at: Moment
        var kind: String
        var style: String
        var share: String
        var reason: String
        var numbers: String
    }
}

extension Templates {
    static let rollout = """
        {{<layout}}{{$content}}
        {{^hasRollout}}
        <h1>Rollout of {{endpoint}}</h1>
        <section class="card empty"><h2>No rollout yet</h2>
        <p>A rollout gives a version its traffic step by step, and takes it back when the evidence says so:</p>
        <pre>slipway deploy mymodel:2 --endpoint {{endpoint}} --strategy canary</pre></section>
        {{/hasRollout}}
        {{#hasRollout}}
        <div class="row"><h1>Rollout of {{endpoint}}</h1><span id="phase" class="row" data-live>{{#state}}{{>pill}}{{/state}}</span>
        <span class="push row" id="acts" data-live>{{#acts}}{{>act}}{{/acts}}</span></div>
        <section class="card" id="course" data-live aria-label="How far it is">
        <p class="lead">{{lead}}</p>
        {{#isIncident}}<p class="note">! The stable version fails more than it used to: an incident. Nobody is blamed, and the clock stands still.</p>{{/isIncident}}
        {{#holding}}<p class="note">It waits: {{holding}}</p>{{/holding}}
        {{#hasSteps}}<ol class="steps" aria-label="Steps">{{#steps}}<li class="{{place}}"{{#isHere}} aria-current="step"{{/isHere}}>{{share}}</li>{{/steps}}</ol>{{/hasSteps}}
        {{>figures}}
        </section>
        <section class="card" id="evidence" data-live aria-label="Evidence">
        <div class="grid">
        <div><h2>Against the new version</h2>{{>legend}}{{{against}}}</div>
        <div><h2>That it is no worse</h2><p class="hint">From its errors, beside the stable version's.</p>{{{safety}}}</div>
        </div>
        <p class="hint">Evidence is a base-10 logarithm: 2 means a hundred to one. At the dashed line it is decided, however often one looks.</p>
        <table class="compact"><caption>What is watched: requests that speak against a version</caption>
        <thead><tr><th scope="col">Stream</th><th scope="col" class="number">Stable</th><th scope="col" class="number">New</th><th scope="col" class="number extra">Clients, stable / new</th><th scope="col" class="number">Evidence</th></tr></thead>
        <tbody>{{#streams}}<tr><th scope="row">{{title}}{{#note}}<span class="by">{{note}}</span>{{/note}}</th><td class="number">{{stable}}</td><td class="number">{{canary}}</td><td class="number extra">{{clients}}</td><td class="number"><span class="pill {{style}}">{{evidence}}</span></td></tr>{{/streams}}</tbody>
        </table>
        </section>
        <section class="card" id="latency" data-live aria-labelledby="beside">
        <h2 id="beside">Latency side by side, the last minute</h2>
        {{#latency}}<div class="grid"><div>
        <ul class="legend"><li><svg viewBox="0 0 16 8" aria-hidden="true"><rect class="stable" width="16" height="8"/></svg> {{stable}}</li><li><svg viewBox="0 0 16 8" aria-hidden="true"><rect class="canary" x="4" width="8" height="8"/></svg> {{new}}</li></ul>
        {{{picture}}}</div><div>{{#figures}}{{>changes}}{{/figures}}</div></div>{{/latency}}
        {{^latency}}<p class="hint">Not both versions were asked something in the last minute. A shadow's runs are below, where its answers are compared.</p>{{/latency}}
        </section>
        <section class="card" id="compared" data-live aria-labelledby="answers">
        <h2 id="answers">Answers to the same requests</h2>
        {{#compared}}{{>compared}}{{/compared}}
        {{#isUncompared}}<p class="hint">Nobody has compared what both versions answer. A rollout does with <code>--max-disagreement 5%</code>, and with <code>--strategy shadow --share 20% --duration 1h</code>.</p>{{/isUncompared}}
        </section>
        <section class="card" id="decisions" data-live>
        <table class="list"><caption>Decisions, newest first</caption>
        <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col" class="number">Share</th><th scope="col">Why</th></tr></thead>
        <tbody>{{#decisions}}<tr><td class="when">{{>moment}}</td><td><span class="pill {{style}}">{{kind}}</span></td><td class="number">{{share}}</td><td class="free">{{reason}}<span class="by">{{numbers}}</span></td></tr>{{/decisions}}</tbody>
        </table>
        </section>
        {{/hasRollout}}
        {{/content}}{{/layout}}
        """
}

extension ConsoleRoutes {
    func rolloutPage(_ request: ControlRequest) async throws -> ControlReply {
        guard let name = try endpoint(request) else { return notFound("endpoint", request) }
        let frame = frame(of: name, "Rollout", request)
        let record: RecordedRollout?
        let known: JSONValue?
        do {
            record = try overview.deployments.latestRollout(of: name)
            known = try await management.driver?.json(name)
        } catch {
            return .page(
                pages.message(
                    frame, heading: "The rollout cannot be read",
                    text: "What is recorded of it is damaged. \(ControlReply.describe(error).message)"), status: 500)
        }
        guard let record, let json = known else {
            return .page(pages.page("rollout", frame, RolloutWords.nothing(name.text)))
        }
        let sides = try await overview.endpoint(name).map { RolloutSides($0, record) }
        let points = await trail?.evidence(of: name.text, rollout: record.number) ?? []
        let pair = management.comparisons?.newest(name, candidate: record.digest)
        let view = RolloutWords(
            json: json, policy: record.policy, points: points, token: token(request, for: .deployer),
            compared: pair.map { ComparedAnswersWords.view($0, images: images(of: digests($0))) },
            sides: sides ?? RolloutSides()
        ).view(name.text)
        return .page(pages.page("rollout", frame, view))
    }

    /// Both versions of a comparison, the new one first.
    private func digests(_ pair: JSONValue) -> [String] {
        ["candidateDigest", "baseDigest"].compactMap { pair[$0]?.stringValue }
    }

    /// What a person wants of a rollout.
    func steerRollout(_ request: ControlRequest) async throws -> ControlReply {
        let text = request.parameter("endpoint")
        do {
            let name = try EndpointName(text)
            guard try overview.deployments.endpoints().contains(name) else {
                throw ReleaseError(.notFound, "there is no endpoint '\(name)'")
            }
            guard let wish = FormBody(request.body)["action"].flatMap(RolloutDriver.Wish.init(rawValue:)) else {
                throw ReleaseError(.invalid, "the form says nothing that can be done with a rollout")
            }
            guard let driver = management.driver else {
                throw ReleaseError(.notFound, "this server serves one file: there are no rollouts")
            }
            try await driver.carryOut(wish, at: name, by: request.identity.name)
            return .redirect(to: "/endpoints/\(name)/rollout")
        } catch {
            return unchanged(text, request, error)
        }
    }
}
