import Mustache

/// Renders the console's pages. Every value is escaped by the templates; only pictures, which we draw, are not.
struct Pages: Sendable {
    private let library: MustacheLibrary

    /// - Throws: when a template of ours does not parse; a test renders each of them.
    init() throws {
        library = MustacheLibrary(
            templates: try Templates.all.mapValues { try MustacheTemplate(string: Self.withRoles($0)) })
    }

    /// What is laid out otherwise where it is narrow must say itself that it is a table: browsers go by the layout.
    private static func withRoles(_ template: String) -> String {
        let parts = template.split(separator: "<table class=\"list\"", omittingEmptySubsequences: false).map(
            String.init)
        return parts[0]
            + parts.dropFirst().map { part in
                let end = part.firstRange(of: "</table>")?.lowerBound ?? part.endIndex
                let roles = [
                    ("<thead>", "<thead role=\"rowgroup\">"),
                    ("<tbody>", "<tbody role=\"rowgroup\">"),
                    ("<tr>", "<tr role=\"row\">"), ("<th scope=\"col\"", "<th role=\"columnheader\" scope=\"col\""),
                    ("<th scope=\"row\"", "<th role=\"rowheader\" scope=\"row\""), ("<td", "<td role=\"cell\""),
                ]
                let table = roles.reduce(String(part[..<end])) { $0.replacing($1.0, with: $1.1) }
                return "<table role=\"table\" class=\"list\"\(table)\(part[end...])"
            }.joined()
    }

    /// A page: the frame's properties and the view's are the template's tags.
    func page(_ template: String, _ frame: Views.Frame, _ view: Any) -> String {
        var frame = frame
        frame.hasTabs = !frame.tabs.isEmpty
        return library.render(fields(of: frame).merging(fields(of: view)) { $1 }, withTemplate: template) ?? ""
    }

    func message(_ frame: Views.Frame, heading: String, text: String) -> String {
        page("message", frame, Views.Message(heading: heading, text: text))
    }

    /// A view as a dictionary, so that it can be joined with others.
    private func fields(of view: Any) -> [String: Any] {
        var fields: [String: Any] = [:]
        for child in Mirror(reflecting: view).children {
            guard let label = child.label else { continue }
            // An optional without a value is no field: in a dictionary it would print as a word. One with a value is the value.
            let mirror = Mirror(reflecting: child.value)
            fields[label] = mirror.displayStyle == .optional ? mirror.children.first?.value : child.value
        }
        return fields
    }
}

extension Views {
    struct Message {
        var heading: String
        var text: String
    }
}
