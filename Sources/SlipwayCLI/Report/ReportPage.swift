import Charts

/// The frame of a page with measurements: one file, light and dark, no script, nothing loaded from anywhere.
struct ReportPage {
    let title: String
    /// What it comes to, in plain words, before any figure.
    var lead: [String] = []
    /// What is told at the top.
    let facts: [(name: String, value: String)]
    /// Headed parts; the bodies are HTML already.
    let sections: [(heading: String, body: String)]
    /// Which command made it.
    let maker: String

    func html() -> String {
        let facts = facts.map { "<div><dt>\(Self.text($0.name))</dt><dd>\(Self.text($0.value))</dd></div>" }.joined()
        let sections = sections.map { "<section><h2>\(Self.text($0.heading))</h2>\n\($0.body)</section>\n" }.joined()
        let lead = lead.map { "<p class=\"lead\">\(Self.text($0, limit: 2000))</p>\n" }.joined()
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
            base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <title>\(Self.text(title))</title>
            <style>\(ReportStyle.sheet)</style>
            </head>
            <body>
            <header><div><h1>\(Self.text(title))</h1>
            \(lead)<dl>\(facts)</dl></div></header>
            <main>
            \(sections)</main>
            <footer>Made by \(Self.text(maker)). Nothing on this page is loaded from anywhere.</footer>
            </body>
            </html>

            """
    }

    /// Safe between tags and in attributes.
    static func text(_ text: String, limit: Int = 400) -> String { Markup.escaped(text, limit: limit) }

    /// A table; the columns whose heading begins with `>` are aligned to the right.
    static func table(_ headings: [String], _ rows: [[String]], caption: String? = nil, kind: String = "") -> String {
        table(headings, html: rows.map { $0.map { text($0) } }, caption: caption, kind: kind)
    }

    /// As above, of cells that are HTML already.
    ///
    /// - Parameter heads: whether the first cell of a row names it.
    static func table(
        _ headings: [String], html rows: [[String]], caption: String? = nil, heads: Bool = false, kind: String = ""
    ) -> String {
        // What is laid out as blocks where it is narrow must say itself that it is a table.
        func role(_ name: String) -> String { kind.hasPrefix("stacked") ? " role=\"\(name)\"" : "" }
        func side(_ column: Int) -> String { headings[column].hasPrefix(">") ? " class=\"n\"" : "" }
        let head = headings.indices.map { column in
            "<th scope=\"col\"\(role("columnheader"))\(side(column))>\(text(headings[column].replacing(">", with: "")))</th>"
        }.joined()
        let body = rows.map { row in
            let cells = row.indices.prefix(headings.count).map { column in
                heads && column == 0
                    ? "<th scope=\"row\"\(role("rowheader"))>\(row[column])</th>"
                    : "<td\(role("cell"))\(side(column))>\(row[column])</td>"
            }
            return "<tr\(role("row"))>\(cells.joined())</tr>\n"
        }.joined()
        let title = caption.map { "<caption>\(text($0))</caption>" } ?? ""
        let style = kind.isEmpty ? "" : " class=\"\(kind)\""
        return
            "<table\(role("table"))\(style)>\(title)<thead><tr\(role("row"))>\(head)</tr></thead><tbody>\n\(body)</tbody>"
            + "</table>\n"
    }

    /// What is folded away until somebody wants it, without script.
    static func details(_ summary: String, _ body: String) -> String {
        "<details><summary>\(text(summary))</summary>\n\(body)</details>\n"
    }
}
