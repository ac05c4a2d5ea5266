import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct ImageTests {
        private static let folder = Slipway.root + "/Tests/ImagesTests/Fixtures"
        private static let processing = """
            {"pre": [{"input": "picture", "image": {"orient": true}},
                     {"input": "picture", "cast": "UINT8"}, {"input": "picture", "scale": 0.00390625}]}
            """

        /// A home with a model that gives the mean of each channel of a picture.
        private static func home() async throws -> Slipway {
            let slipway = try Slipway()
            let model = slipway.scratch.file("means.onnx")
            let processing = slipway.scratch.file("processing.json")
            try TextFile.write(MadeModel.means(side: 32), to: model)
            try TextFile.write(Self.processing, to: processing)
            try await slipway.expect("import", model, "--name", "means", "--processing", processing)
            try await slipway.expect("deploy", "means:1")
            return slipway
        }

        private static func means(_ reply: HTTPReply, _ path: String...) -> [Double] {
            var value = try? JSONValue.parse(reply.body)
            for key in path { value = value?[key] ?? value?.arrayValue?.first?[key] }
            func flat(_ value: JSONValue) -> [Double] {
                value.arrayValue.map { $0.flatMap(flat) } ?? [value.doubleValue ?? .nan]
            }
            return value.map(flat) ?? []
        }

        @Test
        func aClientPostsAPictureAndGetsTheModelsAnswerByEveryProtocol() async throws {
            let slipway = try await Self.home()
            let picture = try TextFile.bytes(Self.folder + "/fine.jpg")
            let base64 = try await slipway.shell("base64 -w0 \(Self.folder)/fine.jpg").output
            try await slipway.serving { server in
                let client = try server.dataPlane()
                let jpeg = HTTPHeader("content-type", "image/jpeg")
                let raw = try await client.request("POST", "/invocations", headers: [jpeg], body: picture)
                #expect(raw.status == 200, "\(raw.text)")
                let expected = Self.means(raw, "predictions")
                #expect(expected.count == 3 && expected.allSatisfy { (0.2...0.8).contains($0) }, "\(expected)")
                let infer = try await client.request("POST", "/v2/models/means/infer", headers: [jpeg], body: picture)
                #expect(Self.means(infer, "outputs", "data") == expected, "\(infer.text)")
                let rows = #"{"instances": [{"b64": "\#(base64)"}, {"b64": "\#(base64)"}]}"#
                let v1 = try await client.request("POST", "/v1/models/means:predict", body: Array(rows.utf8))
                #expect(Self.means(v1, "predictions") == expected + expected, "\(v1.text)")
                var images = StringElements()
                images.append(picture)
                let reply = try await InferenceClient(client).infer(
                    InferenceRequest(
                        endpoint: "means", inputs: [("picture", try Tensor(Shape([1]), strings: images))],
                        outputs: ["means"], isBinary: true))
                #expect(reply["means"]?.values(as: Float.self) == expected.map { Float($0) })
                let metadata = try await client.request("GET", "/v2/models/means")
                #expect(metadata.text.contains(#""datatype":"BYTES","shape":[-1]"#), "\(metadata.text)")
            }
        }

        @Test
        func whatIsNoPictureIsTheClientsFaultAndSpoilsNothing() async throws {
            let slipway = try await Self.home()
            try await slipway.serving { server in
                let client = try server.dataPlane()
                for (name, words) in [("cmyk.jpg", "CMYK"), ("generate.py", "expected a JPEG or PNG image")] {
                    let reply = try await client.request(
                        "POST", "/invocations", headers: [HTTPHeader("content-type", "image/png")],
                        body: try TextFile.bytes("\(Self.folder)/\(name)"))
                    #expect(reply.status == 400 && reply.text.contains(words), "\(reply.text)")
                }
                let cut = Array(try TextFile.bytes(Self.folder + "/fine.jpg").prefix(900))
                let reply = try await client.request(
                    "POST", "/v2/models/means/infer", headers: [HTTPHeader("content-type", "image/jpeg")], body: cut)
                #expect(reply.status == 400 && reply.text.contains("ends early"), "\(reply.text)")
            }
        }

        @Test
        func aFolderOfPicturesIsScored() async throws {
            let slipway = try await Self.home()
            let output = slipway.scratch.file("answers.csv")
            let summary = try await slipway.json("predict", "means:1", "--input", Self.folder, "--output", output)
            let names = TextFile.list(Self.folder).filter { $0.hasSuffix(".jpg") || $0.hasSuffix(".png") }
            #expect(summary["rejected"]?.intValue == 1)
            #expect(summary["rows"]?.intValue == names.count - 1)
            let lines = try TextFile.read(output).split(separator: "\n").map { $0.split(separator: ",") }
            #expect(lines[0] == ["row", "file", "means.0", "means.1", "means.2"])
            #expect(lines.dropFirst().map { String($0[1]) } == names.filter { $0 != "cmyk.jpg" })
            let rejected = try TextFile.read(slipway.scratch.file("answers.rejected.jsonl"))
            #expect(rejected.contains(#""file":"cmyk.jpg""#) && rejected.contains("CMYK"))
        }
    }
}
