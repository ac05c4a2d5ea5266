import Workshop

/// The frame of a page with measurements: one file, light and dark, no script, nothing loaded from anywhere.
struct ReportPage {
    let title: String
    /// What is told at the top.
    let facts: [(name: String, value: String)]
    /// Headed parts; the bodies are HTML already.
    let sections: [(heading: String, body: String)]
    /// Which command made it.
    let maker: String

    func html() -> String {
        let facts = facts.map { "<div><dt>\(Self.text($0.name))</dt><dd>\(Self.text($0.value))</dd></div>" }.joined()
        let sections = sections.map { "<section><h2>\(Self.text($0.heading))</h2>\n\($0.body)</section>\n" }.joined()
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
            <style>\(Self.sheet)</style>
            </head>
            <body>
            <header><h1>\(Self.text(title))</h1>
            <dl>\(facts)</dl></header>
            <main>
            \(sections)</main>
            <footer>Made by \(Self.text(maker)). Nothing on this page is loaded from anywhere.</footer>
            </body>
            </html>

            """
    }

    /// Safe between tags and in attributes.
    static func text(_ text: String) -> String { PageText.escaped(text, limit: 400) }

    /// A table; the columns whose heading begins with `>` are aligned to the right.
    static func table(_ headings: [String], _ rows: [[String]]) -> String {
        func cell(_ tag: String, _ column: Int, _ content: String) -> String {
            let kind = headings[column].hasPrefix(">") ? " class=\"n\"" : ""
            return "<\(tag)\(kind)>\(text(content))</\(tag)>"
        }
        let head = headings.indices.map { cell("th", $0, headings[$0].replacing(">", with: "")) }.joined()
        let body = rows.map { row in
            "<tr>" + row.indices.prefix(headings.count).map { cell("td", $0, row[$0]) }.joined() + "</tr>\n"
        }.joined()
        return "<table><thead><tr>\(head)</tr></thead><tbody>\n\(body)</tbody></table>\n"
    }

    /// System fonts; contrast of text at least 4.5 to 1, of lines 3 to 1.
    private static let sheet = """
        :root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --ink: #16202b; --soft: #566372;
          --line: #dfe4ea; --low: #4a7fb5; --mid: #8a5fb0; --high: #b8430b; }
        @media (prefers-color-scheme: dark) { :root { --ground: #10161c; --card: #18212a; --ink: #e8edf2;
          --soft: #9fb0c0; --line: #2b3742; --low: #6db9e8; --mid: #b99ae0; --high: #ff9d5c; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
        header { padding: 1rem 1.25rem .9rem; background: var(--card); border-bottom: 1px solid var(--line); }
        h1 { font-size: 1.35rem; margin: 0; letter-spacing: -.01em; overflow-wrap: anywhere; }
        h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
        header dl { display: flex; flex-wrap: wrap; gap: .4rem 2rem; margin: .6rem 0 0; }
        header dt { color: var(--soft); font-size: .78rem; }
        header dd { margin: 0; font-size: 1.05rem; font-variant-numeric: tabular-nums; }
        main { padding: 1.25rem; display: grid; gap: 1.1rem; max-width: 70rem; margin: 0 auto; }
        section { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.25rem;
          overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; width: 100%; }
        th { text-align: left; color: var(--soft); font-weight: 600; font-size: .78rem; }
        th, td { padding: .22rem .8rem .22rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        td { overflow-wrap: anywhere; } .n { text-align: right; white-space: nowrap; } tr:last-child td { border: 0; }
        svg { width: 100%; height: auto; display: block; max-width: 60rem; }
        svg text { fill: var(--soft); font: 12px system-ui, "Segoe UI", Roboto, sans-serif; }
        svg .grid { stroke: var(--line); stroke-width: 1; } svg .bar { fill: var(--low); }
        svg .mark { stroke-width: 1.5; stroke-dasharray: 4 3; fill: none; }
        svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .low { stroke: var(--low); } .mid { stroke: var(--mid); } .high { stroke: var(--high); }
        svg circle { stroke-width: 2; fill: var(--card); }
        svg text.low { stroke: none; fill: var(--low); } svg text.mid { stroke: none; fill: var(--mid); }
        svg text.high { stroke: none; fill: var(--high); }
        p { margin: .5rem 0 0; color: var(--soft); font-size: .88rem; }
        footer { padding: 0 1.25rem 2rem; color: var(--soft); font-size: .85rem; text-align: center; }
        @media print { section { break-inside: avoid; } }
        """
}
