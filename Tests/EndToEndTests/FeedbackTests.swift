import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Digits answered, labelled later, and told apart by confidence before; requests far outside refused.
    @Suite
    struct FeedbackTests {
        @Test
        func labelsMeetWhatConfidenceSaid() async throws {
            let slipway = try Slipway()
            try await slipway.expect(
                "import", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--processing",
                Slipway.example("digits/processing.json"), "--evaluation", Slipway.example("digits/held-out.npz"))
            try await slipway.expect("deploy", "digits:1", "--outliers", "refuse")
            let digits = try DigitsExample()
            try await slipway.serving { server in
                let http = try server.dataPlane()
                func infer(_ row: Int, adding offset: Float = 0) async throws -> HTTPReply {
                    let pixels = try #require(digits.pixels.rows(row..<row + 1).values(as: Float.self))
                    let body = JSONValue.object([
                        (
                            "inputs",
                            [
                                .object([
                                    ("name", "pixels"), ("datatype", "FP32"), ("shape", [1, 64]),
                                    ("data", .array(pixels.map { .number(Double($0 + offset)) })),
                                ])
                            ]
                        )
                    ])
                    return try await http.request(
                        "POST", "/v2/models/digits/infer", headers: [HTTPHeader("x-request-id", "image-\(row)")],
                        body: body.encoded())
                }
                // From the first request on.
                let first = try await infer(41, adding: 900)
                #expect(first.status == 422 && first.text.contains("pixels["), "\(first.text)")
                for row in 0..<40 { #expect(try await infer(row).status == 200) }
                let labels = digits.labels.prefix(40).enumerated().map { row, label in
                    // Every fifth label contradicts.
                    JSONValue.object([
                        ("id", .string("image-\(row)")), ("label", .integer((label + (row % 5 == 0 ? 1 : 0)) % 10)),
                    ])
                }
                let reply = try await http.request(
                    "POST", "/v2/models/digits/feedback",
                    body: JSONValue.object([("feedback", .array(labels))]).encoded())
                #expect(try JSONValue.parse(reply.body)["accepted"]?.intValue == 40, "\(reply.text)")
                let again = try await http.request(
                    "POST", "/v2/models/digits/feedback",
                    body: JSONValue.object([("feedback", .array(labels))]).encoded())
                #expect(try JSONValue.parse(again.body)["already_labelled"]?.intValue == 40)

                try await wait(for: "the estimate") {
                    let versions = try await slipway.json("drift", "digits")["versions"]?.arrayValue
                    return versions?.first?["accuracy"]?["estimated"]?["rows"]?.intValue == 40
                }
                let drift = try #require(try await slipway.json("drift", "digits")["versions"]?.arrayValue?.first)
                #expect(drift["outliers"]?.stringValue == "refuse")
                let realised = try #require(drift["accuracy"]?["realised"]?["accuracy"]?.doubleValue)
                #expect((0.7...0.8).contains(realised), "32 of 40 at best: \(realised)")
                #expect(drift["accuracy"]?["realised"]?["promised"]?.doubleValue ?? 0 > 0.9)
                #expect(drift["accuracy"]?["estimated"]?["accuracy"]?.doubleValue ?? 0 > 0.9)
                let text = try await slipway.run(["drift", "digits"]).output
                #expect(text.contains("accuracy by labels") && text.contains("no concept drift"), "\(text)")
                #expect(try await slipway.run(["status"]).output.contains("digits:1: accuracy by labels"))
                let metrics = Exposition(try await server.controlPlane().request("GET", "/metrics").text)
                #expect(metrics.sum("slipway_accuracy_realised_ratio") == realised)
                #expect(metrics.sum("slipway_accuracy_estimated_ratio") ?? 0 > 0.9)
                #expect(metrics.sum("slipway_outlier_requests_total", ["outcome=\"refused\""]) == 1)
                #expect(metrics.sum("slipway_feedback_labels_total", ["outcome=\"already_labelled\""]) == 40)
                // Of a version that stays, too, another policy holds from a revision's first request on.
                for (policy, status) in [("off", 200), ("refuse", 422)] {
                    try await slipway.expect("deploy", "digits:1", "--outliers", policy)
                    #expect(try await infer(41, adding: 900).status == status, "\(policy)")
                }
            }
            let events = try await slipway.run(["events", "--json"]).output.split(separator: "\n").map {
                try JSONValue.parse(Array($0.utf8))["type"]?.stringValue ?? ""
            }
            #expect(
                events == [
                    "slipway.version.imported", "slipway.revision.written", "slipway.server.started",
                    "slipway.endpoint.deployed", "slipway.revision.written", "slipway.endpoint.deployed",
                    "slipway.revision.written", "slipway.endpoint.deployed", "slipway.server.stopped",
                ])
        }

        /// A request far outside goes to another version, over REST and gRPC, before and after a restart; the version is
        /// kept, and nothing that it does counts for the other.
        @Test
        func requestsFarOutsideAreAnsweredByTheFallbackVersion() async throws {
            let slipway = try Slipway()
            let processing = Slipway.example("digits/processing.json")
            try await slipway.expect(
                "import", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--processing", processing,
                "--evaluation", Slipway.example("digits/held-out.npz"))
            try await slipway.expect(
                "import", Slipway.example("digits/cnn.onnx"), "--name", "digits", "--processing", processing)
            let misspelt = try await slipway.run(["deploy", "digits:1", "--outliers", "fallback:digits"])
            #expect(misspelt.exitCode != 0 && misspelt.talk.contains("digits:3"), "\(misspelt)")
            try await slipway.expect("deploy", "digits:1", "--outliers", "fallback:digits:2")
            #expect(try await slipway.run(["status"]).output.contains("digits:2 (fallback)"))
            let removed = try await slipway.run(["remove", "digits:2"])
            #expect(removed.exitCode != 0, "it is in use: \(removed)")
            let row = try #require(try DigitsExample().pixels.rows(0..<1).values(as: Float.self))
            let far = try Tensor(.float32, Shape([1, 64]), values: row.map { $0 + 900 })
            for start in 1...2 {
                try await slipway.serving { server in
                    let http = try server.dataPlane()
                    let request = InferenceRequest(endpoint: "digits", inputs: [(name: "pixels", tensor: far)])
                    // From the first request on.
                    #expect(try await InferenceClient(http).infer(request).modelVersion == "2")
                    let reply = try await http.request(
                        "POST", "/v2/models/digits/infer",
                        body: JSONValue.object([
                            (
                                "inputs",
                                [
                                    .object([
                                        ("name", "pixels"), ("datatype", "FP32"), ("shape", [1, 64]),
                                        ("data", .array(row.map { .number(Double($0 + 900)) })),
                                    ])
                                ]
                            )
                        ]).encoded())
                    #expect(reply.status == 200 && reply.header("x-slipway-fallback") == "digits:2")
                    let usual = try Tensor(.float32, Shape([1, 64]), values: row)
                    let near = try await InferenceClient(http).infer(
                        InferenceRequest(endpoint: "digits", inputs: [(name: "pixels", tensor: usual)], isBinary: true))
                    #expect(near.modelVersion == "1")
                    try await wait(for: "the event") {
                        try await slipway.run(["events", "--type", "fallback", "--json"]).output
                            .split(separator: "\n").count == start
                    }
                    let status = try #require(try await slipway.json("status")["endpoints"]?.arrayValue?.first)
                    #expect(status["fallback"]?["version"] == "digits:2" && status["fallback"]?["loaded"] == true)
                    #expect(status["arms"]?.arrayValue?.count == 1)
                    let metrics = Exposition(try await http.request("GET", "/metrics").text)
                    #expect(metrics.sum("slipway_outlier_requests_total", ["outcome=\"fallback\""]) ?? 0 >= 2)
                    let text = try await slipway.run(["drift", "digits"]).output
                    #expect(text.contains("far outside the reference: answered by digits:2"), "\(text)")
                    #expect(!text.contains("digits:2  "), "it is not watched: \(text)")
                }
            }
            let event = try JSONValue.parse(
                Array(
                    try await slipway.run(["events", "--type", "fallback", "--json"]).output.split(separator: "\n")[0]
                        .utf8))
            #expect(event["type"] == "slipway.fallback.used" && event["data"]?["fallback"] == "digits:2")
            let plan = try await slipway.run(["plan", "digits:2"])
            #expect(plan.exitCode != 0 && plan.talk.contains("cannot be the stable version too"), "\(plan)")
        }
    }
}
