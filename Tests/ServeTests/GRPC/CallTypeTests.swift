import Tensors
import Testing

@testable import Serve

/// Every datatype, in binary and in typed form, comes back bit for bit.
@Suite struct CallTypes {
    struct Case: Sendable, CustomTestStringConvertible {
        var type: ElementType
        /// Two elements as they lie in memory.
        var raw: [UInt8]
        /// The same as `InferTensorContents`; `nil` where there is no such form.
        var contents: String?
        var testDescription: String { type.displayName }
    }

    static let cases = [
        Case(type: .bool, raw: [1, 0], contents: "0a020100"),
        Case(type: .int8, raw: [0xFF, 0x7F], contents: "120bffffffffffffffffff017f"),
        Case(type: .int16, raw: [0, 0x80, 1, 0], contents: "120b8080feffffffffffff0101"),
        Case(type: .int32, raw: [0, 0, 0, 0x80, 2, 0, 0, 0], contents: "120b80808080f8ffffffff0102"),
        Case(
            type: .int64, raw: Array(repeating: 0xFF, count: 8) + [3] + Array(repeating: 0, count: 7),
            contents: "1a0bffffffffffffffffff0103"),
        Case(type: .uint8, raw: [0xFF, 1], contents: "2203ff0101"),
        Case(type: .uint16, raw: [0xFF, 0xFF, 1, 0], contents: "2204ffff0301"),
        Case(type: .uint32, raw: [0xFF, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0], contents: "2206ffffffff0f01"),
        Case(
            type: .uint64, raw: Array(repeating: 0xFF, count: 8) + [1] + Array(repeating: 0, count: 7),
            contents: "2a0bffffffffffffffffff0101"),
        Case(type: .float16, raw: [1, 0x7E, 0, 0x80], contents: nil),
        Case(type: .bfloat16, raw: [0xC1, 0x7F, 0, 0x80], contents: nil),
        Case(type: .float32, raw: [1, 0, 0xC0, 0x7F, 0, 0, 0, 0x80], contents: "32080100c07f00000080"),
        Case(
            type: .float64, raw: [1, 0, 0, 0, 0, 0, 0xF8, 0x7F, 0, 0, 0, 0, 0, 0, 0, 0x80],
            contents: "3a10010000000000f87f0000000000000080"),
        Case(type: .string, raw: [0, 0, 0, 0, 3, 0, 0, 0, 0, 0xFF, 0x41], contents: "42004203" + "00ff41"),
    ]

    private func request(_ item: Case) -> TestRequest {
        var request = TestRequest()
        request.inputs = [TestRequest.Input(datatype: item.type.displayName, shape: [2])]
        return request
    }

    @Test(arguments: cases)
    func elementsComeBackBitForBit(_ item: Case) async throws {
        try await TestPlane.run([.of(.identity(item.type))]) { server in
            let client = try FrameClient(port: server.port)
            var request = request(item)
            request.raw = [item.raw]
            let reply = try client.call("ModelInfer", request.bytes)
            try #require(reply.status == 0, "\(reply.headers)")
            let answer = try reply.answer()
            #expect(answer.raw == [item.raw] && answer.outputs[0].datatype == item.type.displayName)
            #expect(answer.outputs[0].contents == nil)
        }
    }

    @Test(arguments: cases)
    func typedElementsAreAnsweredInBothForms(_ item: Case) async throws {
        try await TestPlane.run([.of(.identity(item.type))]) { server in
            let client = try FrameClient(port: server.port)
            var request = request(item)
            let contents = Hex.bytes(item.contents ?? "120101")
            request.inputs[0].contents = { $0.bytes += contents }
            let reply = try client.call("ModelInfer", request.bytes)
            guard item.contents != nil else {
                #expect(reply.status == 3 && reply.text.contains("have no typed contents"), "\(reply.headers)")
                return
            }
            try #require(reply.status == 0, "\(reply.headers)")
            let answer = try reply.answer()
            #expect(answer.raw == [item.raw] && answer.outputs[0].contents == contents)
        }
    }

