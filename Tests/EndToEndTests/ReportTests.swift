import Glibc
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// `--report` of `optimize` and `compare`: pages that are files.
    @Suite
    struct ReportTests {
        private static func expectWhole(_ path: String) throws -> HTMLPage {
            let text = try TextFile.read(path)
            #expect(text.utf8.count < 1_000_000)
            let page = HTMLPage(text)
            #expect(page.problems.isEmpty, "\(page.problems)")
            // Nothing is loaded from anywhere, nothing is run.
            #expect(page.values(of: "href").isEmpty && page.values(of: "src").isEmpty)
            #expect(page.attributes.allSatisfy { !$0.name.hasPrefix("on") && $0.name != "style" })
            #expect(!page.texts.contains { $0.element == "script" } && !text.contains("url("))
            #expect(page.values(of: "content", in: "meta").contains { $0.hasPrefix("default-src 'none'") })
            #expect(page.texts.count { $0.element == "h1" } == 1 && page.values(of: "lang", in: "html") == ["en"])
            // Every picture says in words what it shows.
            let pictures = page.attributes.filter { $0.element == "svg" && $0.name == "viewbox" }.count
            let named = page.attributes.filter {
                $0.element == "svg" && ["aria-label", "aria-hidden"].contains($0.name)
            }
            #expect(pictures > 0 && named.count == pictures)
            return page
        }

        @Test
        func aRecipeIsToldOnAPageWithItsNumbersBeside() async throws {
            let slipway = try await Slipway.withDigits()
            let report = slipway.scratch.file("int8.html")
            let outcome = try await slipway.run([
                "optimize", "digits:1", "--recipe", "int8", "--no-speed", "--report", report,
            ])
            #expect(outcome.exitCode == 0 && outcome.talk.contains("report: \(report)"), "\(outcome)")
            let page = try Self.expectWhole(report)
            let text = try TextFile.read(report)
            #expect(text.contains("slipway optimize digits:1 --recipe int8 --no-speed --report"))
            #expect(text.contains("int8 was chosen") && text.contains("Where the bytes are"), "\(text.prefix(4000))")
            #expect(page.texts.contains { $0.element == "h2" && $0.text == "What became of the layers" })

            let json = try JSONValue.parse(Array(TextFile.read(slipway.scratch.file("int8.json")).utf8))
            #expect(json["chosen"]?.stringValue == "int8" && json["original"]?["bytes"]?.intValue ?? 0 > 0)
            let layers = json["layers"]?.arrayValue ?? []
            #expect(layers.contains { $0["weightsAfter"] != nil && $0["bytesAfter"] != nil }, "\(layers)")
            let shares = layers.compactMap { $0["shareAfter"]?.doubleValue }
            #expect(shares.count > 2 && shares.reduce(0, +) > 0.4 && shares.reduce(0, +) <= 1.0001, "\(shares)")
            #expect(json["timing"]?.stringValue?.contains("own profile") == true)
            #expect(json["setting"]?["date"]?.stringValue?.hasSuffix("Z") == true)
        }

        @Test
        func twoVersionsAreComparedOnAPage() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.importDigits("cnn")
            let report = slipway.scratch.file("two.html")
            let outcome = try await slipway.run([
                "compare", "digits:1", "digits:2", "--budget", "0.3s", "--report", report,
            ])
            #expect(outcome.exitCode == 0, "\(outcome)")
            for words in ["size", "parameters", "Conv", "layers: ", "answers: ", "runs a second"] {
                #expect(outcome.output.contains(words), "\(words): \(outcome)")
            }
            _ = try Self.expectWhole(report)
            let json = try JSONValue.parse(Array(TextFile.read(slipway.scratch.file("two.json")).utf8))
            #expect(json["b"]?["operators"]?["Conv"]?.intValue == 3, "\(json.encodedString())")
            #expect(json["a"]?["bytes"]?.intValue ?? 0 > 0 && json["layersThatDiffer"]?.intValue ?? 0 > 0)

            let same = try await slipway.json("compare", "digits:1", "digits:1", "--budget", "0.3s", "--json")
            #expect(same["layersThatDiffer"]?.intValue == 0)
        }

        @Test
        func aPageThatCannotBeWrittenIsAFailure() async throws {
            let slipway = try Slipway()
            let source = slipway.scratch.file("model.onnx")
            try OptimizeTests.model().write(to: source)
            let outcome = try await slipway.run([
                "optimize", source, "--dry-run", "--no-speed", "--report", "\(slipway.scratch.path)/none/a.html",
            ])
            #expect(outcome.exitCode != 0 && outcome.talk.contains("none/a.json"), "\(outcome)")
            let wrong = try await slipway.run(["optimize", source, "--dry-run", "--report", "a.json"])
            #expect(wrong.exitCode == 64, "\(wrong)")
        }

        /// The page forbids scripts; one is let in to measure how wide it is.
        @Test(.disabled(if: getenv("SLIPWAY_NO_BROWSER") != nil, "SLIPWAY_NO_BROWSER is set"))
        func aBrowserShowsItWithoutComplaintAndWithoutScrollingSideways() async throws {
            let slipway = try await Slipway.withDigits()
            let report = slipway.scratch.file("int8.html")
            try await slipway.expect("optimize", "digits:1", "--recipe", "int8", "--no-speed", "--report", report)
            let page = try TextFile.read(report)
            let open = page.replacing(/<meta http-equiv="Content-Security-Policy"[^>]*>/, with: "").replacing(
                "</body>",
                with: "<script>document.documentElement.dataset.wide = document.documentElement.scrollWidth + ' of ' "
                    + "+ innerWidth</script></body>")
            let measured = slipway.scratch.file("measured.html")
            try TextFile.write(open, to: measured)
            for (file, width) in [(report, 1440), (report, 400), (measured, 1440), (measured, 400)] {
                let profile = try TemporaryDirectory()
                let outcome = try await Slipway.command(
                    "chromium",
                    [
                        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                        "--user-data-dir=\(profile.path)", "--enable-logging=stderr", "--window-size=\(width),900",
                        "--hide-scrollbars", "--dump-dom", "file://\(file)",
                    ])
                #expect(outcome.exitCode == 0, "\(outcome.talk)")
                #expect(
                    outcome.talk.split(separator: "\n").filter { $0.contains("CONSOLE") }.isEmpty, "\(outcome.talk)")
                guard file == measured else { continue }
                let found = try #require(outcome.output.firstMatch(of: /data-wide="(\d+) of (\d+)"/))
                let (needed, given) = (try #require(Int(found.1)), try #require(Int(found.2)))
                #expect(needed <= given && given <= max(width, 500), "\(needed) of \(given)")
            }
        }
    }
}
