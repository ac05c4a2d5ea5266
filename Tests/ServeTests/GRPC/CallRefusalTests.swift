import Tensors
import Testing
import Trust

@testable import Serve

/// What a call is refused for, and with which status; security-ux.md A2, rows 27 to 33.
@Suite struct CallRefusals {
    struct Refusal: Sendable, CustomTestStringConvertible {
        var name: String
        var request: TestRequest
        var status = 3
        var message: String
        var testDescription: String { name }
    }

    static func request(_ change: (inout TestRequest) -> Void) -> TestRequest {
        var request = TestRequest.rows([1, 2, 3, 4])
        change(&request)
        return request
    }

    static let refusals: [Refusal] = [
        Refusal(
            name: "unknown model", request: request { $0.model = "none" }, status: 5,
            message: "Request for unknown model: 'none' is not deployed"),
        Refusal(
            name: "unknown version", request: request { $0.version = "9" }, status: 5,
            message: "model 'digits' has no version '9' loaded; loaded: 3"),
        Refusal(
            name: "wrong shape", request: request { $0.inputs[0].shape = [1, 3] },
            message: "model 'digits' expects input 'x' as FP32 [N, 4], got FP32 [1, 3]"),
        Refusal(
            name: "wrong type", request: request { $0.inputs[0].datatype = "INT32" },
            message: "model 'digits' expects input 'x' as FP32 [N, 4], got INT32 [1, 4]"),
        Refusal(
            name: "no such type", request: request { $0.inputs[0].datatype = "FLOAT" },
            message: "input 'x': the protocol has no datatype 'FLOAT'"),
        Refusal(
            name: "unknown input", request: request { $0.inputs[0].name = "q" },
            message: "model 'digits' has no input 'q'; its inputs are 'x'"),
        Refusal(
            name: "negative size", request: request { $0.inputs[0].shape = [-1, 4] },
            message: "input 'x': shape [-1, 4] has a negative dimension"),
        Refusal(
            name: "huge shape", request: request { $0.inputs[0].shape = [1 << 62, 4] },
            message: "has more elements than fit in 64 bits"),
        Refusal(
            name: "no input",
            request: request {
                $0.inputs = []
                $0.raw = []
            }, message: "model 'digits' expects input 'x' as FP32 [N, 4], got none"),
        Refusal(
            name: "input twice",
            request: request {
                $0.inputs.append($0.inputs[0])
                $0.raw.append($0.raw[0])
            }, message: "input 'x' is given twice"),
        Refusal(
            name: "too many raw contents", request: request { $0.raw.append([1]) },
            message: "the request has 1 inputs, but 2 raw_input_contents"),
        Refusal(
            name: "too few bytes", request: request { $0.raw = [[1, 2, 3]] },
            message: "input 'x': FP32 [1, 4] needs 16 bytes, but its raw_input_contents has 3"),
        Refusal(
            name: "both forms", request: request { $0.inputs[0].contents = { $0.int64s(2, [1]) } },
            message: "input 'x' has 'contents', but the request has raw_input_contents"),
        Refusal(
            name: "contents of another type",
            request: request {
                $0.raw = []
                $0.inputs[0].contents = { $0.int64s(2, [1, 2, 3, 4, 5, 6]) }
            }, message: "the elements are in field 2 of 'contents'; expected 'fp32_contents'"),
        Refusal(
            name: "too few elements", request: request { $0.raw = [] },
            message: "shape [1, 4] needs 4 elements, but 'contents' has fewer"),
        Refusal(
            name: "unknown output", request: request { $0.outputs = ["z"] },
            message: "model 'digits' has no output 'z'; its outputs are 'y'"),
        Refusal(
            name: "output twice", request: request { $0.outputs = ["y", "y"] },
            message: "output 'y' is requested twice"),
        Refusal(
            name: "sequence", request: request { $0.parameters = [("sequence_id", .uint64(1))] }, status: 12,
            message:
                "parameter 'sequence_id': model 'digits' keeps no state; sequences are for versions that were imported with --state"
        ),
        Refusal(
            name: "reserved", request: request { $0.parameters = [("triton_x", .bool(true))] }, status: 12,
            message: "parameters that begin with 'triton_' are reserved"),
        Refusal(
            name: "negative timeout", request: request { $0.parameters = [("timeout", .int64(-1))] },
            message: "parameter 'timeout' is a number of microseconds, not below 0"),
        Refusal(
            name: "priority that is none", request: request { $0.parameters = [("priority", .string("1"))] },
            message: "parameter 'priority' is a whole number, not below 0"),
    ]

