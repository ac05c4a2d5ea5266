import Foundation
import Home
import Release
import Tensors
import Testing

@testable import Control

/// Every page, with text that would like to be more than text.
@Suite struct PageTests {
    static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)",
        "</textarea><svg onload=alert(1)>",
        "{{title}}{{{chart}}}", "&lt;script&gt;", "</title></style><script>x", "\u{0}\u{7}\u{202E}", "]]>--!><x>",
        "`${1}`",
    ]

    private let pages: Pages

    init() throws { pages = try Pages() }

    private func frame(_ text: String) -> Views.Frame {
        Views.Frame(title: text, version: text, uptime: text, dataPlane: text, notice: text, noticeIsBad: true)
    }

    private func endpoint(_ text: String) -> Views.Endpoint {
        let arm = Views.Arm(
            model: text, number: text, reference: text, weight: text, start: text, share: text, role: text,
            isCanary: true,
            accuracy: text)
        return Views.Endpoint(
            name: text, health: text, healthClass: text, arms: [arm], splitText: text, rate: text, errors: text,
            p50: text,
            p99: text, inFlight: text, total: text, revision: text, lastChange: text, lastChangeAge: text,
            canRollBack: true,
            rollbackTarget: text, canPromote: true, promoteTarget: text, token: text)
    }

    private func answer(_ text: String, bars: Bool) -> Views.Answer {
        Views.Answer(
            answered: true, headline: text,
            outputs: [
                Views.Output(
                    name: text, type: text, shape: text, text: text,
                    bars: bars ? [Views.Bar(label: text, value: text, width: text)] : [], hasBars: bars)
            ], servedBy: text, took: text, problem: text)
    }

    private func all(_ text: String) -> [String: String] {
        let input = Views.Input(
            index: text, name: text, type: text, shape: text, value: text, hint: text, isImage: true, columns: text,
            rows: text, maximum: text)
        let revision = Views.Revision(
            number: text, isCurrent: true, what: text, traffic: text, outcome: text, outcomeClass: text,
            reason: text, at: Self.moment)
        let version = Views.Version(
            model: text, number: text, reference: text, digest: text, aliases: text, accuracy: text, size: text,
            at: Self.moment, note: text)
        let detail = Views.VersionDetail(
            reference: text, digest: text, note: text,
            tensors: [Views.Tensor(direction: text, name: text, type: text, shape: text)],
            facts: [Views.Fact(name: text, value: text)])
        return [
            "overview": pages.overview(frame(text), endpoints: [endpoint(text)]),
            "endpoint": pages.endpoint(
                frame(text), endpoint: endpoint(text), chart: "", inputs: [input], curl: text,
                answer: answer(text, bars: true), revisions: [revision]),
            "endpoint without bars": pages.endpoint(
                frame(text), endpoint: endpoint(text), chart: "", inputs: [], curl: text,
                answer: answer(text, bars: false), revisions: []),
            "models": pages.models(frame(text), models: [Views.Model(name: text, versions: [version])]),
            "version": pages.version(
                frame(text), version: detail,
                confusion: Views.Confusion(headings: [text], rows: [Views.ConfusionRow(name: text, cells: [text])])),
            "message": pages.message(frame(text), heading: text, text: text),
        ]
    }

    private static let moment = Views.Moment(Timestamp(milliseconds: 1_700_000_000_000))

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
        let views: [Any] = [
            frame("x"), endpoint("x"), endpoint("x").arms[0], answer("x", bars: true),
            answer("x", bars: true).outputs[0],
            answer("x", bars: true).outputs[0].bars[0],
            Views.Input(
                index: "", name: "", type: "", shape: "", value: "", hint: "", isImage: true, columns: "", rows: "",
                maximum: ""),
            Views.Revision(
                number: "", isCurrent: true, what: "", traffic: "", outcome: "", outcomeClass: "", reason: "",
                at: Self.moment),
            Self.moment, Views.Model(name: "", versions: []),
            Views.Version(
                model: "", number: "", reference: "", digest: "", aliases: "", accuracy: "", size: "", at: Self.moment,
                note: ""),
            Views.VersionDetail(reference: "", digest: "", note: "", tensors: [], facts: []),
            Views.Tensor(direction: "", name: "", type: "", shape: ""), Views.Fact(name: "", value: ""),
            Views.Confusion(headings: [], rows: []), Views.ConfusionRow(name: "", cells: []),
        ]
        var known = Set(views.flatMap { Mirror(reflecting: $0).children.compactMap(\.label) })
        // What the pages themselves put beside the views.
        known.formUnion([
            "endpoints", "endpoint", "chart", "inputs", "curl", "revisions", "models", "nextModels", "model",
            "confusion",
        ])
        known.formUnion(["heading", "text", "content", ".", "bars.empty"])
        for (name, template) in Templates.all {
            for match in template.matches(of: /\{\{\{?([#^\/]?)\s*([a-zA-Z.]+)\s*\}?\}\}/) {
                let tag = String(match.2)
                #expect(known.contains(tag) || Templates.all[tag] != nil, "\(tag) in \(name)")
            }
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
            let forms = page.components(separatedBy: "<form ").dropFirst()
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
        #expect(pages.overview(frame("x"), endpoints: []).contains("slipway deploy mymodel:1"))
        #expect(pages.models(frame("x"), models: []).contains("slipway import model.onnx"))
        var frame = frame("x")
        frame.notice = nil
        #expect(!pages.message(frame, heading: "", text: "").contains("role=\"status\""))
    }
}
