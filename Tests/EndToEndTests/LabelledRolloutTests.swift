import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Labels that come late, for inputs that both versions of a rollout answered.
    @Suite
    struct LabelledRolloutTests {
        @Test
        func aVersionThatIsWrongIsTakenBackByItsLabels() async throws {
            let slipway = try Slipway()
            for file in ["mlp", "bad"] {
                try await slipway.expect(
                    "import", Slipway.example("digits/\(file).onnx"), "--name", "digits", "--processing",
                    Slipway.example("digits/processing.json"), "--evaluation", Slipway.example("digits/held-out.npz"))
            }
            try await slipway.expect("deploy", "digits:1")
            let digits = try DigitsExample()
            try await slipway.serving { server in
                let http = try server.dataPlane()
                func post(_ path: String, _ id: String, _ body: JSONValue) async throws -> HTTPReply {
                    try await http.request(
                        "POST", "/v2/models/digits/\(path)", headers: [HTTPHeader("x-request-id", id)],
                        body: body.encoded())
                }
                func ask(_ row: Int, _ id: String) async throws {
                    let pixels = try #require(digits.pixels.rows(row..<row + 1).values(as: Float.self))
                    let input = JSONValue.object([
                        ("name", "pixels"), ("datatype", "FP32"), ("shape", [1, 64]),
                        ("data", .array(pixels.map { .number(Double($0)) })),
                    ])
                    #expect(try await post("infer", id, .object([("inputs", .array([input]))])).status == 200)
                }
                try await slipway.expect(
                    "deploy", "digits:2", "--strategy", "canary", "--steps", "20%", "--step-duration", "1h",
                    "--max-loss-increase", "2%", "--ignore-latency")
                var round = 0
                var report = JSONValue.null
                while report["state"]?.stringValue != "rolled back", round < 60 {
                    let rows = (0..<20).map { ($0 + 20 * round) % 400 }
                    for row in rows { try await ask(row, "r\(round)-\(row)") }
                    // Copies run after the replies: labels come later than they do.
                    report = try await slipway.json("rollout", "digits")
                    let labels = rows.map { row in
                        JSONValue.object([("id", .string("r\(round)-\(row)")), ("label", .integer(digits.labels[row]))])
                    }
                    _ = try await post("feedback", "labels", .object([("feedback", .array(labels))]))
                    report = try await slipway.json("rollout", "digits")
                    round += 1
                }
                #expect(report["state"]?.stringValue == "rolled back", "\(report)")
                let last = try #require(report["decisions"]?.arrayValue?.last)
                #expect(last["stream"]?.stringValue == "loss" && last["loss"]?.doubleValue ?? 0 > 0.5, "\(last)")
                #expect(last["reason"]?.stringValue?.contains("inputs that both answered") == true)
                #expect(report["labels"]?["pairs"]?.intValue ?? 0 >= 10)
                #expect(report["labels"]?["stable"]?["labelled"]?.intValue ?? 0 > 0)
                let text = try await slipway.expect("rollout", "digits").output
                #expect(text.contains("inputs that both answered") && text.contains("labels: "), "\(text)")
                let pairs = try await slipway.json("compare", "digits", "--live")["comparisons"]?.arrayValue?.first
                #expect(pairs?["labelled"]?["onlyBase"]?.intValue ?? 0 >= 10, "\(pairs ?? .null)")
            }
        }
    }
}
