import Registry
import Tensors
import Workshop

/// A version's graph as a picture: node by node where it is small, in groups where it is large, with a way into each.
extension Views {
    struct GraphPage {
        var reference: String
        var path: String
        var facts: [Fact]
        var find: String
        var matches: [Match]
        var hasMatches: Bool
        var found: String?
        /// Where the picture lies in the graph, where it is not all of it.
        var part: String?
        var hint: String?
        var earlier: String?
        var later: String?
        /// Drawn by us.
        var picture: String
        var boxes: [GraphBox]
        var problem: String?
        var help: String?
    }

    struct Match {
        var name: String
        var path: String
        var operatorName: String
        var index: String
    }

    struct GraphBox {
        var title: String
        var line: String
        var hint: String
        var path: String?
    }
}

extension Templates {
    static let graph = """
        {{<layout}}{{$content}}
        <div class="row"><h1>Graph of {{reference}}</h1>
        <form class="search push" method="get" action="{{path}}" role="search"><label for="find">Find a node</label><input id="find" name="find" type="search" value="{{find}}" data-search><button class="quiet" type="submit">Find</button></form></div>
        {{#problem}}<section class="card empty"><h2>It cannot be drawn</h2><p>{{problem}}</p>{{#help}}<p class="hint">{{help}}</p>{{/help}}</section>{{/problem}}
        {{^problem}}
        {{#found}}<section class="card"><h2>{{found}}</h2>
        {{#hasMatches}}<ul class="matches">{{#matches}}<li><a href="{{path}}">{{name}}</a> <span class="hint">{{operatorName}}, node {{index}}</span></li>{{/matches}}</ul>{{/hasMatches}}</section>{{/found}}
        <section class="card" aria-label="The graph">
        <dl class="facts small">{{#facts}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/facts}}</dl>
        <p class="row">{{#part}}<span><b>{{part}}</b></span><a href="{{path}}">The whole graph</a>{{/part}}{{#earlier}}<a rel="prev" href="{{earlier}}">Earlier nodes</a>{{/earlier}}{{#later}}<a rel="next" href="{{later}}">Later nodes</a>{{/later}}{{#hint}}<span class="hint">{{hint}}</span>{{/hint}}</p>
        <div class="stage" tabindex="0" role="region" aria-label="Picture of the graph; the table below has the same">{{{picture}}}</div>
        <details id="boxes"><summary>The same as a table</summary>
        <table class="compact"><caption>In the order in which they run</caption><thead><tr><th scope="col">What</th><th scope="col">Shape or content</th><th scope="col">Name</th></tr></thead>
        <tbody>{{#boxes}}<tr><th scope="row">{{#path}}<a href="{{path}}">{{title}}</a>{{/path}}{{^path}}{{title}}{{/path}}</th><td class="free">{{line}}</td><td class="free">{{hint}}</td></tr>{{/boxes}}</tbody></table></details>
        </section>
        {{/problem}}
        {{/content}}{{/layout}}
        """
}

extension ConsoleRoutes {
    /// Nodes around one that was found.
    private static let around = 20

    func graphPage(_ request: ControlRequest) async throws -> ControlReply {
        guard let record = version(request) else { return notFound("version", request) }
        let frame = frame(of: record, "Graph", request)
        let path = "/models/\(record.model)/\(record.number)/graph"
        let find = String((request.query["find"] ?? "").replacing("+", with: " ").prefix(100))
        let (from, to) = (number(request, "from") ?? 0, number(request, "to") ?? .max)
        var view = Views.GraphPage(
            reference: record.reference.description, path: path, facts: [], find: find, matches: [], hasMatches: false,
            picture: "", boxes: [])
        do {
            let outline = try await desk.outline(
                of: record, in: overview.deployments.registry, range: from..<max(from, to), find: find)
            fill(&view, outline, path, marked: number(request, "node"))
        } catch {
            let told = (error as? WorkshopError).map { ($0.message, $0.help) }
            let described = ControlReply.describe(error)
            (view.problem, view.help) = told ?? (described.message, described.help)
        }
        return .page(pages.page("graph", frame, view))
    }

    private func number(_ request: ControlRequest, _ name: String) -> Int? {
        request.query[name].flatMap { $0.utf8.count < 10 ? Int($0) : nil }.flatMap { $0 >= 0 ? $0 : nil }
    }

    private func fill(_ view: inout Views.GraphPage, _ outline: GraphOutline, _ path: String, marked: Int?) {
        let isWhole = outline.to - outline.from == outline.nodes
        let hasGroups = outline.boxes.contains { $0.kind == .group }
        view.facts = [
            Views.Fact(name: "Nodes", value: ViewBuilder.count(outline.nodes)),
            Views.Fact(name: "Parameters", value: ViewBuilder.count(outline.parameters)),
            Views.Fact(
                name: "Operators",
                value: outline.operators.prefix(5).map { "\($0.name) ×\(ViewBuilder.count($0.count))" }.joined(
                    separator: ", ")),
        ]
        if !view.find.isEmpty {
            let count = outline.matchCount
            view.found =
                count == 0
                ? "No node is called so"
                : "\(ViewBuilder.count(count)) node\(count == 1 ? "" : "s") found"
                    + (count > outline.matches.count ? ", the first \(outline.matches.count)" : "")
            view.matches = outline.matches.map { match in
                Views.Match(
                    name: match.name.isEmpty ? "(no name)" : match.name,
                    path: Self.stretch(path, match.index - Self.around, match.index + Self.around, node: match.index),
                    operatorName: match.operatorName, index: String(match.index))
            }
            view.hasMatches = !view.matches.isEmpty
        }
        if !isWhole {
            view.part =
                "Nodes \(outline.from) to \(max(outline.from, outline.to - 1)) of \(ViewBuilder.count(outline.nodes))"
            let width = max(1, outline.to - outline.from)
            if outline.from > 0 { view.earlier = Self.stretch(path, outline.from - width, outline.from) }
            if outline.to < outline.nodes { view.later = Self.stretch(path, outline.to, outline.to + width) }
        }
        if hasGroups { view.hint = "Each box is a group of neighbours: follow it to see its nodes." }
        func link(_ box: GraphOutline.Box) -> String? {
            box.kind == .group ? Self.stretch(path, box.from, box.to) : nil
        }
        view.picture = GraphDrawing.svg(outline, marked: marked, link: link)
        view.boxes = outline.boxes.map {
            Views.GraphBox(title: $0.title, line: $0.line, hint: $0.hint, path: link($0))
        }
    }

    private static func stretch(_ path: String, _ from: Int, _ to: Int, node: Int? = nil) -> String {
        "\(path)?from=\(max(0, from))&to=\(max(1, to))" + (node.map { "&node=\($0)" } ?? "")
    }
}
