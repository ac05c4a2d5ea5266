import Registry
import Tensors

/// What was measured of a version: evaluations with their confusion, engines, what it runs best with, how it was optimised.
extension Views {
    struct ReportsPage {
        var reference: String
        var evaluations: [Evaluation]
        var optimisation: Optimisation?
        var engines: [Fact]
        var hasEngines: Bool
        var tunings: [Fact]
        var hasTunings: Bool
        var isEmpty: Bool
    }

    struct Evaluation {
        var title: String
        var identifier: String
        var at: Moment
        var facts: [Fact]
        var classes: [ClassMeasure]
        var hasClasses: Bool
        var confusion: Confusion?
    }

    struct ClassMeasure {
        var name: String
        var support: String
        var precision: String
        var recall: String
        var f1: String
        /// Of 100.
        var width: String
    }

    struct Confusion {
        var caption: String
        var headings: [String]
        var rows: [ConfusionRow]
    }

    struct ConfusionRow {
        var name: String
        var cells: [Cell]
    }

    struct Cell {
        var text: String
        /// How much of its row is here: `h0` to `h5`, or `miss1` to `miss3` off the diagonal.
        var style: String
    }

    struct Optimisation {
        var lead: String
        var changes: Changes
        var steps: [Fact]
        var hasSteps: Bool
        /// Where the whole report is.
        var path: String?
    }

    /// Figures of two sides, side by side.
    struct Changes {
        var caption: String
        var first: String
        var second: String
        var figures: [Change]
        /// The colours of the bars.
        var kindBefore = "then"
        var kindAfter = "fill"
    }

    /// A figure before and after.
    struct Change {
        var name: String
        var before: String
        var after: String
        /// Of 100: how long the bars are.
        var widthBefore: String
        var widthAfter: String
    }
}

extension Templates {
    static let reports = """
        {{<layout}}{{$content}}
        <h1>Reports on {{reference}}</h1>
        {{#isEmpty}}<section class="card empty"><h2>Nothing was measured yet</h2>
        <pre>slipway evaluate {{reference}} --data rows.npz --keep</pre></section>{{/isEmpty}}
        {{#optimisation}}
        <section class="card" aria-labelledby="optimisation">
        <h2 id="optimisation">How it was made</h2>
        <p class="lead">{{lead}}</p>
        {{#changes}}{{>changes}}{{/changes}}
        {{#hasSteps}}<table class="named"><caption>Steps</caption><tbody>{{#steps}}{{>pair}}{{/steps}}</tbody></table>{{/hasSteps}}
        {{#path}}<p><a href="{{path}}">The whole report</a></p>{{/path}}
        </section>
        {{/optimisation}}
        {{#evaluations}}
        <section class="card" aria-labelledby="e-{{identifier}}">
        <h2 id="e-{{identifier}}">Evaluated on {{title}}</h2>
        <p class="hint">{{>moment}}</p>
        {{>figures}}
        {{#hasClasses}}<table class="compact"><caption>Class by class</caption>
        <thead><tr><th scope="col">Class</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Precision</th><th scope="col" class="number">Recall</th><th scope="col" class="number">F1</th><td class="extra"></td></tr></thead>
        <tbody>{{#classes}}<tr><th scope="row">{{name}}</th><td class="number">{{support}}</td><td class="number">{{precision}}</td><td class="number">{{recall}}</td><td class="number">{{f1}}</td><td class="extra pair"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="8"/><rect class="fill" width="{{width}}" height="8"/></svg></td></tr>{{/classes}}</tbody>
        </table>{{/hasClasses}}
        {{#confusion}}<div class="wide" tabindex="0" role="region" aria-label="Confusion on {{title}}">{{>confusion}}</div>{{/confusion}}
        </section>
        {{/evaluations}}
        {{#hasEngines}}<section class="card"><table class="named"><caption>Engines, as they ran it at import</caption><tbody>{{#engines}}{{>pair}}{{/engines}}</tbody></table></section>{{/hasEngines}}
        {{#hasTunings}}<section class="card"><table class="named"><caption>Tuned</caption><tbody>{{#tunings}}{{>pair}}{{/tunings}}</tbody></table></section>{{/hasTunings}}
        {{/content}}{{/layout}}
        """

    static let changes = """
        <table class="compact"><caption>{{caption}}</caption>
        <thead><tr><th scope="col">Figure</th><th scope="col" class="number">{{first}}</th><th scope="col" class="number">{{second}}</th><td class="extra"></td></tr></thead>
        <tbody>{{#figures}}<tr><th scope="row">{{name}}</th><td class="number">{{before}}</td><td class="number">{{after}}</td><td class="extra pair"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="{{kindBefore}}" width="{{widthBefore}}" height="3.4"/><rect class="{{kindAfter}}" y="4.6" width="{{widthAfter}}" height="3.4"/></svg></td></tr>{{/figures}}</tbody>
        </table>
        """

    static let confusion = """
        <table class="confusion"><caption>{{caption}}</caption>
        <thead><tr><td></td>{{#headings}}<th scope="col" class="number">{{.}}</th>{{/headings}}</tr></thead>
        <tbody>{{#rows}}<tr><th scope="row">{{name}}</th>{{#cells}}<td class="number {{style}}">{{text}}</td>{{/cells}}</tr>{{/rows}}</tbody>
        </table>
        """
}

extension ConsoleRoutes {
    func reportsPage(_ request: ControlRequest) async throws -> ControlReply {
        let registry = overview.deployments.registry
        guard let record = version(request) else { return notFound("version", request) }
        let known = try registry.referrers(of: record.digest)
        let page = "/models/\(record.model)/\(record.number)/reports/optimisation"
        let made = Lineage(registry).optimisation(of: record)
        let view = ReportWords.view(
            record.reference.description, known, made, page: offers.optimisationPage == nil ? nil : page)
        return .page(pages.page("reports", frame(of: record, "Reports", request), view))
    }

    /// The optimisation's report as the command line writes it into a file: a page of its own.
    func optimisationReport(_ request: ControlRequest) async throws -> ControlReply {
        guard let record = version(request), let draw = offers.optimisationPage,
            let made = Lineage(overview.deployments.registry).optimisation(of: record), let page = draw(made)
        else { return notFound("report", request) }
        return .document(page)
    }
}
