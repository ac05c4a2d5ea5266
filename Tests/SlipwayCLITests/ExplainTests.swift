import Glibc
import Tensors
import Testing

@testable import SlipwayCLI

@Suite struct ExplainTests {
    /// Every code that the sources can make: `Failure(6003, …` and `self.init(6003, …` with a case of `Exit`.
    private static func codesInSources() throws -> Set<Int> {
        var codes: Set<Int> = []
        for path in sources(under: sourceRoot) where !path.contains("/Explain/") {
            let text = String(decoding: try JSONFile.bytes(path), as: UTF8.self)
            for match in text.matches(of: /(?:Failure|self\.init|super\.init)\(\s*(\d{4})\b/) {
                if let code = Int(match.1) { codes.insert(code) }
            }
        }
        return codes
    }

    private static let sourceRoot: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(3).joined(separator: "/") + "/Sources/SlipwayCLI"
    }()

    private static func sources(under folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var paths: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard !name.hasPrefix(".") else { continue }
            if name.hasSuffix(".swift") { paths.append("\(folder)/\(name)") }
            if Int32(entry.pointee.d_type) == DT_DIR { paths += sources(under: "\(folder)/\(name)") }
        }
        return paths
    }

    @Test func everyCodeOfTheSourcesIsExplained() throws {
        let codes = try Self.codesInSources()
        #expect(codes.count > 40, "the sources were not found")
        let missing = codes.subtracting(ErrorCatalog.pages.map(\.code)).sorted()
        #expect(missing.isEmpty, "add pages for \(missing) to Sources/SlipwayCLI/Explain")
    }

    @Test func everyExplainedCodeCanOccur() throws {
        let gone = Set(ErrorCatalog.pages.map(\.code)).subtracting(try Self.codesInSources()).sorted()
        #expect(gone.isEmpty, "nothing makes \(gone) any more; remove their pages")
    }

    @Test func everyAdaptedErrorHasAPage() {
        for (error, code, _) in FailureTests.errors where code != "SW1234" {
            #expect(ErrorCatalog.page(code) != nil, "\(error)")
        }
    }

    @Test func pagesAreWholeAndCodesAreTheirs() {
        #expect(Set(ErrorCatalog.pages.map(\.code)).count == ErrorCatalog.pages.count)
        for page in ErrorCatalog.pages {
            #expect(page.title.first?.isUppercase == true && !page.title.hasSuffix("."), "\(page.codeText)")
            #expect(page.meaning.hasSuffix("."), "\(page.codeText)")
            #expect(!page.causes.isEmpty && !page.remedies.isEmpty, "\(page.codeText)")
            #expect(page.example.contains("error[\(page.codeText)]"), "\(page.codeText)")
            for width in [40, 80, 100, 400] {
                let lines = page.text(width: width).split(separator: "\n")
                let prose = lines.prefix { !$0.hasPrefix("Example") }
                #expect(
                    prose.allSatisfy { $0.count <= max(width, page.title.count + 8) }, "\(page.codeText) at \(width)")
            }
        }
    }

    @Test(arguments: ["SW6101", "sw6101", "6101"]) func aCodeIsFoundHoweverItIsTyped(text: String) {
        #expect(ErrorCatalog.page(text)?.code == 6101)
    }

    @Test(arguments: [
        ("SW6109", "SW6101"), ("610", "SW6101"), ("SW1042", "SW1002"), ("7009", "SW7001"), ("SW6900", "SW6001"),
    ]) func aNearMissIsAnswered(text: String, near: String) {
        #expect(ErrorCatalog.page(text) == nil)
        #expect(ErrorCatalog.near(text).map(\.codeText).contains(near), "\(ErrorCatalog.near(text).map(\.codeText))")
    }

    @Test(arguments: ["", "SW", "x", "SW0", "99999999999999999999999", "SW-1"]) func whatIsNoCodeHasNoPage(text: String)
    {
        #expect(ErrorCatalog.page(text) == nil)
    }

    @Test func textIsBrokenBetweenWords() {
        #expect(TextFlow.wrapped("a bb ccc dddd", width: 6) == "a bb\nccc\ndddd")
        #expect(TextFlow.wrapped("", width: 6, first: "- ") == "- ")
        #expect(TextFlow.wrapped("onewordthatistoolong x", width: 5) == "onewordthatistoolong\nx")
        #expect(TextFlow.wrapped("a b c", width: 6, first: "- ", rest: "  ", offset: 2) == "- a\n  b c")
    }
}
