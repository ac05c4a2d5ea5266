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
                try await wait(for: "the memory") {
                    try await http.request(
                        "POST", "/v2/models/digits/feedback", body: Array(#"{"id":"none","label":1}"#.utf8)
                    ).status == 200
                }
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

                let refused = try await infer(41, adding: 900)
                #expect(refused.status == 422 && refused.text.contains("pixels["), "\(refused.text)")

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
                #expect(metrics.sum("slipway_outlier_requests_total") == 1)
                #expect(metrics.sum("slipway_feedback_labels_total", ["outcome=\"already_labelled\""]) == 40)
            }
            let events = try await slipway.run(["events", "--json"]).output.split(separator: "\n").map {
                try JSONValue.parse(Array($0.utf8))["type"]?.stringValue ?? ""
            }
            #expect(
                events == [
                    "slipway.version.imported", "slipway.revision.written", "slipway.server.started",
                    "slipway.endpoint.deployed", "slipway.server.stopped",
                ])
        }
    }
}
