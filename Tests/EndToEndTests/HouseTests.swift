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

        /// scikit-learn's answer for the first flower of its own data is 0.
        @Test(.timeLimit(.minutes(2)))
        func anMLflowModelIsServedAndTakesItsColumnsByName() async throws {
            let slipway = try Slipway()
            let list = slipway.scratch.file("flowers.json")
            try await slipway.expect("import", Slipway.example("mlflow/flowers"), "--endpoints", list)
            try await slipway.expect("apply", list)
            try await slipway.serving { server in
                let body =
                    #"{"dataframe_records":[{"petal width (cm)":0.2,"sepal length (cm)":5.1,"sepal width (cm)":3.5,"#
                    + #""petal length (cm)":1.4}]}"#
                let reply = try await server.dataPlane().request(
                    "POST", "/invocations", headers: [HTTPHeader("Content-Type", "application/json")],
                    body: Array(body.utf8))
                #expect(reply.status == 200 && reply.text.contains("\"label\":0"), "\(reply.text)")
            }
        }

        /// Each folder is of the least that its server takes; scikit-learn's answer for the first flower is 0.
        @Test(
            .timeLimit(.minutes(2)),
            arguments: [
                (
                    "MLServer",
                    "mkdir iris && cp $flower iris/model.joblib && printf '%s' '{\"name\": \"flower\", "
                        + "\"implementation\": \"mlserver_sklearn.SKLearnModel\", \"parameters\": {\"uri\": \"./model.joblib\"},"
                        + " \"max_batch_size\": 8, \"max_batch_time\": 0.005}' > iris/model-settings.json",
                    "[\"rows\":8,\"delay\":5000]"
                ),
                (
                    "BentoML",
                    "mkdir -p flower/abc && cp $flower flower/abc/saved_model.pkl && printf 'name: flower\nversion: abc\n"
                        + "module: bentoml.sklearn\nsignatures:\n  predict:\n    batchable: true\n' > flower/abc/model.yaml",
                    "auto"
                ),
                ("KServe", "cp $flower model.joblib && cp model.joblib notes.txt", "auto"),
                (
                    "MLflow",
                    "cp $flower model.pkl && printf 'flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"
                        + "  sklearn:\n    pickled_model: model.pkl\n    serialization_format: cloudpickle\n' > MLmodel",
                    "auto"
                ),
            ])
        func aFolderOfAnotherServerIsImportedAndServed(_ kind: String, _ make: String, _ batching: String) async throws
        {
            let slipway = try Slipway()
            let folder = slipway.scratch.file("flower")
            let made = try await slipway.shell(
                "set -e; flower=\(Slipway.example("scikit-learn/1.5/pipeline-linear.joblib")); mkdir \(folder); cd \(folder); \(make)"
            )
            try #require(made.exitCode == 0, "\(made)")
            let list = slipway.scratch.file("list.json")
            let imported = try await slipway.json("import", folder, "--endpoints", list)
            #expect(imported["house"]?.stringValue?.hasPrefix(kind) == true, "\(imported.encodedString())")
            #expect(imported["leftOut"] == .array([]), "\(imported.encodedString())")
            let endpoint = try #require(imported["models"]?.arrayValue?.first?["endpoints"]?.arrayValue?.first)
            let shared = endpoint["batching"]
            let text =
                shared?.stringValue
                ?? "[\"rows\":\(shared?["rows"]?.intValue ?? 0),\"delay\":\(shared?["delay"]?.intValue ?? 0)]"
            #expect(text == batching, "\(endpoint.encodedString())")
            let name = try #require(endpoint["endpoint"]?.stringValue)
            try await slipway.expect("apply", list)
            try await slipway.serving { server in
                let body = #"{"inputs":[{"name":"X","shape":[1,4],"datatype":"FP32","data":[5.1,3.5,1.4,0.2]}]}"#
                let reply = try await server.dataPlane().request(
                    "POST", "/v2/models/\(name)/infer", body: Array(body.utf8))
                #expect(reply.status == 200 && reply.text.contains("\"data\":[0]"), "\(reply.text)")
            }
        }

        /// The model is fetched from where the manifest says, and served as it says.
        @Test(.timeLimit(.minutes(2)))
        func aManifestOfKServesBecomesAnEndpoint() async throws {
            try await SourceServer.running { server in
                try TextFile.write(
                    try TextFile.bytes(Slipway.example("digits/mlp.onnx")), to: server.folder.file("model.onnx"))
                let slipway = try Slipway()
                let (manifest, list) = (slipway.scratch.file("service.yaml"), slipway.scratch.file("list.json"))
                try TextFile.write(
                    """
                    apiVersion: serving.kserve.io/v1beta1
                    kind: InferenceService
                    metadata:
                      name: Digits
                    spec:
                      predictor:
                        containerConcurrency: 2
                        batcher:
                          maxBatchSize: 16
                          maxLatency: 2
                        model:
                          modelFormat:
                            name: onnx
                          storageUri: \(server.address)/model.onnx
                    """, to: manifest)
                try await slipway.expect("import", manifest, "--endpoints", list)
                let endpoint = try JSONValue.parse(try TextFile.bytes(list))["endpoints"]?.arrayValue?.first
                #expect(endpoint?["endpoint"] == "digits" && endpoint?["version"] == "digits:1")
                #expect(
                    endpoint?["batching"]?["rows"]?.intValue == 16 && endpoint?["batching"]?["delay"]?.intValue == 2000)
                #expect(endpoint?["engine"]?["instances"]?.intValue == 2)
                try await slipway.expect("apply", list)
                let digits = try DigitsExample()
                try await slipway.serving { server in
                    let logits = try await Self.infer(server, "digits", "pixels", try digits.row(7), "logits")
                    #expect(logits.count == 10)
                }
            }
        }

        /// The handler in it would leave a mark.
        @Test(.timeLimit(.minutes(2)))
        func aTorchServeArchiveWithAGraphIsImportedAndItsHandlerNeverRuns() async throws {
            let slipway = try Slipway()
            let archive = slipway.scratch.file("net.mar")
            let script = """
                import json, sys, zipfile
                with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
                    m = {"model": {"modelName": "Net", "serializedFile": "net.onnx", "handler": "h.py"}}
                    z.writestr("MAR-INF/MANIFEST.json", json.dumps(m))
                    z.writestr("h.py", "open('/tmp/slipway-canary', 'w')")
                    z.write(sys.argv[2], "net.onnx")
                """
            let made = try await Slipway.command(
                Slipway.python(), ["-c", script, archive, Slipway.example("digits/mlp.onnx")])
            try #require(made.exitCode == 0, "\(made)")
            let imported = try await slipway.json("import", archive, "--endpoints", slipway.scratch.file("net.json"))
            #expect(imported["models"]?.arrayValue?.first?["name"]?.stringValue == "net", "\(imported.encodedString())")
            #expect(try await slipway.shell("test ! -e /tmp/slipway-canary").exitCode == 0)
            #expect(try await slipway.shell("ls \(slipway.home.path)/tmp/archive-* 2>/dev/null").output.isEmpty)
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
