/// The manual: a page for the program, one for each verb, one for the error codes. Made from the command tree.
enum Manual {
    static func pages() throws -> [ManualPage] {
        let root = try CommandTree.whole()
        return [overview(root)] + root.children.map(verb) + [errors()]
    }

    /// The page of one verb, or that of the program.
    static func page(of verb: String?) throws -> ManualPage? {
        let file = verb.map { $0 == "errors" ? "slipway-errors.7" : "slipway-\($0).1" } ?? "slipway.1"
        return try pages().first { $0.file == file }
    }

    private static func overview(_ root: CommandTree) -> ManualPage {
        var roff = head("slipway", 1, root.abstract)
        roff.request("SH", "SYNOPSIS")
        roff.raw(".B slipway\n.I verb\n.RI [ arguments ]")
        roff.request("SH", "DESCRIPTION")
        roff.text(root.abstract)
        roff.text("Each verb has a page of its own, such as slipway-import(1).")
        discussion(root, &roff)
        roff.request("SH", "VERBS")
        for child in root.children {
            roff.raw(".TP\n.BR slipway\\-\(Roff.shielded(child.name)) (1)")
            roff.text(child.abstract)
        }
        roff.request("SH", "ENVIRONMENT")
        for (name, text) in DoctorVariables.known {
            roff.raw(".TP\n.B \(Roff.shielded(name))")
            roff.text(text)
        }
        roff.request("SH", "EXIT STATUS")
        for (code, text) in exits {
            roff.raw(".TP\n.B \(code)")
            roff.text(text)
        }
        return ManualPage(file: "slipway.1", text: foot(&roff, seeAlso: [("slipway-errors", 7)]))
    }

    private static func verb(_ command: CommandTree) -> ManualPage {
        let name = "slipway-\(command.name)"
        var roff = head(name, 1, command.abstract)
        roff.request("SH", "SYNOPSIS")
        if command.children.isEmpty {
            synopsis(command, "slipway \(command.name)", &roff)
        } else {
            for child in command.children { synopsis(child, "slipway \(command.name) \(child.name)", &roff) }
        }
        roff.request("SH", "DESCRIPTION")
        roff.text(command.abstract)
        discussion(command, &roff)
        options(command, &roff)
        for child in command.children {
            roff.request("SH", "slipway \(command.name) \(child.name)".uppercased())
            roff.text(child.abstract)
            discussion(child, &roff)
            options(child, &roff)
        }
        return ManualPage(file: "\(name).1", text: foot(&roff, seeAlso: [("slipway", 1), ("slipway-errors", 7)]))
    }

    private static func errors() -> ManualPage {
        var roff = head("slipway-errors", 7, "The error codes of slipway and what to do about them.")
        roff.request("SH", "DESCRIPTION")
        roff.text("Errors carry a code.\n'slipway explain CODE' shows one of these sections.")
        for page in ErrorCatalog.pages {
            roff.request("SS", "\(page.codeText)  \(page.title)")
            roff.text(page.meaning)
            for (heading, items) in [("Usual causes:", page.causes), ("What to do:", page.remedies)] {
                roff.raw(".PP")
                roff.text(heading)
                for item in items {
                    roff.raw(".IP \\(bu 3")
                    roff.text(item)
                }
            }
            roff.literal(page.example)
        }
        return ManualPage(file: "slipway-errors.7", text: foot(&roff, seeAlso: [("slipway", 1)]))
    }

    // MARK: - Parts of a page

    private static func head(_ name: String, _ section: Int, _ abstract: String) -> Roff {
        var roff = Roff()
        roff.raw(".\\\" Made by 'slipway man' from the program itself.")
        roff.request("TH", name.uppercased(), "\(section)", "", "Slipway \(Version.text)", "Slipway's manual")
        roff.request("SH", "NAME")
        let short = abstract.hasSuffix(".") ? String(abstract.dropLast()) : abstract
        roff.raw("\(Roff.shielded(name)) \\- \(Roff.shielded(short))")
        return roff
    }

    private static func foot(_ roff: inout Roff, seeAlso: [(String, Int)]) -> String {
        roff.request("SH", "SEE ALSO")
        roff.raw(
            seeAlso.enumerated().map { index, page in
                ".BR \(Roff.shielded(page.0)) (\(page.1))\(index + 1 < seeAlso.count ? "," : "")"
            }.joined(separator: "\n"))
        return roff.joined
    }

    private static func synopsis(_ command: CommandTree, _ call: String, _ roff: inout Roff) {
        roff.raw(".TP\n.B \(Roff.shielded(call))")
        let words = command.words.map { word -> String in
            let shown = word.names.first { $0.hasPrefix("--") } ?? word.names.first
            let value = word.value.map { "\\fI\(Roff.shielded($0))\\fR" }
            let text = [shown.map { "\\fB\(Roff.shielded($0))\\fR" }, value].compactMap(\.self).joined(separator: " ")
            return (word.isOptional ? "[\(text)]" : text) + (word.isRepeating ? " ..." : "")
        }
        roff.raw(words.isEmpty ? "\\&" : words.joined(separator: "\n"))
    }

    /// Paragraphs are text; the lines under a heading in capitals are examples and stay as they are.
    private static func discussion(_ command: CommandTree, _ roff: inout Roff) {
        var examples: [String] = []
        for line in (command.discussion ?? "").split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("  ") {
                examples.append(String(line.dropFirst(2)))
                continue
            }
            if !examples.isEmpty { roff.literal(examples.joined(separator: "\n")) }
            examples = []
            guard !line.isEmpty else { continue }
            roff.raw(".PP")
            let isHeading = line.allSatisfy { $0.isUppercase || $0 == " " }
            isHeading ? roff.raw(".B \(Roff.shielded(line.lowercased()))") : roff.text(String(line))
        }
        if !examples.isEmpty { roff.literal(examples.joined(separator: "\n")) }
    }

    private static func options(_ command: CommandTree, _ roff: inout Roff) {
        for word in command.words {
            let names = word.names.sorted { $0.count < $1.count }.map { "\\fB\(Roff.shielded($0))\\fR" }
            let value = word.value.map { "\\fI\(Roff.shielded($0))\\fR" }
            roff.raw(".TP")
            roff.raw(([names.joined(separator: ", ")] + [value ?? ""]).filter { !$0.isEmpty }.joined(separator: " "))
            var text = word.text
            if !word.allValues.isEmpty { text += "\nOne of \(word.allValues.joined(separator: ", "))." }
            if let standard = word.standard, !standard.isEmpty, !text.contains("default") {
                text += "\nDefault: \(standard)."
            }
            text.isEmpty ? roff.raw("\\&") : roff.text(text)
        }
    }

    private static let exits: [(Int, String)] = [
        (0, "It succeeded."), (1, "It failed."), (2, "The plan has changes (with --detailed-exitcode)."),
        (3, "What was named is not there."), (4, "Not allowed."), (5, "It conflicts with the present state."),
        (6, "A server, an engine or a disk is not available."), (7, "What was checked is not what it should be."),
        (8, "What was waited for was rolled back."), (9, "What was waited for was not over in time."),
        (64, "The command line cannot be understood."), (75, "Another process holds the lock; try again."),
    ]
}
