import ArgumentParser
import Testing

@testable import SlipwayCLI

@Suite struct ManualTests {
    @Test func everyVerbHasAPageWithEveryWordOfIt() throws {
        let pages = try Manual.pages()
        let tree = try CommandTree.whole()
        let verbs = SlipwayCommand.configuration.groupedSubcommands.flatMap(\.subcommands)
        #expect(tree.children.map(\.name) == verbs.compactMap { $0.configuration.commandName })
        #expect(pages.count == verbs.count + 2)
        for command in tree.children {
            let page = try #require(pages.first { $0.file == "slipway-\(command.name).1" })
            for word in command.words + command.children.flatMap(\.words) {
                for name in word.names {
                    #expect(page.text.contains("\\fB\(Roff.shielded(name))\\fR"), "\(command.name) \(name)")
                }
            }
        }
        let errors = try #require(pages.last)
        #expect(errors.file == "slipway-errors.7")
        for page in ErrorCatalog.pages { #expect(errors.text.contains(".SS \"\(page.codeText)  ")) }
    }

    /// What man(7) allows at the beginning of a line that is a request.
    @Test func pagesAreInTheLanguageOfManuals() throws {
        let requests: Set<String> = [
            "TH", "SH", "SS", "TP", "PP", "IP", "B", "BR", "I", "RI", "nf", "fi", "RS", "RE", "\\\"",
        ]
        for page in try Manual.pages() {
            let lines = page.text.split(separator: "\n", omittingEmptySubsequences: false)
            for line in lines {
                #expect(!line.hasPrefix("'"), "\(page.file): \(line)")
                guard line.hasPrefix(".") else { continue }
                let name = line.dropFirst().prefix { $0 != " " }
                #expect(requests.contains(String(name)), "\(page.file): \(line)")
            }
            #expect(lines.count { $0.hasPrefix(".nf") } == lines.count { $0.hasPrefix(".fi") }, "\(page.file)")
            #expect(lines.count { $0.hasPrefix(".RS") } == lines.count { $0.hasPrefix(".RE") }, "\(page.file)")
            #expect(
                page.text.unicodeScalars.allSatisfy { $0.value < 0x100 || "–×≤≥".unicodeScalars.contains($0) },
                "\(page.file)")
        }
    }

    @Test(arguments: [
        ("a-b", "a\\-b"), ("back\\slash", "back\\eslash"), ("it's `x`", "it\\(aqs \\(gax\\(ga"), ("~^", "\\(ti\\(ha"),
        ("5 – 6 é", "5 \\[u2013] 6 \\[u00E9]"), ("🚢", "\\[u1F6A2]"),
    ]) func whatWouldBeAnEscapeIsShielded(text: String, shielded: String) { #expect(Roff.shielded(text) == shielded) }

    @Test func aLineThatBeginsWithADotStaysText() {
        var roff = Roff()
        roff.text(".hidden\n  plain")
        #expect(roff.joined == "\\&.hidden\nplain\n")
    }
}

@Suite struct CompletionTests {
    @Test(
        arguments: [
            (["slipway", "show", "--home", "/h", "d"], "/h"), (["slipway", "--home=/h"], "/h"),
            (["slipway", "--home", "=", "/h"], "/h"), (["slipway", "show"], nil), (["slipway", "--home"], nil),
        ] as [([String], String?)]) func theHomeOfTheLineIsUsed(words: [String], home: String?)
    {
        #expect(Candidates.home(words) == home)
    }

    @Test func bashGetsAFunctionAroundTheGeneratedOne() {
        let script = CompletionVerb.script(for: .bash)
        #expect(script.contains("complete -o filenames -F _slipway_glued slipway"))
        #expect(script.contains("_slipway \"${1}\" \"${current}\""))
        #expect(BashColons.mended("nothing to mend") == "nothing to mend")
    }

    @Test(arguments: ShellName.allCases) func scriptsKnowEveryVerb(shell: ShellName) {
        let script = CompletionVerb.script(for: shell)
        for verb in Suggestions.verbs { #expect(script.contains(verb), "\(verb)") }
    }
}