    @Test(arguments: refusals)
    func requestsThatDoNotFitAreRefused(_ refusal: Refusal) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            let reply = try client.call("ModelInfer", refusal.request.bytes)
            #expect(reply.status == refusal.status && reply.text.contains(refusal.message), "\(reply.headers)")
            #expect(reply.messages.isEmpty && reply.header("slipway-code") != nil)
            #expect(try client.call("ServerLive").status == 0, "the connection goes on")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    /// Bytes that are no message of the protocol.
    @Test(arguments: [
        ("a truncated integer", "0880"), ("an integer of eleven bytes", "08ffffffffffffffffffff01"),
        ("an integer of more than 64 bits", "08ffffffffffffffffff02"), ("a name as an integer", "0801"),
        ("a length past the end", "0a7f6d"), ("a length beyond 63 bits", "0affffffffffffffffff01"),
        ("a group", "0b0c"), ("nested groups", String(repeating: "0b", count: 10_000)), ("field 0", "000a016d"),
        ("an unknown encoding", "0f"), ("text that is not UTF-8", "0a02c328"), ("an input as an integer", "2801"),
        ("an input that ends early", "0a016d2a030a0578"), ("a shape as four bytes", "0a016d2a051d00000000"),
        ("a packed shape that ends early", "0a016d2a041a02ff80"), ("raw contents as an integer", "3801"),
        ("four bytes that are two", "0d0000"), ("contents twice", "0a016d2a042a002a00"),
        ("a parameter that is no message", "22020801"),
        ("65 dimensions", "0a016d2a431a41" + String(repeating: "01", count: 65)),
    ])
    func malformedMessagesAreRefused(_ name: String, _ hex: String) async throws {
        try await TestPlane.run([.of(.doubler(), name: "m")]) { server in
            let client = try FrameClient(port: server.port)
            let reply = try client.call("ModelInfer", Hex.bytes(hex))
            #expect(reply.status == 3, "\(name): \(reply.headers)")
            #expect(try client.call("ServerLive").status == 0)
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func unknownFieldsAreSkippedWhateverTheirSize() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            var writer = ProtoWriter()
            writer.element(100, String(repeating: "x", count: 10_000_000))
            writer.tag(101, .fixed64)
            writer.bytes += Array(repeating: 0, count: 8)
            writer.bytes += TestRequest.rows([1, 2, 3, 4]).bytes
            let reply = try FrameClient(port: server.port).call("ModelInfer", writer.bytes)
            #expect(reply.status == 0, "\(reply.headers)")
        }
    }

    @Test(arguments: [
        ("0n", 4), ("0H", 4), ("1u", 4), ("-1S", 3), ("abc", 3), ("S", 3), ("", 3), ("1", 3), ("999999999S", 3),
        ("1.5S", 3), ("1s", 3), (" 1S", 3), ("99999999H", 0), ("10S", 0), ("5000m", 0),
    ])
    func deadlinesAreUnderstood(_ timeout: String, _ status: Int) async throws {
        try await TestPlane.run([.of(.doubler(), calibration: .long)]) { server in
            let client = try FrameClient(port: server.port)
            let reply = try client.call(
                "ModelInfer", TestRequest.rows([1, 2, 3, 4]).bytes, [("grpc-timeout", timeout)])
            // A microsecond may be over before or after the run has begun, never later than that.
            #expect(reply.status == status || (timeout == "1u" && reply.status == 0), "\(reply.headers)")
        }
    }