    /// Repeated scalars may come one by one.
    @Test(arguments: [
        ("INT32", ElementType.int32, "10011002", [UInt8]([1, 0, 0, 0, 2, 0, 0, 0])),
        ("FP32", .float32, "350000803f3500000040", [0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]),
        ("BOOL", .bool, "080a0800", [1, 0]),
    ])
    func elementsMayComeOneByOne(_ name: String, _ type: ElementType, _ hex: String, _ raw: [UInt8]) async throws {
        try await TestPlane.run([.of(.identity(type))]) { server in
            var request = TestRequest()
            request.inputs = [TestRequest.Input(datatype: name, shape: [2])]
            request.inputs[0].contents = { $0.bytes += Hex.bytes(hex) }
            let reply = try FrameClient(port: server.port).call("ModelInfer", request.bytes)
            try #require(reply.status == 0, "\(reply.headers)")
            #expect(try reply.answer().raw == [raw])
        }
    }

    @Test(arguments: [
        ("INT8", ElementType.int8, "12028001", "'int_contents' has the element 128; expected -128 to 127"),
        ("UINT8", .uint8, "22028002", "'uint_contents' has the element 256; expected 0 to 255"),
        ("UINT16", .uint16, "2203808004", "'uint_contents' has the element 65536; expected 0 to 65535"),
        ("INT32", .int32, "12058080808008", "expected -2147483648 to 2147483647"),
        ("FP32", .float32, "30013002", "'fp32_contents' is a variable-length integer, expected four bytes"),
        ("INT32", .int32, "1203010203", "shape [2] needs 2 elements, but 'contents' has more"),
        ("FP64", .float64, "3a100000000000000000", "the request's message"),
        ("BYTES", .string, "420161420162420163", "shape [2] needs 2 elements, but 'contents' has more"),
        ("BYTES", .string, "420161", "shape [2] needs 2 elements, but 'contents' has 1"),
    ])
    func elementsThatDoNotFitAreRefused(
        _ name: String, _ type: ElementType, _ hex: String, _ message: String
    ) async throws {
        try await TestPlane.run([.of(.identity(type))]) { server in
            var request = TestRequest()
            request.inputs = [TestRequest.Input(datatype: name, shape: [2])]
            request.inputs[0].contents = { $0.bytes += Hex.bytes(hex) }
            let reply = try FrameClient(port: server.port).call("ModelInfer", request.bytes)
            #expect(reply.status == 3 && reply.text.contains(message), "\(reply.headers)")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test(arguments: [[UInt8]([1, 0, 0, 0]), [5, 0, 0, 0, 1], [1, 0, 0, 0, 65, 0, 0, 0, 0, 7]])
    func binaryStringsThatLieAreRefused(_ raw: [UInt8]) async throws {
        try await TestPlane.run([.of(.identity(.string))]) { server in
            var request = TestRequest()
            request.inputs = [TestRequest.Input(datatype: "BYTES", shape: [2])]
            request.raw = [raw]
            let reply = try FrameClient(port: server.port).call("ModelInfer", request.bytes)
            #expect(reply.status == 3, "\(reply.headers)")
        }
    }

    @Test func tensorsWithoutElementsPass() async throws {
        try await TestPlane.run([.of(.identity(.float32))]) { server in
            var request = TestRequest()
            request.inputs[0].shape = [0]
            for raw in [[[UInt8]]]([[], [[]]]) {
                request.raw = raw
                let reply = try FrameClient(port: server.port).call("ModelInfer", request.bytes)
                #expect(reply.status == 0, "\(reply.headers)")
                #expect(try reply.answer().raw == [[]])
            }
        }
    }

    @Test func outputsComeInTheOrderAskedFor() async throws {
        try await TestPlane.run([.of(.pair())]) { server in
            var request = TestRequest()
            request.inputs = ["b", "a"].map { TestRequest.Input(name: $0, shape: [1, 2]) }
            request.raw = ([[1, 2], [10, 20]] as [[Float]]).map { $0.withUnsafeBytes { Array($0) } }
            request.outputs = ["difference", "sum"]
            let reply = try FrameClient(port: server.port).call("ModelInfer", request.bytes)
            let answer = try reply.answer()
            #expect(answer.outputs.map(\.name) == ["difference", "sum"])
            #expect(answer.raw == ([[9, 18], [11, 22]] as [[Float]]).map { $0.withUnsafeBytes { Array($0) } })
        }
    }
}
