import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Other servers' folders, from their layout to the served answer and back.
    @Suite
    struct HouseTests {
        private static let repository = Slipway.example("triton/model_repository")

        private static func infer(
            _ server: Slipway.Server, _ endpoint: String, _ input: String, _ tensor: Tensor, _ output: String
        ) async throws -> [Float] {
            let reply = try await InferenceClient(try server.dataPlane()).infer(
                InferenceRequest(endpoint: endpoint, inputs: [(name: input, tensor: tensor)], isBinary: true))
            return try #require(reply[output]?.values(as: Float.self))
        }

        @Test(.timeLimit(.minutes(3)))
        func aTritonRepositoryIsServedAsTritonServedIt() async throws {
            let slipway = try Slipway()
            let list = slipway.scratch.file("endpoints.json")
            let rehearsed = try await slipway.json("import", Self.repository, "--dry-run")
            #expect(try await slipway.json("list") == .array([]), "a rehearsal leaves nothing")
            let imported = try await slipway.json("import", Self.repository, "--endpoints", list)
            for report in [rehearsed, imported] {
                #expect(report["models"]?.arrayValue?.count == 4, "\(report.encodedString())")
                #expect(report["leftOut"]?.arrayValue?.first?["name"]?.stringValue == "tokens")
            }
            try await slipway.expect("apply", list)
            let again = try await slipway.json("import", Self.repository, "--endpoints", list)
            #expect(
                again["models"]?.arrayValue?.allSatisfy { model in
                    model["versions"]?.arrayValue?.allSatisfy { $0["outcome"]?.stringValue == "present" } == true
                } == true)
            #expect(try await slipway.json("apply", list)["revisions"] == .array([]))
            let digits = try DigitsExample()
            try await slipway.serving { server in
                // The graph takes scaled pixels; the ensemble scales by itself.
                let raw = try digits.row(7)
                let values = try #require(raw.values(as: Float.self))
                let scaled = try Tensor(.float32, raw.shape, values: values.map { $0 * 0.0625 })
                let logits = try await Self.infer(server, "digits", "pixels", scaled, "logits")
                let scores = try await Self.infer(server, "scaled_digits", "IMAGE", raw, "SCORES")
                #expect(logits == scores && logits.count == 10)
                let older = try await Self.infer(server, "digits-v1", "pixels", scaled, "logits")
                #expect(older != logits)
                let data = try server.dataPlane()
                let configuration = try JSONValue.parse(
                    Array(try await data.request("GET", "/v2/models/digits/config").text.utf8))
                #expect(configuration["response_cache"]?["enable"]?.boolValue == true)
                #expect(configuration["instance_group"]?.arrayValue?.first?["count"]?.intValue == 2)
                // Class names of labels.txt, by Triton's classification extension.
                let numbers = values.map { "\($0 * 0.0625)" }.joined(separator: ",")
                let classes = try await data.request(
                    "POST", "/v2/models/digits/infer",
                    body: Array(
                        (#"{"outputs":[{"name":"logits","parameters":{"classification":1}}],"inputs":[{"name":"pixels","#
                            + #""shape":[1,64],"datatype":"FP32","data":[\#(numbers)]}]}"#).utf8)
                ).text
                let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
                let names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
                #expect(classes.contains(":\(best):\(names[best])\""), "\(classes)")
                let sequence = try await data.request(
                    "POST", "/v2/models/running_mean/infer",
                    body: Array(
                        #"{"parameters":{"sequence_id":7,"sequence_start":true},"inputs":[{"name":"x","shape":[1,1],"datatype":"FP32","data":[4]}]}"#
                            .utf8)
                ).text
                #expect(sequence.contains("\"mean\"") && !sequence.contains("next_count"), "\(sequence)")
            }
        }

        @Test(.timeLimit(.minutes(2)))
        func anExportedRepositoryIsTritonsAndComesBackAsItWas() async throws {
            let slipway = try Slipway()
            try await slipway.expect("import", Self.repository, "--endpoints", slipway.scratch.file("a.json"))
            try await slipway.expect("apply", slipway.scratch.file("a.json"))
            let folder = slipway.scratch.file("model_repository")
            for version in ["digits:1", "digits:2", "running_mean:1"] {
                try await slipway.expect("export", version, folder, "--format", "triton")
            }
            let refused = try await slipway("export", "digits:1", folder, "--format", "triton")
            #expect(refused.exitCode == 5, "\(refused)")
            try await slipway.expect("export", "scaled_digits:1", folder, "--format", "triton", "--force")
            // Triton's own definitions, from its client, read what was written.
            let script = """
                import sys
                from google.protobuf import text_format
                from tritonclient.grpc import model_config_pb2 as m
                for name in sys.argv[2:]:
                    c = text_format.Parse(open(f"{sys.argv[1]}/{name}/config.pbtxt").read(), m.ModelConfig())
                    assert c.name == name and c.max_batch_size > 0, c
                    print(name, len(c.input), len(c.output), len(c.ensemble_scheduling.step), len(c.sequence_batching.state))
                """
            let read = try await Slipway.command(
                Slipway.python(), ["-c", script, folder, "digits", "scale", "running_mean", "scaled_digits"])
            #expect(
                read.output == "digits 1 1 0 0\nscale 1 1 0 0\nrunning_mean 1 1 0 2\nscaled_digits 1 1 2 0\n", "\(read)"
            )
            let other = try Slipway()
            let imported = try await other.json("import", folder, "--endpoints", slipway.scratch.file("b.json"))
            #expect(imported["leftOut"] == .array([]), "\(imported.encodedString())")
            for version in ["digits:1", "digits:2", "running_mean:1", "scale:1"] {
                let (before, after) = (try await Self.graph(version, slipway), try await Self.graph(version, other))
                #expect(before == after, "\(version)")
            }
        }

        /// The digest of a version's graph.
        private static func graph(_ version: String, _ slipway: Slipway) async throws -> String {
            let folder = slipway.scratch.file("graph-\(UInt32.random(in: 0...UInt32.max))")
            try await slipway.expect("export", version, folder, "--format", "triton")
            let outcome = try await slipway.shell("sha256sum \(folder)/*/*/model.onnx")
            return try #require(outcome.output.split(separator: " ").first.map(String.init))
        }

        @Test
        func whatIsInTheWayLeavesNothingBehind() async throws {
            let slipway = try Slipway()
            let folder = slipway.scratch.file("repository")
            let made = try await slipway.shell(
                "mkdir -p \(folder)/m/1 \(folder)/n/1 && cp \(Slipway.example("digits/mlp.onnx")) \(folder)/m/1/model.onnx"
                    + " && ln -s /etc/passwd \(folder)/n/1/model.onnx && printf 'name: \"n\"' > \(folder)/n/config.pbtxt"
                    + " && printf 'max_batch_size: 8\\ninput { name: \"pixels\" data_type: TYPE_FP64 dims: 64 }'"
                    + " > \(folder)/m/config.pbtxt")
            try #require(made.exitCode == 0, "\(made)")
            let list = slipway.scratch.file("list.json")
            let refused = try await slipway("import", folder, "--endpoints", list)
            #expect(refused.exitCode == 7 && refused.talk.contains("line 2, column 1"), "\(refused)")
            #expect(refused.talk.contains("is declared FP64, and FP32 in the model"))
            #expect(refused.talk.contains("n: it has no version"), "a link is no model")
            #expect(try await slipway.json("list") == .array([]))
            #expect(try await slipway.shell("test ! -e \(list)").exitCode == 0)
            // A file that is no list stays.
            try TextFile.write(Array("precious".utf8), to: list)
            let kept = try await slipway("import", Self.repository, "--endpoints", list)
            let after = try TextFile.read(list)
            #expect(kept.exitCode == 5 && after == "precious", "\(kept)")
        }
    }
}
