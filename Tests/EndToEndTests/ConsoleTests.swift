import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct ConsoleTests {
        private static let hostile = #""><script>alert('x')</script><b title='"#

        /// A home with everything a page can show: two versions, an evaluation, a canary, a failed revision.
        private static func furnished() async throws -> Slipway {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--processing",
                Slipway.example("digits/processing.json"), "--evaluation", Slipway.example("digits/held-out.npz"),
                "--label", "view.pixels=image 8x8/16", "--note", "the first")
            try await slipway.importDigits("cnn")
            try await slipway.expect("import", Slipway.example("digits/broken.onnx"), "--name", "digits", "--no-run")
            try await slipway.expect("deploy", "digits:1")
            return slipway
        }

        /// Brings the canary and the failed revision about.
        private static func live(_ slipway: Slipway) async throws {
            let failed = try await slipway("deploy", "digits:3")
            #expect(failed.exitCode == 1, "\(failed)")
            try await slipway.expect("deploy", "digits:2", "--canary", "10%")
        }

        @Test
        func everyPageIsWholeWithoutScript() async throws {
            let slipway = try await Self.furnished()
            let digits = try DigitsExample()
            try await slipway.serving { server in
                try await Self.live(slipway)
                let client = InferenceClient(try server.dataPlane())
                for row in 0..<20 { _ = try await client.infer(digits.request(row)) }
                let expected = [
                    "/": ["digits:1", "digits:2", "Roll back to"],
                    "/endpoints/digits": ["Promote digits:2", "failed", "<textarea"],
                    "/models": ["digits:3", "98.44 %", "the first"],
                    "/models/digits/1": ["Confusion", "sha256:", "pixels"],
                    "/endpoints/absent": ["There is no such endpoint"],
                    "/models/digits/9": ["There is no such version"],
                ]
                for (path, words) in expected {
                    let reply = try await server.controlPlane().request("GET", path)
                    #expect(reply.status == (words[0].hasPrefix("There is no") ? 404 : 200), "\(path)")
                    for word in words { #expect(reply.text.contains(word), "\(path) lacks \(word)") }
                    Self.expectWhole(reply, path)
                    let sources = reply.text.matches(of: /\/[a-z_]+_src\/[^ ]*|[^ ]+\.cc:\d+/).map(\.output)
                    #expect(sources.isEmpty, "\(path): \(sources)")
                }
            }
        }

        @Test
        func aQuestionIsAnsweredWithoutScript() async throws {
            let slipway = try await Self.furnished()
            let digits = try DigitsExample()
            try await slipway.serving { server in
                let form = try await ConsoleForm(at: "/endpoints/digits", of: server)
                let row = digits.agreed[3]
                let numbers = (try digits.row(row).values(as: Float.self) ?? []).map { "\($0)" }.joined(separator: "+")
                let reply = try await form.post("/endpoints/digits/try", fields: "in-0=\(numbers)")
                #expect(reply.status == 200)
                Self.expectWhole(reply, "an answer")
                #expect(reply.text.contains("<p class=\"answer\">\(digits.labels[row])</p>"), "\(reply.text)")
                let wrong = try await form.post("/endpoints/digits/try", fields: "in-0=1+2+three")
                #expect(wrong.text.contains("note bad"), "\(wrong.text)")
            }
        }

        @Test
        func whatOthersWroteIsText() async throws {
            let slipway = try Slipway()
            let file = slipway.scratch.file("a\"b'<i>&amp;.onnx")
            try TextFile.write(MadeModel.echo(input: Self.hostile), to: file)
            try await slipway.expect(
                "import", file, "--name", "hostile", "--note", "<script>alert(1)</script>", "--label",
                "<img src=x>=<svg onload=alert(2)>")
            try await slipway.expect("deploy", "hostile:1", "--note", "<script>alert(3)</script>")
            try await slipway.serving { server in
                let form = try await ConsoleForm(at: "/endpoints/hostile", of: server)
                let pages = [
                    try await server.controlPlane().request("GET", "/"),
                    try await server.controlPlane().request("GET", "/endpoints/hostile"),
                    try await server.controlPlane().request("GET", "/models"),
                    try await server.controlPlane().request("GET", "/models/hostile/1"),
                    try await server.controlPlane().request(
                        "GET", "/endpoints/hostile?done=%3Cscript%3E&failed=%22%3E"),
                    try await form.post("/endpoints/hostile/try", fields: "in-0=%3C/textarea%3E%3Cscript%3Ealert(4)"),
                ]
                for page in pages {
                    Self.expectWhole(page, "hostile")
                    #expect(
                        !page.text.contains("<script>") && !page.text.contains("<img") && !page.text.contains("<i>"))
                    #expect(!page.text.contains("onload=alert") || page.text.contains("&lt;svg onload=alert"))
                }
                #expect(pages[3].text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "the note is shown")
                #expect(pages[3].text.contains("&lt;i&gt;&amp;amp;"), "the file's name is shown")
            }
        }

        @Test(.disabled(if: getenv("SLIPWAY_NO_BROWSER") != nil, "SLIPWAY_NO_BROWSER is set"))
        func aBrowserRunsTheScriptWithoutComplaint() async throws {
            let slipway = try await Self.furnished()
            try await slipway.serving { server in
                try await Self.live(slipway)
                for path in ["/", "/endpoints/digits", "/models/digits/1"] {
                    let profile = try TemporaryDirectory()
                    let outcome = try await Slipway.command(
                        "chromium",
                        [
                            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                            "--user-data-dir=\(profile.path)", "--enable-logging=stderr", "--dump-dom",
                            "http://\(server.controlAddress)\(path)",
                        ])
                    #expect(outcome.exitCode == 0, "\(outcome)")
                    let complaints = outcome.talk.split(separator: "\n").filter { $0.contains("CONSOLE") }
                    #expect(complaints.isEmpty, "\(path): \(complaints)")
                    if path.hasSuffix("digits") {
                        // The script has shown the drawing field, which is hidden without it.
                        let canvas = outcome.output.firstMatch(of: /<canvas[^>]*>/)?.output ?? ""
                        #expect(canvas.contains("data-grid") && !canvas.contains("hidden"), "\(canvas)")
                    }
                }
            }
        }

        // MARK: - What holds for every page

        private static func expectWhole(_ reply: HTTPReply, _ what: String) {
            let page = HTMLPage(reply.text)
            #expect(page.problems.isEmpty, "\(what): \(page.problems)")
            #expect(reply.header("content-type") == "text/html; charset=utf-8")
            #expect(reply.header("content-security-policy")?.contains("default-src 'none'") == true)
            for name in ["href", "src", "action"] {
                let foreign = page.values(of: name).filter {
                    !$0.hasPrefix("/") && !$0.hasPrefix("#") || $0.hasPrefix("//")
                }
                #expect(foreign.isEmpty, "\(what): \(foreign)")
            }
            let inline = page.attributes.filter { $0.name.hasPrefix("on") || $0.name == "style" }
            #expect(inline.isEmpty, "\(what): \(inline)")
            #expect(page.texts.allSatisfy { $0.element != "script" || $0.text.isEmpty }, "\(what) has inline script")
            let identifiers = page.values(of: "id")
            #expect(identifiers.count == Set(identifiers).count, "\(what): \(identifiers)")
            for target in page.values(of: "for", in: "label") {
                #expect(identifiers.contains(target), "\(what): \(target)")
            }
            #expect(page.texts.count { $0.element == "h1" } == 1, "\(what) has one heading of the first level")
            #expect(page.values(of: "lang", in: "html") == ["en"])
        }
    }
}
