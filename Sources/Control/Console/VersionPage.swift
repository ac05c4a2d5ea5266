import Home
import Registry
import Release
import Tensors
import Trust
import Workshop

/// One version: what goes in and comes out, where it comes from, what is known about it.
extension Views {
    struct VersionPage {
        var reference: String
        var digest: String
        var note: String?
        var aliases: [String]
        var tensors: [Tensor]
        var lineage: [Ancestor]
        var facts: [Fact]
        var uses: [Link]
        var hasUses: Bool
    }

    struct Tensor {
        var direction: String
        var name: String
        var type: String
        var shape: String
    }

    /// A step on the way to a version, the first one first.
    struct Ancestor {
        var title: String
        var path: String?
        var text: String
        var isHere: Bool
    }
}

extension Templates {
    static let version = """
        {{<layout}}{{$content}}
        <div class="row"><h1>{{reference}}</h1>{{#aliases}}<span class="pill">@{{.}}</span>{{/aliases}}</div>
        {{#note}}<p class="lead">{{note}}</p>{{/note}}
        <section class="card" aria-labelledby="lineage">
        <h2 id="lineage">Where it comes from</h2>
        <ol class="lineage">{{#lineage}}<li{{#isHere}} aria-current="true"{{/isHere}}><b>{{#path}}<a href="{{path}}">{{title}}</a>{{/path}}{{^path}}{{title}}{{/path}}</b><span>{{text}}</span></li>{{/lineage}}</ol>
        <p class="mono">{{digest}}</p>
        </section>
        <section class="card">
        <table class="compact"><caption>Signature</caption>
        <thead><tr><th scope="col">Direction</th><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Shape</th></tr></thead>
        <tbody>{{#tensors}}<tr><td>{{direction}}</td><td><code>{{name}}</code></td><td>{{type}}</td><td>{{shape}}</td></tr>{{/tensors}}</tbody>
        </table>
        </section>
        <section class="card">
        <table class="named"><caption>What is known about it</caption>
        <tbody>{{#facts}}{{>pair}}{{/facts}}{{#hasUses}}<tr><th scope="row">In service at</th><td>{{#uses}}<a href="{{path}}">{{name}}</a> {{/uses}}</td></tr>{{/hasUses}}</tbody>
        </table>
        </section>
        {{/content}}{{/layout}}
        """
}

extension ConsoleRoutes {
    func versionPage(_ request: ControlRequest) async throws -> ControlReply {
        let registry = overview.deployments.registry
        guard let record = version(request) else { return notFound("version", request) }
        var view = try ViewBuilder.version(record, in: registry)
        view.lineage = Lineage(registry).ancestors(of: record)
        view.uses = await overview.platform.answering()
            .filter { $0.value.revision.spec.digests.contains(record.digest.description) }
            .map { Views.Link(name: $0.key.text, path: "/endpoints/\($0.key)") }.sorted { $0.name < $1.name }
        view.hasUses = !view.uses.isEmpty
        return .page(pages.page("version", frame(of: record, "Facts", request), view))
    }
}
