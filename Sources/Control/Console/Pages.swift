import Mustache

/// Renders the console's pages. Every value is escaped by the templates; only the chart, which we draw, is not.
struct Pages: Sendable {
    private let library: MustacheLibrary

    /// - Throws: when a template of ours does not parse; a test renders each of them.
    init() throws {
        library = MustacheLibrary(templates: try Templates.all.mapValues { try MustacheTemplate(string: $0) })
    }

    func overview(_ frame: Views.Frame, endpoints: [Views.Endpoint]) -> String {
        render("overview", frame, ["endpoints": endpoints])
    }

    func endpoint(
        _ frame: Views.Frame, endpoint: Views.Endpoint, chart: String, inputs: [Views.Input], curl: String,
        answer: Views.Answer, revisions: [Views.Revision]
    ) -> String {
        render(
            "endpoint", frame,
            fields(of: answer).merging([
                "endpoint": endpoint, "chart": chart, "inputs": inputs, "curl": curl, "revisions": revisions,
            ]) { $1 })
    }

    /// - Parameter next: where the page with the models after these is.
    func models(_ frame: Views.Frame, models: [Views.Model], next: String? = nil) -> String {
        render("models", frame, ["models": models].merging(next.map { ["nextModels": $0] } ?? [:]) { $1 })
    }

    func version(
        _ frame: Views.Frame, version: Views.VersionDetail, confusion: Views.Confusion?
    ) -> String {
        render("version", frame, ["model": version].merging(confusion.map { ["confusion": $0] } ?? [:]) { $1 })
    }

    func message(_ frame: Views.Frame, heading: String, text: String) -> String {
        render("message", frame, ["heading": heading, "text": text])
    }

    private func render(_ template: String, _ frame: Views.Frame, _ content: [String: Any]) -> String {
        library.render(fields(of: frame).merging(content) { $1 }, withTemplate: template) ?? ""
    }

    /// An optional without a value is no field: in a dictionary it would print as a word.
    private func isNil(_ value: Any) -> Bool {
        let mirror = Mirror(reflecting: value)
        return mirror.displayStyle == .optional && mirror.children.isEmpty
    }

    /// A view as a dictionary, so that it can be joined with others.
    private func fields(of view: Any) -> [String: Any] {
        var fields: [String: Any] = [:]
        for child in Mirror(reflecting: view).children where !isNil(child.value) {
            if let label = child.label { fields[label] = child.value }
        }
        return fields
    }
}
