import Home
import Registry
import Release

/// What happened: an endpoint's revisions a page at a time, and everything of late together.
extension Views {
    struct HistoryPage {
        var title: String
        var revisions: [Revision]
        var hasRevisions: Bool
        var events: [Event]
        var hasEvents: Bool
        /// Where older ones are.
        var older: String?
    }

    struct Revision {
        var number: String
        var isCurrent: Bool
        var what: String
        var traffic: String
        var outcome: String
        var outcomeClass: String
        var reason: String?
        var author: String?
        var note: String?
        var at: Moment
    }

    /// Something that happened, whatever it happened to.
    struct Event {
        var at: Moment
        var kind: String
        /// `good`, `warn`, `bad` or empty.
        var style: String
        var subject: String
        var path: String
        var text: String
    }
}

extension Templates {
    static let history = """
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        <section class="card" id="history" data-live>
        {{#hasRevisions}}{{>revisions}}{{/hasRevisions}}
        {{#hasEvents}}
        <table class="list"><caption>Newest first</caption>
        <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Where</th><th scope="col">How</th></tr></thead>
        <tbody>{{#events}}<tr><td class="when">{{>moment}}</td><td><span class="pill {{style}}">{{kind}}</span></td><td><a href="{{path}}">{{subject}}</a></td><td class="free">{{text}}</td></tr>{{/events}}</tbody>
        </table>
        {{/hasEvents}}
        {{^hasRevisions}}{{^hasEvents}}<p class="hint">Nothing has happened yet.</p>{{/hasEvents}}{{/hasRevisions}}
        {{#older}}<p><a rel="next" href="{{older}}">Older revisions</a></p>{{/older}}
        </section>
        {{/content}}{{/layout}}
        """

    static let revisions = """
        <table class="list"><caption>Revisions, newest first</caption>
        <thead><tr><th scope="col" class="number">No.</th><th scope="col">What</th><th scope="col">Traffic</th><th scope="col">Outcome</th><th scope="col">When</th></tr></thead>
        <tbody>{{#revisions}}<tr><td class="number">{{number}}</td><td>{{what}}{{#isCurrent}} <b class="now">in force</b>{{/isCurrent}}{{#author}}<span class="by">by {{author}}</span>{{/author}}{{#note}}<span class="by">{{note}}</span>{{/note}}</td><td class="traffic">{{traffic}}</td><td class="free"><span class="pill {{outcomeClass}}">{{outcome}}</span>{{#reason}} <span class="hint">{{reason}}</span>{{/reason}}</td><td class="when">{{>moment}}</td></tr>{{/revisions}}</tbody>
        </table>
        """
}

extension ConsoleRoutes {
    private static let revisionsPerPage = 50
    /// Events on the page of all, and how many of each endpoint or model are looked at for it.
    private static let (mostEvents, mostEach) = (100, 40)

    /// One endpoint's revisions.
    func endpointHistoryPage(_ request: ControlRequest) async throws -> ControlReply {
        guard let name = try? EndpointName(request.parameter("endpoint")),
            let query = try? PageQuery(request, standard: Self.revisionsPerPage),
            let before = try? query.number() ?? .max,
            let history = try? overview.deployments.recentHistory(of: name), !history.entries.isEmpty,
            let page = try? overview.deployments.revisions(of: name, before: before, limit: query.limit)
        else { return notFound("endpoint", request) }
        return .page(
            pages.page(
                "history", frame(of: name, "History", request),
                Views.HistoryPage(
                    title: "History of \(name)",
                    revisions: ViewBuilder.revisions(page.items.reversed(), history, most: query.limit),
                    hasRevisions: !page.items.isEmpty, events: [], hasEvents: false,
                    older: page.next.map { "/endpoints/\(name)/history?after=\($0)" })))
    }

    /// Everything of late: revisions, decisions of rollouts, versions and aliases.
    func historyPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame("History", request)
        frame.onHistory = true
        let events = try releaseEvents() + registryEvents()
        let newest = events.sorted { $0.at.iso > $1.at.iso }.prefix(Self.mostEvents)
        return .page(
            pages.page(
                "history", frame,
                Views.HistoryPage(
                    title: "History", revisions: [], hasRevisions: false, events: Array(newest),
                    hasEvents: !newest.isEmpty, older: nil)))
    }

    private func releaseEvents() throws -> [Views.Event] {
        try overview.deployments.endpoints().flatMap { name -> [Views.Event] in
            let revisions = try overview.deployments.revisions(of: name, limit: Self.mostEach).items.map { entry in
                var text = HistoryText.traffic(entry.revision.spec)
                if case .failed(let reason) = entry.outcome { text += " – failed: \(reason)" }
                if let note = entry.revision.note { text += " – \(note)" }
                return Views.Event(
                    at: Views.Moment(Timestamp(milliseconds: Int64(entry.revision.createdAt))),
                    kind: "\(entry.revision.cause)", style: entry.outcome.isFailed ? "bad" : "",
                    subject: name.text, path: "/endpoints/\(name)/history", text: text)
            }
            let rollout = (try? overview.deployments.latestRollout(of: name))?.rollout
            let decisions = (rollout?.records ?? []).suffix(Self.mostEach).map { record in
                Views.Event(
                    at: Views.Moment(Timestamp(milliseconds: Int64(record.time))),
                    kind: "rollout: \(record.kind.rawValue)", style: RolloutWords.style(record.kind.rawValue),
                    subject: name.text, path: "/endpoints/\(name)/rollout", text: record.reason)
            }
            return revisions + decisions
        }
    }

    private func registryEvents() throws -> [Views.Event] {
        let registry = overview.deployments.registry
        return try registry.models(limit: Self.mostEvents).items.flatMap { row -> [Views.Event] in
            let model = try ModelName(row.name)
            let versions = try registry.versions(of: model, limit: Self.mostEach).items.map { record in
                Views.Event(
                    at: Views.Moment(record.createdAt), kind: "version", style: "good",
                    subject: record.reference.description, path: "/models/\(model)/\(record.number)",
                    text: [record.source, record.note].filter { !$0.isEmpty }.joined(separator: " – "))
            }
            let aliases = try registry.aliasHistory(of: model, limit: Self.mostEach).map { change in
                Views.Event(
                    at: Views.Moment(change.at), kind: "alias", style: "", subject: model.description,
                    path: "/models/\(model)", text: ViewBuilder.aliasChange(change))
            }
            return versions + aliases
        }
    }
}
