import Home
import Registry

/// Models with their versions; one model with the moves of its aliases.
extension Views {
    struct ModelsPage {
        var title: String
        var models: [Model]
        var isEmpty: Bool
        /// Of all models, not of one.
        var isList: Bool
        /// Where the page with the models after these is.
        var nextModels: String?
        var moves: [Move]
        var hasMoves: Bool
    }

    struct Version {
        var model: String
        var number: String
        var reference: String
        var aliases: [String]
        var accuracy: String
        /// Of 100; the width of a bar beside the size.
        var sizeShare: String
        var size: String
        /// Where it came from, or what it was made of.
        var origin: String
        var at: Moment
        var note: String
    }

    struct Model {
        var name: String
        /// Where the page with the versions before these is.
        var older: String?
        var versions: [Version]
    }

    /// One move of an alias.
    struct Move {
        var at: Moment
        var text: String
    }
}

extension Templates {
    static let models = """
        {{<layout}}{{$content}}
        <h1>{{title}}</h1>
        {{#models}}
        <section class="card">
        {{#isList}}<h2><a href="/models/{{name}}">{{name}}</a></h2>{{/isList}}
        <table class="list"><caption>Versions, newest first</caption>
        <thead><tr><th scope="col">Version</th><th scope="col">Accuracy</th><th scope="col">Size</th><th scope="col">Made of</th><th scope="col">Note</th><th scope="col">Imported</th></tr></thead>
        <tbody>{{#versions}}<tr><th scope="row"><a href="/models/{{model}}/{{number}}">{{reference}}</a>{{#aliases}} <span class="pill">@{{.}}</span>{{/aliases}}</th><td>{{accuracy}}</td><td class="size"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="8"/><rect class="fill" width="{{sizeShare}}" height="8"/></svg>{{size}}</td><td class="free">{{origin}}</td><td class="free">{{note}}</td><td class="when">{{>moment}}</td></tr>{{/versions}}</tbody>
        </table>
        {{#older}}<p><a rel="next" href="{{older}}">Older versions of {{name}}</a></p>{{/older}}
        </section>
        {{/models}}
        {{#hasMoves}}<section class="card"><table class="list"><caption>Moves of aliases, newest first</caption>
        <thead><tr><th scope="col">When</th><th scope="col">What</th></tr></thead>
        <tbody>{{#moves}}<tr><td class="when">{{>moment}}</td><td class="free">{{text}}</td></tr>{{/moves}}</tbody></table></section>{{/hasMoves}}
        {{#nextModels}}<p><a rel="next" href="{{nextModels}}">More models</a></p>{{/nextModels}}
        {{#isEmpty}}<section class="card empty"><h2>No models yet</h2><pre>slipway import model.onnx --name mymodel</pre></section>{{/isEmpty}}
        {{/content}}{{/layout}}
        """
}

extension ConsoleRoutes {
    /// What is on one page: the newest versions of each model, or one model's.
    private static let (modelsPerPage, versionsPerModel, versionsPerPage, mostMoves) = (50, 20, 100, 50)

    func modelsPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame("Models", request)
        frame.onModels = true
        let registry = overview.deployments.registry
        guard let query = try? PageQuery(request, standard: Self.modelsPerPage), let after = try? query.model() ?? ""
        else { return notFound("page", request) }
        let page = try registry.models(after: after, limit: query.limit)
        let models = try page.items.map { row in
            try ViewBuilder.model(try ModelName(row.name), in: registry, limit: Self.versionsPerModel)
        }
        return .page(
            pages.page(
                "models", frame,
                Views.ModelsPage(
                    title: "Models", models: models, isEmpty: models.isEmpty, isList: true,
                    nextModels: page.next.map { "/models?after=\($0)" }, moves: [], hasMoves: false)))
    }

    /// One model's versions, a page at a time.
    func modelPage(_ request: ControlRequest) async throws -> ControlReply {
        var frame = frame(request.parameter("model"), request)
        frame.onModels = true
        let registry = overview.deployments.registry
        guard let name = try? ModelName(request.parameter("model")),
            let query = try? PageQuery(request, standard: Self.versionsPerPage),
            let after = try? query.number() ?? .max,
            let model = try? ViewBuilder.model(name, in: registry, before: after, limit: query.limit)
        else { return notFound("model", request) }
        let moves = try registry.aliasHistory(of: name, limit: Self.mostMoves).map { change in
            Views.Move(at: Views.Moment(change.at), text: ViewBuilder.aliasChange(change))
        }
        return .page(
            pages.page(
                "models", frame,
                Views.ModelsPage(
                    title: name.description, models: [model], isEmpty: false, isList: false, nextModels: nil,
                    moves: moves,
                    hasMoves: !moves.isEmpty)))
    }

    /// The frame of one of a version's pages.
    func frame(of record: VersionRecord, _ here: String, _ request: ControlRequest) -> Views.Frame {
        let name = record.reference.description
        var frame = frame(here == "Facts" ? name : "\(name): \(here.lowercased())", request)
        frame.onModels = true
        frame.crumbs = [
            Views.Link(name: record.model.description, path: "/models/\(record.model)"),
            Views.Link(name: record.number.description, path: "/models/\(record.model)/\(record.number)"),
        ]
        frame.tabs = [("Facts", ""), ("Reports", "/reports"), ("Graph", "/graph")].map {
            Views.Link(
                name: $0.0, path: "/models/\(record.model)/\(record.number)\($0.1)", isHere: $0.0 == here)
        }
        return frame
    }

    /// The version that an address names.
    func version(_ request: ControlRequest) -> VersionRecord? {
        guard let reference = try? Reference("\(request.parameter("model")):\(request.parameter("number"))") else {
            return nil
        }
        return try? overview.deployments.registry.resolve(reference)
    }
}