    @Test func aDeadlineThatPassesInTheQueueIsAnsweredAndNothingRuns() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) {
            $0.runThreads = 1
        } _: { server in
            let client = try FrameClient(port: server.port)
            let first = try client.open("/\(GRPCMethod.service)/ModelInfer")
            try client.message(first, TestRequest.rows([1, 2, 3, 4]).bytes, isLast: true)
            gate.waitUntilEntered(1)
            let late = try client.call("ModelInfer", TestRequest.rows([1, 2, 3, 4]).bytes, [("grpc-timeout", "30m")])
            #expect(late.status == 4 && late.header("slipway-code") == "deadline_exceeded", "\(late.headers)")
            gate.open()
            #expect(try client.reply(first).status == 0)
            #expect(gate.count == 1)
        }
    }

    @Test func aResetCallLeavesTheQueue() async throws {
        let gate = Gate()
        try await TestPlane.run([.of(.gated(gate, factor: 2), calibration: .long)]) {
            $0.runThreads = 1
        } _: { server in
            let client = try FrameClient(port: server.port)
            let first = try client.open("/\(GRPCMethod.service)/ModelInfer")
            try client.message(first, TestRequest.rows([1, 2, 3, 4]).bytes, isLast: true)
            gate.waitUntilEntered(1)
            let second = try client.open("/\(GRPCMethod.service)/ModelInfer")
            try client.message(second, TestRequest.rows([5, 6, 7, 8]).bytes, isLast: true)
            try server.wait { server.plane.queuedRuns == 1 }
            try client.send(
                FrameClient.Frame(
                    kind: FrameClient.Frame.Kind.reset, stream: second, payload: FrameClient.integer(8)))
            try server.wait { server.plane.queuedRuns == 0 }
            gate.open()
            #expect(try client.reply(first).status == 0)
            #expect(gate.count == 1)
        }
    }

    struct Framing: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var status: Int
        var metadata: [[String]] = []
        var testDescription: String { name }
    }

    static let good = FrameClient.framed(TestRequest.rows([1, 2, 3, 4]).bytes)

    static let framings = [
        Framing(name: "a length of 4 GiB", bytes: [0, 255, 255, 255, 255] + Array(repeating: 0, count: 10), status: 8),
        Framing(name: "nothing", bytes: [], status: 3),
        Framing(name: "half a prefix", bytes: [0, 0, 0], status: 3),
        Framing(name: "a message that ends early", bytes: Array(good.dropLast()), status: 3),
        Framing(name: "two messages", bytes: good + good, status: 3),
        Framing(name: "bytes after the message", bytes: good + [0], status: 3),
        Framing(name: "an unknown flag", bytes: [2] + good.dropFirst(), status: 3),
        Framing(name: "packed, nobody says how", bytes: [1] + good.dropFirst(), status: 12),
        Framing(
            name: "packed, but not so", bytes: [1] + good.dropFirst(), status: 3, metadata: [["grpc-encoding", "gzip"]]),
        Framing(name: "packed in an unknown way", bytes: good, status: 12, metadata: [["grpc-encoding", "br"]]),
        Framing(name: "packed and empty", bytes: [1, 0, 0, 0, 0], status: 5, metadata: [["grpc-encoding", "gzip"]]),
        Framing(name: "well", bytes: good, status: 0, metadata: [["grpc-encoding", "gzip"]]),
    ]

    @Test(arguments: framings)
    func framingThatLiesIsRefused(_ framing: Framing) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open("/\(GRPCMethod.service)/ModelInfer", framing.metadata.map { ($0[0], $0[1]) })
            try client.data(stream, framing.bytes, isLast: true)
            let reply = try client.reply(stream)
            #expect(reply.status == framing.status, "\(reply.headers)")
            if framing.status == 12 { #expect(reply.header("grpc-accept-encoding") == "identity,deflate,gzip") }
            try server.wait { server.plane.bytesInUse == 0 }
            #expect(try client.call("ServerLive").status == 0)
        }
    }

    @Test(arguments: [(PackedFormat.gzip, "gzip"), (.zlib, "deflate")])
    func packedMessagesAreAnsweredPacked(_ format: PackedFormat, _ name: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            let request = TestRequest.rows(Array(repeating: 1.5, count: 4000)).bytes
            let packed = try request.withUnsafeBytes { bytes throws(TensorError) in try Packer.pack(bytes, as: format) }
            #expect(packed.count < request.count / 10)
            for accepted in [name, "identity"] {
                let stream = try client.open(
                    "/\(GRPCMethod.service)/ModelInfer", [("grpc-encoding", name), ("grpc-accept-encoding", accepted)])
                try client.data(stream, FrameClient.framed(packed, isPacked: true), isLast: true)
                let reply = try client.reply(stream)
                #expect(reply.status == 0 && reply.packed == [accepted == name], "\(reply.headers)")
                #expect(reply.header("grpc-encoding") == (accepted == name ? name : nil))
                var message = try #require(reply.messages.first)
                if accepted == name { message = try unpack(message, format) }
                #expect(try TestAnswer(message).floats == Array(repeating: 3, count: 4000))
            }
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    private func unpack(_ packed: [UInt8], _ format: PackedFormat) throws -> [UInt8] {
        var result = [UInt8](repeating: 0, count: 1 << 20)
        let (_, count) = try result.withUnsafeMutableBytes { output in
            try packed.withUnsafeBytes { try Unpacker(format).unpack($0, into: output) }
        }
        return Array(result[..<count])
    }

    @Test func aBombIsRefusedBeforeItGoesOff() async throws {
        try await TestPlane.run([.of(.doubler())]) {
            $0.limits.bodyBytes = 1 << 20
        } _: { server in
            let zeros = [UInt8](repeating: 0, count: 64 << 20)
            let packed = try zeros.withUnsafeBytes { bytes throws(TensorError) in try Packer.pack(bytes, as: .gzip) }
            let client = try FrameClient(port: server.port)
            let stream = try client.open("/\(GRPCMethod.service)/ModelInfer", [("grpc-encoding", "gzip")])
            try client.data(stream, FrameClient.framed(packed, isPacked: true), isLast: true)
            let reply = try client.reply(stream)
            #expect(reply.status == 8 && reply.text.contains("more than 1048576 bytes"), "\(reply.headers)")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func largeMessagesAreRefusedBeforeTheyAreSent() async throws {
        try await TestPlane.run([.of(.doubler())]) {
            $0.limits.bodyBytes = 1 << 20
        } _: { server in
            let client = try FrameClient(port: server.port)
            let stream = try client.open("/\(GRPCMethod.service)/ModelInfer")
            try client.data(stream, [0, 0, 16, 0, 1])
            let reply = try client.reply(stream)
            #expect(reply.status == 8 && reply.header("slipway-code") == "body_too_large", "\(reply.headers)")
            #expect(try client.call("ServerLive").status == 0)
        }
    }

    @Test func memoryThatIsUsedUpIsSaidSo() async throws {
        try await TestPlane.run([.of(.doubler())]) {
            $0.memoryBudget = 1 << 20
        } _: { server in
            let client = try FrameClient(port: server.port)
            let reply = try client.call("ModelInfer", TestRequest.rows(Array(repeating: 1, count: 1 << 20)).bytes)
            #expect(reply.status == 14 && reply.header("slipway-code") == "out_of_memory", "\(reply.headers)")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func theEnginesWordsStayHere() async throws {
        try await TestPlane.run([.of(.failing())]) { server in
            let reply = try FrameClient(port: server.port).call("ModelInfer", TestRequest.rows([1, 2, 3, 4]).bytes)
            #expect(reply.status == 13 && !reply.text.contains("gather.cc"), "\(reply.headers)")
            try server.wait { server.log.all.contains { $0.contains("gather.cc") } }
            try server.wait { server.metric("slipway_requests_total", "code=\"500\"") == 1 }
        }
    }

    /// Row 31: metadata that is none is not looked at, and too much of it ends the connection.
    @Test(arguments: [
        ([("x-data-bin", "!!!not base64!!!")], true), ([("x-data-bin", "")], true), ([("grpc-timeout-bin", "=")], true),
        (Array(repeating: ("x-more", "y"), count: 100), true), (Array(repeating: ("x-more", "y"), count: 5000), false),
        ([("x-more", String(repeating: "y", count: 12_000))], true), ([("te", "x")], false),
    ])
    func metadataThatIsNoneIsNotLookedAt(_ metadata: [(String, String)], _ isTaken: Bool) async throws {
        try await TestPlane.run([.of(.doubler())]) { configuration in
            configuration.limits.lingerTimeout = 200_000_000
        } _: { server in
            let client = try FrameClient(port: server.port)
            let reply = try? client.call("ModelInfer", TestRequest.rows([1, 2, 3, 4]).bytes, metadata)
            #expect((reply?.status == 0) == isTaken, "\(metadata.count): \(String(describing: reply?.headers))")
            #expect(try FrameClient(port: server.port).call("ServerLive").status == 0, "the server goes on")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    /// Row 90 of the attack list: a load that names a file, an address or brings a model along loads nothing.
    @Test(arguments: [
        "file:///etc/passwd", "FILE:////etc/passwd", "file%3A///etc/passwd", "http://127.0.0.1:1/x", "../../etc/passwd",
    ])
    func aLoadThatNamesAFileOrAnAddressIsRefused(_ reference: String) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try FrameClient(port: server.port)
            for (name, value) in [("config", 3), ("file:1/model.onnx", 4), ("model_path", 3)] {
                var message = ProtoWriter()
                message.element(1, reference)
                message.element(2, name == "model_path" ? reference : "digits")
                message.message(3) {
                    $0.element(1, name)
                    $0.message(2) { $0.element(value, reference) }
                }
                for method in ["RepositoryModelLoad", "RepositoryModelUnload"] {
                    let reply = try client.call(method, message.bytes)
                    #expect(reply.status == 12 && !reply.text.contains("etc"), "\(reply.headers)")
                }
            }
            #expect(try client.call("ModelInfer", TestRequest.rows([1, 2, 3, 4]).bytes).status == 0)
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test(arguments: [
        ("RepositoryModelLoad", 12), ("SystemSharedMemoryRegister", 12), ("TraceSetting", 12), ("Nothing", 12),
        ("/nothing.Service/Call", 12), ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", 12),
        ("/", 12), ("", 12),
    ])
    func whatIsNotOfferedIsSaidSo(_ method: String, _ status: Int) async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let reply = try FrameClient(port: server.port).call(method)
            #expect(reply.status == status && !reply.text.isEmpty, "\(reply.headers)")
        }
    }
}
