import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Models on other machines: web servers, buckets, registries.
    @Suite
    struct SourceTests {
        private static func serve(_ example: String, as name: String, _ server: SourceServer) throws -> [UInt8] {
            let bytes = try TextFile.bytes(Slipway.example(example))
            try TextFile.write(bytes, to: server.folder.file(name))
            return bytes
        }

        /// Through connections that break, with the digest that was asked for; nothing is left over.
        @Test(.timeLimit(.minutes(2)))
        func aFileOfAWebServerIsImportedThroughBrokenConnections() async throws {
            try await SourceServer.running { server in
                _ = try Self.serve("digits/cnn.onnx", as: "net.onnx", server)
                let slipway = try Slipway()
                let digest = try #require(
                    try await slipway.shell("sha256sum \(server.folder.file("net.onnx"))").output.split(separator: " ")
                        .first)
                let imported = try await slipway(
                    "import", "\(server.address)/broken/net.onnx?token=canary", "--sha256", String(digest))
                #expect(imported.exitCode == 0 && imported.talk.contains("sha256 \(digest)"), "\(imported)")
                #expect(!imported.talk.contains("canary") && !imported.output.contains("canary"), "\(imported)")
                let ranges = server.requests.filter { $0.contains("bytes=") && $0.hasSuffix("206") }
                #expect(ranges.count == 3, "\(server.requests)")
                let file = try await slipway.json("show", "net:1")
                #expect(file.encodedString().contains("\(server.address)/broken/net.onnx"), "\(file.encodedString())")
                #expect(!file.encodedString().contains("canary"))
                let again = try await slipway.json("import", Slipway.example("digits/cnn.onnx"), "--name", "net")
                #expect(again["outcome"]?.stringValue == "present", "the same bytes are the same version")
                let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
                for (text, sent) in [(trace, trace), ("nonsense", "-")] {
                    let line =
                        "TRACEPARENT=\(text) \(try Slipway.binary()) import \(server.address)/net.onnx --sha256 \(digest)"
                    #expect(try await slipway.shell(line).exitCode == 0)
                    #expect(server.requests.last?.contains(" /net.onnx - \(sent) 200") == true, "\(server.requests)")
                }
                #expect(TextFile.list("\(slipway.home.path)/tmp") == [])
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func whatIsNotTakenIsSaidAndLeavesNothing() async throws {
            try await SourceServer.running { server in
                _ = try Self.serve("digits/mlp.onnx", as: "net.onnx", server)
                let slipway = try Slipway()
                let zeros = String(repeating: "0", count: 64)
                let cases: [([String], Int32, String)] = [
                    (["\(server.address)/absent.onnx"], 3, "404"),
                    (["\(server.address)/net.onnx", "--sha256", zeros], 7, "check --sha256"),
                    (["\(server.address)/net.onnx", "--sha256", "12"], 64, "64 hexadecimal digits"),
                    (["\(server.address)/huge"], 1, "1099511627776 bytes"),
                    (["\(server.address)/net.onnx", "--max-size", "1KB"], 1, "--max-size"),
                    (["\(server.address)/to?http://169.254.169.254/latest/meta-data"], 7, "not encrypted"),
                    (["\(server.address)/to?https://169.254.169.254/latest/meta-data"], 7, "told their secrets"),
                    (["\(server.address)/to?file:///etc/passwd"], 7, "only http and https"),
                    (["http://10.255.255.1/x.onnx", "--plain-http"], 7, "--allow-private"),
                    (["http://models.example/x.onnx"], 7, "--plain-http"),
                    (["https://169.254.169.254/x.onnx"], 7, "secrets"),
                    (["ftp://models.example/x.onnx"], 64, "known are https://"),
                    (["s3://bucket/x.onnx", "--s3-endpoint", server.address], 4, "AWS_ACCESS_KEY_ID"),
                    ([Slipway.example("digits/mlp.onnx"), "--sha256", zeros], 64, "go with an address"),
                    (["oci://127.0.0.1:1/x:1", "--note", "x"], 64, "is taken as it is"),
                ]
                for (arguments, code, help) in cases {
                    let outcome = try await slipway.run(["import"] + arguments)
                    #expect(outcome.exitCode == code && outcome.talk.contains(help), "\(arguments): \(outcome)")
                }
                #expect(try await slipway.json("list") == .array([]))
                #expect(TextFile.list("\(slipway.home.path)/tmp") == [])
            }
        }

        /// A pickle is read as data behind this door, too; a folder is imported as a whole.
        @Test(.timeLimit(.minutes(3)))
        func aBucketGivesFilesAndFoldersToWhoSignsRight() async throws {
            try await SourceServer.running { server in
                let copied = try await Slipway.command(
                    "cp",
                    [
                        "-r", Slipway.example("triton/model_repository"),
                        Slipway.example("scikit-learn/1.9/pipeline-forest.joblib"), server.folder.path,
                    ])
                try #require(copied.exitCode == 0, "\(copied)")
                let slipway = try Slipway(environment: server.credentials)
                let forest = try await slipway("import", "s3://bucket/pipeline-forest.joblib", "--name", "flowers")
                #expect(forest.exitCode == 0 && forest.output.contains("rebuilt from"), "\(forest)")
                let list = slipway.scratch.file("endpoints.json")
                let folder = try await slipway.json("import", "s3://bucket/model_repository/", "--endpoints", list)
                #expect(folder["models"]?.arrayValue?.count == 4, "\(folder.encodedString())")
                try await slipway.expect("apply", list)
                #expect(TextFile.list("\(slipway.home.path)/tmp") == [])

                var wrong = server.credentials
                wrong["AWS_SECRET_ACCESS_KEY"] = "another+canary"
                let refused = try await Slipway(environment: wrong)("import", "s3://bucket/pipeline-forest.joblib")
                #expect(refused.exitCode == 4 && refused.talk.contains("SignatureDoesNotMatch"), "\(refused)")
                #expect(!refused.talk.contains("canary"))

                let file = slipway.scratch.file("credentials")
                try TextFile.write(
                    "[harbour]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = a/very+secret=canary\n",
                    to: file)
                let named = try Slipway(environment: ["AWS_SHARED_CREDENTIALS_FILE": file])
                try await named.expect(
                    "import", "s3://bucket/pipeline-forest.joblib", "--name", "flowers", "--s3-profile", "harbour",
                    "--s3-endpoint", server.address, "--s3-region", "eu-test-1", "--no-run")
                let leaked = try await named.shell("grep -rl canary \(named.home.path)")
                #expect(leaked.exitCode == 1, "\(leaked)")
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func aVersionOfARegistryIsImportedByItsAddress() async throws {
            try await DockerRegistry.running { registry in
                let slipway = try await Slipway.withDigits()
                try await slipway.expect("push", "digits:1", "\(registry.name)/models/digits:1")
                let other = try Slipway()
                let pulled = try await other.json("import", "oci://\(registry.name)/models/digits:1")
                let original = try await slipway.json("show", "digits:1")
                #expect(pulled["digest"]?.stringValue == original["digest"]?.stringValue, "\(pulled.encodedString())")
            }
        }
    }
}
