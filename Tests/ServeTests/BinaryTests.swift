import Tensors
import Testing

@testable import Serve

/// Binary tensor data; protocols.md 2.1.
@Suite struct BinaryInference {
    static let path = "/v2/models/digits/infer"
    static let rows: [Float] = [1, -2, 3, 4.5]

    static func bytes(_ values: [some BitwiseCopyable]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

    static func floats(_ bytes: some Collection<UInt8>) -> [Float] {
        Array(bytes).withUnsafeBytes { raw in
            (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
    }

    static func json(_ size: Int = 16, shape: String = "[1,4]", rest: String = "") -> String {
        #"{"inputs":[{"name":"x","shape":\#(shape),"datatype":"FP32","parameters":{"binary_data_size":\#(size)}}]\#(rest)}"#
    }

    static func post(
        _ client: RawClient, _ json: String, _ tail: [UInt8], length: String? = nil, path: String = path
    ) throws -> RawClient.Reply {
        try client.request(
            "POST", path, headers: ["Inference-Header-Content-Length: \(length ?? String(json.utf8.count))"],
            body: Array(json.utf8) + tail)
    }

    @Test(arguments: [Calibration.instant, .long, .none])
    func bothWaysInBinary(_ calibration: Calibration) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: calibration)]) { server in
            let client = try server.client()
            for rest in [
                #","parameters":{"binary_data_output":true}"#,
                #","outputs":[{"name":"y","parameters":{"binary_data":true}}]"#,
            ] {
                let reply = try Self.post(client, Self.json(rest: rest), Self.bytes(Self.rows))
                #expect(reply.status == 200 && reply.header("content-type") == "application/octet-stream")
                let header = try #require(reply.header("inference-header-content-length").flatMap(Int.init))
                #expect(
                    String(decoding: reply.body[..<header], as: UTF8.self)
                        == #"{"model_name":"digits","model_version":"3","outputs":[{"name":"y","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16}}]}"#
                )
                #expect(Self.floats(reply.body[header...]) == Self.rows.map { $0 * 2 })
            }
            let mixed = try Self.post(
                client,
                Self.json(
                    rest:
                        #","parameters":{"binary_data_output":true},"outputs":[{"name":"y","parameters":{"binary_data":false}}]"#
                ),
                Self.bytes(Self.rows))
            #expect(mixed.text.hasSuffix(#""data":[2.0,-4.0,6.0,9.0]}]}"#), "the output's own flag wins")
            #expect(mixed.header("inference-header-content-length") == nil)
        }
    }

    @Test func jsonAndBinaryTensorsMixInOneRequest() async throws {
        try await TestPlane.run([.of(.pair())]) { server in
            let client = try server.client()
            let json =
                #"{"inputs":[{"name":"b","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"a","shape":[1,2],"datatype":"FP32","data":[5,6]}],"outputs":[{"name":"difference","parameters":{"binary_data":true}},{"name":"sum"}]}"#
            let reply = try Self.post(client, json, Self.bytes([1, 2] as [Float]))
            let header = try #require(reply.header("inference-header-content-length").flatMap(Int.init))
            #expect(Self.floats(reply.body[header...]) == [4, 4])
            #expect(String(decoding: reply.body[..<header], as: UTF8.self).contains(#""data":[6.0,8.0]"#))
        }
    }

    @Test func bothInputsFollowInTheRequestsOrder() async throws {
        try await TestPlane.run([.of(.pair())]) { server in
            let json =
                #"{"inputs":[{"name":"b","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}},{"name":"a","shape":[1,2],"datatype":"FP32","parameters":{"binary_data_size":8}}],"outputs":[{"name":"difference"}]}"#
            let reply = try Self.post(try server.client(), json, Self.bytes([1, 2, 10, 20] as [Float]))
            #expect(reply.text.contains(#""data":[9.0,18.0]"#), "\(reply.text)")
        }
    }

    @Test func aHeaderLengthOfTheWholeBodyIsLegal() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let json = #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"#
            let reply = try Self.post(try server.client(), json, [])
            #expect(reply.status == 200)
        }
    }

    @Test func emptyTensorsTakeNoBytes() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let json = Self.json(0, shape: "[0,4]", rest: #","parameters":{"binary_data_output":true}"#)
            let reply = try Self.post(try server.client(), json, [])
            #expect(reply.status == 200 && reply.text.contains(#""shape":[0,4],"parameters":{"binary_data_size":0}"#))
        }
    }

    @Test(arguments: [ElementType.float16, .bfloat16, .bool, .int8, .uint64, .float64])
    func everyTypeTravelsInBinary(_ type: ElementType) async throws {
        try await TestPlane.run([.of(.identity(type))]) { server in
            let bytes = (0..<UInt8(3 * type.bitWidth / 8)).map { type == .bool ? $0 & 1 : $0 }
            let json =
                #"{"inputs":[{"name":"x","shape":[3],"datatype":"\#(type.displayName)","parameters":{"binary_data_size":\#(bytes.count)}}],"parameters":{"binary_data_output":true}}"#
            let client = try server.client()
            let reply = try Self.post(client, json, bytes)
            let header = try #require(reply.header("inference-header-content-length").flatMap(Int.init))
            #expect(Array(reply.body[header...]) == bytes)
            if !type.isJSON {
                let text = json.replacing(#","parameters":{"binary_data_output":true}"#, with: "")
                let refused = try Self.post(client, text, bytes)
                #expect(refused.status == 400 && refused.error?.contains("JSON cannot carry") == true)
            }
        }
    }

    /// `["a", "", "xyz"]`, protocols.md 2.1.
    static let strings: [UInt8] = [1, 0, 0, 0, 0x61, 0, 0, 0, 0, 3, 0, 0, 0, 0x78, 0x79, 0x7A]

    @Test func stringsTravelWithTheirLengths() async throws {
        try await TestPlane.run([.of(.identity(.string))]) { server in
            let client = try server.client()
            let input = #"{"inputs":[{"name":"x","shape":[3],"datatype":"BYTES","parameters":{"binary_data_size":16}}]"#
            let text = try Self.post(client, input + "}", Self.strings)
            #expect(text.text.contains(#""data":["a","","xyz"]"#), "\(text.text)")
            let binary = try Self.post(client, input + #","parameters":{"binary_data_output":true}}"#, Self.strings)
            #expect(Array(binary.body.suffix(16)) == Self.strings)
        }
    }

    @Test(arguments: [
        (3, [UInt8]([1, 0, 0, 0, 0x61, 0, 0, 0, 0, 4, 0, 0, 0, 0x78, 0x79, 0x7A])),
        (3, [0xFF, 0xFF, 0xFF, 0xFF, 0x61, 0, 0, 0, 0, 3, 0, 0, 0, 0x78, 0x79, 0x7A]), (2, strings), (4, strings),
        (1000, strings), (3, Array(strings.dropLast())), (3, strings + [0]), (0, strings),
    ])
    func stringsWhoseLengthsLieAreRefused(_ count: Int, _ bytes: [UInt8]) async throws {
        try await TestPlane.run([.of(.identity(.string))]) { server in
            let json =
                #"{"inputs":[{"name":"x","shape":[\#(count)],"datatype":"BYTES","parameters":{"binary_data_size":\#(bytes.count)}}]}"#
            let reply = try Self.post(try server.client(), json, bytes)
            #expect(reply.status == 400 && reply.error?.hasPrefix("input 'x'") == true, "\(reply.text)")
        }
    }

    @Test(arguments: [
        (json(), 15, "sum to 16 bytes, but 15 follow"), (json(), 17, "sum to 16 bytes, but 17 follow"),
        (json(), 0, "sum to 16 bytes, but 0 follow"), (json(15), 15, "needs 16 bytes, but 'binary_data_size' is 15"),
        (json(1 << 40), 16, "needs 16 bytes"), (json(-1), 16, "'binary_data_size' is below 0"),
        (json(shape: "[2,4]"), 16, "needs 32 bytes"),
        (json(shape: "[4611686018427387904,4]"), 16, "more elements than fit"),
        (json(shape: "[1152921504606846976,4]"), 16, "larger than the address space"),
    ])
    func sizesThatDisagreeAreRefused(_ json: String, _ tail: Int, _ error: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            let reply = try Self.post(client, json, [UInt8](repeating: 0, count: tail))
            #expect(reply.status == 400 && reply.error?.contains(error) == true, "\(reply.text)")
            #expect(try client.request("GET", "/v2/health/live").status == 200, "the connection goes on")
        }
    }

    /// Rows are counted from sizes for which no element pays: two of the first would be more than 64 bits count.
    @Test(arguments: [
        ("[9223372036854775807,0]", 400), ("[0,9223372036854775807]", 400), ("[1048577,0]", 400), ("[3,0]", 200),
    ])
    func sizesBesideNothingAreLimited(_ shape: String, _ status: Int) async throws {
        let session = ScriptedSession.identity(.float32, [.symbol("N"), .symbol("S")])
        try await TestPlane.run([.of(session)]) { server in
            let reply = try Self.post(try server.client(), Self.json(0, shape: shape), [])
            #expect(reply.status == status, "\(reply.text)")
            if status == 400 { #expect(reply.error?.contains("has no elements") == true, "\(reply.text)") }
        }
    }

    @Test(arguments: ["-1", "x", "", "1e3", "99999999999999999999", "100000", "3", "+5", "0x5"])
    func headerLengthsThatCannotBeAreRefused(_ length: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try Self.post(try server.client(), Self.json(), Self.bytes(Self.rows), length: length)
            #expect(reply.status == 400, "\(reply.text)")
        }
    }

    @Test(arguments: [1, 2, 3, 7, 64, 1000])
    func aBodyMayArriveInAnyPieces(_ piece: Int) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let rows = 50
            let values = (0..<rows * 4).map { Float($0) }
            let json = Self.json(rows * 16, shape: "[\(rows),4]", rest: #","parameters":{"binary_data_output":true}"#)
            let body = Array(json.utf8) + Self.bytes(values)
            for isChunked in [false, true] {
                let client = try server.client()
                let length = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
                try client.send(
                    "POST \(Self.path) HTTP/1.1\r\nHost: localhost\r\n\(length)\r\nInference-Header-Content-Length: \(json.utf8.count)\r\n\r\n"
                )
                for start in stride(from: 0, to: body.count, by: piece) {
                    let slice = Array(body[start..<min(body.count, start + piece)])
                    let head = isChunked ? Array("\(String(slice.count, radix: 16))\r\n".utf8) : []
                    try client.send(head + slice + (isChunked ? [13, 10] : []))
                }
                if isChunked { try client.send("0\r\n\r\n") }
                let reply = try #require(try client.reply())
                #expect(reply.status == 200)
                #expect(Self.floats(reply.body.suffix(rows * 16)) == values.map { $0 * 2 })
            }
        }
    }

    @Test func chunkedBodiesThatEndEarlyOrLateAreRefused() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let json = Self.json()
            for (tail, error) in [(12, "ends after 12 of the 16 bytes of input 'x'"), (20, "4 bytes are left over")] {
                let client = try server.client()
                let body = Array(json.utf8) + [UInt8](repeating: 0, count: tail)
                try client.send(
                    "POST \(Self.path) HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nInference-Header-Content-Length: \(json.utf8.count)\r\n\r\n"
                )
                try client.send(Array("\(String(body.count, radix: 16))\r\n".utf8) + body + Array("\r\n0\r\n\r\n".utf8))
                let reply = try #require(try client.reply())
                #expect(reply.status == 400 && reply.error?.contains(error) == true, "\(reply.text)")
            }
        }
    }

    // MARK: Raw binary requests

    @Test func aBodyWithoutJSONIsTheOnlyInput() async throws {
        let values = (0..<12).map { Float($0) }
        let endpoints = [ServingEndpoint.of(.doubler()), .of(.identity(.string), name: "text")]
        try await TestPlane.run(endpoints) { server in
            let client = try server.client()
            let reply = try Self.post(client, "", Self.bytes(values), length: "0")
            let header = try #require(reply.header("inference-header-content-length").flatMap(Int.init))
            #expect(String(decoding: reply.body[..<header], as: UTF8.self).contains(#""shape":[3,4]"#))
            #expect(Self.floats(reply.body[header...]) == values.map { $0 * 2 })
            let text = try Self.post(
                client, "", Array("a sentence".utf8), length: "0", path: "/v2/models/text/infer")
            #expect(Array(text.body.suffix(14)) == [10, 0, 0, 0] + Array("a sentence".utf8))
        }
    }

    @Test func rawBodiesThatFitNoShapeAreRefused() async throws {
        let open = ScriptedSession.identity(.float32, [.symbol("N"), .symbol("A"), .symbol("B")])
        let endpoints = [ServingEndpoint.of(.doubler()), .of(.pair(), name: "pair"), .of(open, name: "open")]
        try await TestPlane.run(endpoints) { server in
            let client = try server.client()
            for (path, count) in [("digits", 15), ("digits", 1), ("pair", 8), ("open", 8)] {
                let body = [UInt8](repeating: 0, count: count)
                let reply = try Self.post(client, "", body, length: "0", path: "/v2/models/\(path)/infer")
                #expect(reply.status == 400, "\(path): \(reply.text)")
            }
        }
    }
}
