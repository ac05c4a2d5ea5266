import Foundation
import Testing

@testable import Control

/// Every page, with text that would like to be more than text.
@Suite struct PageTests {
    static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
        "</textarea><svg onload=alert(1)>",
        "{{title}}{{{picture}}}", "&lt;script&gt;", "</title></style><script>x", "\u{0}\u{7}\u{202E}", "]]>--!><x>",
        "`${1}`",
    ]

    private let pages: Pages

    init() throws { pages = try Pages() }

    private func frame(_ text: String) -> Views.Frame {
        Views.Frame(
            title: text, version: text, uptime: text, dataPlane: text, crumbs: [Views.Link(name: text, path: text)],
            tabs: [Views.Link(name: text, path: text, isHere: true)], notice: text, noticeIsBad: true,
            isAdministrator: true, who: text, role: text, signOut: text)
    }

    private func all(_ text: String) -> [String: String] {
        var pages = Dictionary(
            uniqueKeysWithValues: SampleViews.all(text).map { name, template, view in
                (name, self.pages.page(template, frame(text), view))
            })
        pages["message"] = self.pages.message(frame(text), heading: text, text: text)
        return pages
    }

    /// The names of elements and attributes in the order they come, whatever text is between them.
    private func skeleton(_ html: String) -> [String] {
        html.matches(of: /<([\/!a-zA-Z][^\s>]*)([^>]*)>/).flatMap { match in
            [String(match.1)] + match.2.matches(of: /([a-zA-Z-]+)(?:="[^"]*")?/).map { String($0.1) }
        }
    }

    @Test(arguments: hostile) func textStaysText(text: String) {
        let (harmless, pages) = (all("plain"), all(text))
        for (name, page) in pages {
            #expect(skeleton(page) == skeleton(harmless[name] ?? ""), "\(name)")
            if text.contains("<") { #expect(!page.contains(text), "\(name)") }
        }
    }

    @Test func everyTagOfATemplateIsAPropertyOfAView() throws {
        var known: Set<String> = ["content", "."]
        Self.names(of: frame("x"), &known)
        Self.names(of: Views.Message(heading: "", text: ""), &known)
        for sample in SampleViews.all("x") { Self.names(of: sample.view, &known) }
        for (name, template) in Templates.all {
            for match in template.matches(of: /\{\{\{?([#^\/]?)\s*([a-zA-Z0-9.]+)\s*\}?\}\}/) {
                let tag = String(match.2)
                #expect(known.contains(tag) || Templates.all[tag] != nil, "\(tag) in \(name)")
            }
            for match in template.matches(of: /\{\{>([a-z]+)\}\}/) {
                #expect(Templates.all[String(match.1)] != nil, "\(match.1) in \(name)")
            }
        }
    }

    /// The names of a view's properties and of those of all that is in it.
    private static func names(of view: Any, _ names: inout Set<String>) {
        for child in Mirror(reflecting: view).children {
            if let label = child.label { names.insert(label) }
            Self.names(of: child.value, &names)
        }
    }

    @Test func everyTemplateIsShown() {
        let shown = Set(SampleViews.all("x").map(\.template) + ["layout", "message"])
        let partials = Templates.all.values.flatMap { $0.matches(of: /\{\{>([a-z]+)\}\}/).map { String($0.1) } }
        #expect(shown.union(partials) == Set(Templates.all.keys))
    }

    @Test func listsSayThatTheyAreTables() {
        for (name, page) in all("plain") {
            for list in page.components(separatedBy: "<table role=\"table\" class=\"list\"").dropFirst() {
                let table = list.prefix(upTo: list.range(of: "</table>")?.lowerBound ?? list.endIndex)
                #expect(!table.contains("<td>") && !table.contains("<tr>"), "\(name)")
            }
            #expect(!page.contains("<table class=\"list\""), "\(name)")
        }
    }

    @Test func everyTagIsFilled() {
        for (name, page) in all("plain") {
            #expect(!page.contains("{{") && !page.contains("}}"), "\(name)")
            #expect(page.hasPrefix("<!doctype html>") && page.contains("</html>"), "\(name)")
            #expect(!page.contains("Optional("), "\(name)")
        }
    }

    @Test func nothingRunsThatIsNotAFileOfOurs() {
        for (name, page) in all("plain") {
            #expect(page.components(separatedBy: "<script").count == 2, "\(name)")
            #expect(page.contains("<script src=\"/console/script.js\" defer></script>"), "\(name)")
            #expect(
                !page.contains(" style=") && !page.contains(" onclick=") && !page.contains("javascript:"), "\(name)")
        }
    }

    @Test func everyFormCarriesItsToken() {
        for (name, page) in all("plain") {
            let forms = page.components(separatedBy: "<form ").dropFirst().filter { $0.contains("method=\"post\"") }
            for form in forms {
                #expect(form.contains("<input type=\"hidden\" name=\"token\" value=\"plain\">"), "\(name)")
            }
        }
    }

    @Test func identifiersOnAPageAreItsOwn() {
        for (name, page) in all("plain") {
            let found = page.matches(of: /\sid="([^"]*)"/).map { String($0.1) }
            #expect(Set(found).count == found.count, "\(name)")
        }
    }

    @Test func emptyPagesSayWhatToDo() {
        for (template, view, words) in SampleViews.empty {
            #expect(pages.page(template, frame("x"), view).contains(words), "\(template)")
        }
        var frame = frame("x")
        frame.notice = nil
        #expect(!pages.message(frame, heading: "", text: "").contains("role=\"status\""))
    }
}
