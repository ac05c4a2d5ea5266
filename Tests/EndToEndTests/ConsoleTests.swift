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
                    "/endpoints/digits": ["Promote digits:2", "failed", "<textarea", "urllib.request", "URLSession"],
                    "/endpoints/digits/rollout": ["No rollout yet"],
                    "/endpoints/digits/drift": ["450 rows of held-out.npz"],
                    "/endpoints/digits/history": ["in force", "failed", "canary"],
                    "/models": ["digits:3", "98.44 %", "the first"],
                    "/models/digits": ["digits:3", "Version"],
                    "/models/digits/1": ["Where it comes from", "sha256:", "pixels"],
                    "/models/digits/1/graph": ["<svg class=\"graph\"", "Gemm"],
                    "/models/digits/1/graph?find=gemm": ["found", "from="],
                    "/models/digits/1/reports": ["Confusion", "98.44 %", "Class by class"],
                    "/history": ["mlp.onnx", "deploy"],
                    "/tokens": ["asks for no token"],
                    "/doctor": ["let the doctor look"],
                    "/endpoints/absent": ["There is no such endpoint"],
                    "/endpoints/absent/drift": ["There is no such endpoint"],
                    "/models/digits/1/reports/optimisation": ["There is no such report"],
                    "/models/digits/9": ["There is no such version"],
                ]
                try await wait(for: "traffic to be watched") {
                    try await server.controlPlane().request("GET", "/endpoints/digits/drift").text.contains("450 rows")
                }
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

        /// What the console has promised of every page, looked at in a browser: nothing serious by axe-core, wide and light,
        /// narrow and dark; nothing wider than its window; no word on the browser's console; no request to elsewhere.
        @Test(.disabled(if: getenv("SLIPWAY_NO_BROWSER") != nil, "SLIPWAY_NO_BROWSER is set"))
        func aBrowserFindsNothingToComplainAbout() async throws {
            let slipway = try await Self.furnished()
            let digits = try DigitsExample()
            try await slipway.expect("token", "create", "a-name-that-is-rather-long-for-a-token", "--role", "viewer")
            try await slipway.expect("alias", "digits@prod", "digits:1")
            try await slipway.serving { server in
                try await Self.live(slipway)
                let client = InferenceClient(try server.dataPlane())
                for row in 0..<40 { _ = try await client.infer(digits.request(row)) }
                let paths = [
                    "/", "/endpoints/digits", "/endpoints/digits/rollout", "/endpoints/digits/drift",
                    "/endpoints/digits/history", "/models", "/models/digits", "/models/digits/1",
                    "/models/digits/1/graph?find=relu", "/models/digits/2/reports", "/history", "/tokens", "/doctor",
                    "/models/absent",
                ]
                for page in try await Self.looks(at: paths, of: server) { Self.expectPraise(page) }
            }
        }

        /// The same of what there is only where tokens are asked for: a browser that signs in, and sees what its token may.
        @Test(.disabled(if: getenv("SLIPWAY_NO_BROWSER") != nil, "SLIPWAY_NO_BROWSER is set"))
        func aBrowserSignsInAndFindsNothingToComplainAbout() async throws {
            let slipway = try await Slipway.withDigits()
            var secrets: [String: String] = [:]
            for role in ["viewer", "admin"] {
                secrets[role] = try await slipway.json("token", "create", role, "--role", role)["token"]?.stringValue
            }
            let known = secrets
            try await slipway.serving(["serve", "--auth", "token"]) { server in
                for (secret, paths) in [
                    (nil, ["/sign-in"]), (known["viewer"], ["/endpoints/digits"]), (known["admin"], ["/", "/tokens"]),
                ] {
                    for page in try await Self.looks(at: paths, of: server, signedInWith: secret) {
                        Self.expectPraise(page)
                        let title = page["title"]?.stringValue ?? ""
                        #expect(title.hasPrefix("Sign in") == (secret == nil), "\(title)")
                    }
                }
            }
            let told = try await slipway.expect("events").output
            #expect(told.contains("session.opened"), "\(told)")
            #expect(!known.values.contains { told.contains($0) })
        }

        /// Nothing serious, no word on the browser's console, no request to elsewhere, nothing that is too wide.
        private static func expectPraise(_ page: JSONValue) {
            let path = page["path"]?.stringValue ?? "?"
            #expect(page["outside"] == .array([]), "\(path)")
            // A page that is not there is said to be so.
            let complaints = (page["complaints"]?.arrayValue ?? []).filter { !path.hasSuffix("absent") || $0.isNull }
            #expect(complaints.isEmpty, "\(path): \(complaints)")
            #expect(page["keyboard"]?["stops"]?.intValue ?? 0 >= 3, "\(path): the tab key leads nowhere")
            #expect(page["keyboard"]?["unseen"] == .array([]), "\(path): what has the focus is not seen to have it")
            for look in ["1440 light", "400 dark"] {
                let serious = (page[look]?["violations"]?.arrayValue ?? []).filter {
                    ["serious", "critical"].contains($0["impact"]?.stringValue)
                }
                #expect(serious.isEmpty, "\(path), \(look): \(serious.map { $0.encodedString() })")
                #expect(page[look]?["overflow"]?.doubleValue ?? 1 <= 0, "\(path), \(look)")
            }
        }

        @Test(.disabled(if: getenv("SLIPWAY_NO_BROWSER") != nil, "SLIPWAY_NO_BROWSER is set"))
        func theOverviewIsSmallAndThereAtOnce() async throws {
            let slipway = try await Self.furnished()
            for number in 1...8 { try await slipway.expect("deploy", "digits:1", "--endpoint", "endpoint-\(number)") }
            try await slipway.serving { server in
                // Other tests have the machine as well: the quickest of some looks is the page's own.
                let looks = try await Self.looks(at: Array(repeating: "/", count: 6), of: server)
                let paints = looks.compactMap { $0["paint"]?.doubleValue }
                #expect(paints.contains { (0..<300).contains($0) }, "first paint after \(paints) ms")
                let bytes = looks.compactMap { $0["bytes"]?.intValue }.max() ?? .max
                #expect(bytes < 100_000, "page, style and script together")
                print("console: overview of nine endpoints, \(bytes) bytes, first paint \(paints.min() ?? -1) ms")
            }
        }

        /// Has a browser look at pages.
        ///
        /// - Parameter secret: the token that it signs in with first.
        private static func looks(
            at paths: [String], of server: Slipway.Server, signedInWith secret: String? = nil
        ) async throws -> [JSONValue] {
            let python = try Slipway.python()
            let tools = python.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(
                separator: "/")
            let profile = try TemporaryDirectory()
            let list = JSONValue.array(paths.map(JSONValue.string)).encodedString()
            let outcome = try await Slipway.command(
                "env",
                (secret.map { ["SLIPWAY_CONSOLE_TOKEN=\($0)"] } ?? []) + [
                    python, "Tests/EndToEndTests/clients/console.py", "chromium", profile.path, "\(tools)/axe.min.js",
                    "http://\(server.controlAddress)", list,
                ], within: 300)
            guard outcome.exitCode == 0, let seen = outcome.json?.arrayValue else {
                throw MissingTool("the browser saw nothing (is scripts/test-tools up to date?): \(outcome)")
            }
            #expect(seen.count == paths.count)
            return seen
        }

        @Test
        func pagesAreToldWhatIsNewAndLetTheServerGo() async throws {
            let slipway = try await Slipway.withDigits()
            let heard = slipway.scratch.file("events")
            try TextFile.write("", to: heard)
            @Sendable func words() throws -> Int { try TextFile.read(heard).matches(of: /data: new\n\n/).count }
            let ended = try await slipway.serving { server in
                async let stream = slipway.shell(
                    "curl -sN --max-time 50 http://\(server.controlAddress)/console/events > '\(heard)'; echo $?")
                try await wait(for: "the first word") { try words() > 0 }
                let before = try words()
                try await slipway.expect("deploy", "digits:1", "--endpoint", "another")
                try await wait(for: "the word that something is new") { try words() > before }
                // A server that is to stop does not wait for who listens.
                server.running.terminate()
                return try await stream.output
            }
            #expect(["0", "18"].contains(String(ended.result.prefix { $0 != "\n" })), "\(ended)")
        }

        @Test
        func theDoctorLooksWhenHeIsAsked() async throws {
            let slipway = try await Self.furnished()
            try await slipway.serving { server in
                let form = try await ConsoleForm(at: "/doctor", of: server)
                #expect(!form.page.contains("✓ ok"))
                let reply = try await form.post("/doctor")
                Self.expectWhole(reply, "the doctor")
                #expect(reply.text.contains("blobs") && reply.text.contains("✓ ok"), "\(reply.text)")
                #expect(try await form.replacing(token: "x").post("/doctor").status == 403)
            }
        }

        @Test
        func tokensAreNamedAndNeverShown() async throws {
            let slipway = try await Slipway.withDigits()
            let made = try await slipway.json("token", "create", "<b>grafana", "--role", "admin")
            let secret = made["token"]?.stringValue ?? ""
            try await slipway.serving(["serve", "--auth", "token"]) { server in
                let client = try server.controlPlane()
                let page = try await client.request("GET", "/tokens", headers: [.bearer(secret)]).text
                #expect(page.contains("&lt;b&gt;grafana") && page.contains("✓ in use"))
                #expect(!secret.isEmpty && !page.contains(secret))
                #expect(page.firstMatch(of: /[0-9a-f]{64}/) == nil, "no hash either")
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
