import Glibc
import Tensors
import Testing

@testable import Serve

/// Tensors in shared memory, where clients may use it; protocols.md 2.6.
@Suite struct SharedMemories {
    /// A segment of this test's own.
    final class TestSegment: Sendable {
        let key: String
        private let descriptor: Int32

        init(_ values: [Float], bytes count: Int, prefix: String = "slipway_test_") {
            key = "/\(prefix)\(UInt64.random(in: 0...UInt64.max))"
            descriptor = shm_open(key, O_CREAT | O_EXCL | O_RDWR, 0o600)
            resize(count)
            _ = values.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        }

        func resize(_ count: Int) { ftruncate(descriptor, count) }

        func floats(_ count: Int, at offset: Int) -> [Float] {
            var values = [Float](repeating: 0, count: count)
            let read = values.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, offset) }
            return read == count * 4 ? values : []
        }

        deinit {
            shm_unlink(key)
            close(descriptor)
        }
    }

    private static func run(_ body: @Sendable (TestPlane, RawClient) async throws -> Void) async throws {
        try await TestPlane.run(
            [.of(.doubler())], configure: { $0.sharedMemoryPrefixes = ["other_", "slipway_test_"] }
        ) { server in
            try await body(server, try server.client())
        }
    }

    private static func register(
        _ client: RawClient, _ name: String, _ segment: TestSegment, offset: Int = 0, bytes: Int
    ) throws -> RawClient.Reply {
        try client.post(
            "/v2/systemsharedmemory/region/\(name)/register",
            #"{"key":"\#(segment.key)","offset":\#(offset),"byte_size":\#(bytes)}"#)
    }

    private static func input(_ parameters: String) -> String {
        #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","parameters":{\#(parameters)}}]"#
    }

    private static let there = #""shared_memory_region":"in","shared_memory_byte_size":16"#

    @Test func tensorsGoInAndOutOfRegions() async throws {
        try await Self.run { server, client in
            let segment = TestSegment([0, 1, 2, 3, 4], bytes: 64)
            #expect(try Self.register(client, "in", segment, offset: 4, bytes: 16).status == 200)
            #expect(try Self.register(client, "out", segment, offset: 32, bytes: 32).status == 200)
            let status = try client.request("GET", "/v2/systemsharedmemory/status")
            #expect(
                status.json == [
                    ["name": "in", "key": .string(segment.key), "offset": 4, "byte_size": 16],
                    ["name": "out", "key": .string(segment.key), "offset": 32, "byte_size": 32],
                ])
            let body =
                Self.input(Self.there)
                + #","outputs":[{"name":"y","parameters":{"shared_memory_region":"out","shared_memory_offset":8,"#
                + #""shared_memory_byte_size":24}}]}"#
            let reply = try client.post(JSONInference.path, body)
            let output = try #require(reply.json?["outputs"]?.arrayValue?.first, "\(reply.text)")
            #expect(output["data"] == nil && output["shape"] == [1, 4])
            #expect(
                output["parameters"] == [
                    "shared_memory_region": "out", "shared_memory_offset": 8, "shared_memory_byte_size": 16,
                ])
            #expect(segment.floats(4, at: 40) == [2, 4, 6, 8])
            #expect(segment.floats(5, at: 0) == [0, 1, 2, 3, 4])

            var call = TestRequest()
            call.inputs[0].parameters = [
                ("shared_memory_region", .string("in")), ("shared_memory_byte_size", .int64(16)),
            ]
            #expect(try FrameClient(port: server.port).call("ModelInfer", call.bytes).answer().floats == [2, 4, 6, 8])
            call.outputs = ["y"]
            call.outputParameters = [
                ("shared_memory_region", .string("out")), ("shared_memory_byte_size", .int64(16)),
            ]
            let answer = try FrameClient(port: server.port).call("ModelInfer", call.bytes).answer()
            #expect(answer.raw == [[]] && answer.outputs.map(\.shape) == [[1, 4]])
            #expect(segment.floats(4, at: 32) == [2, 4, 6, 8])

            #expect(try client.request("POST", "/v2/systemsharedmemory/region/in/unregister", body: []).status == 200)
            #expect(try client.request("GET", "/v2/systemsharedmemory/region/in/status").status == 404)
            #expect(try client.request("POST", "/v2/systemsharedmemory/unregister", body: []).status == 200)
            #expect(try client.request("GET", "/v2/systemsharedmemory/status").text == "[]")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    /// A mapping would end the process here.
    @Test func aSegmentThatShrinksIsAnErrorAndNoMore() async throws {
        try await Self.run { _, client in
            let segment = TestSegment([1, 2, 3, 4], bytes: 8192)
            #expect(try Self.register(client, "in", segment, bytes: 16).status == 200)
            #expect(try Self.register(client, "out", segment, offset: 4096, bytes: 4096).status == 200)
            segment.resize(4096)
            let output =
                #","outputs":[{"name":"y","parameters":{"shared_memory_region":"out","shared_memory_byte_size":16}}]}"#
            let written = try client.post(JSONInference.path, Self.input(Self.there) + output)
            #expect(written.status == 400 && written.error?.contains("smaller") == true, "\(written.text)")
            segment.resize(8)
            let read = try client.post(JSONInference.path, Self.input(Self.there) + "}")
            #expect(read.status == 400 && read.error?.contains("smaller") == true, "\(read.text)")
            #expect(segment.floats(2, at: 0) == [1, 2])
            #expect(try client.request("GET", "/v2/health/live").status == 200)
        }
    }

    @Test func onlySegmentsWithThePrefixAreOpenedAndNoneIsNamedInErrors() async throws {
        try await Self.run { _, client in
            let other = TestSegment([1], bytes: 16, prefix: "secret_")
            for key in [
                other.key, "/slipway_test_absent", "/../etc/passwd", "/slipway_test_/../x", "", "/", "/dev/null",
            ] {
                let reply = try client.post(
                    "/v2/systemsharedmemory/region/r/register", #"{"key":"\#(key)","offset":0,"byte_size":4}"#)
                #expect(reply.status == 400, "\(key)")
                #expect(key.count < 2 || !reply.text.contains(key.dropFirst()), "\(reply.text)")
            }
            #expect(try client.request("GET", "/v2/systemsharedmemory/status").text == "[]")
        }
    }

    @Test(arguments: [(0, 65), (1, 64), (64, 1), (-1, 4), (0, 0), (0, -1), (Int.max, 1), (1, Int.max)])
    func regionsLieWithinTheirSegments(_ offset: Int, _ bytes: Int) async throws {
        try await Self.run { _, client in
            let segment = TestSegment([], bytes: 64)
            let beyond = try Self.register(client, "r", segment, offset: offset, bytes: bytes)
            #expect(beyond.status == 400)
            #expect(try Self.register(client, "r", segment, bytes: 64).status == 200)
            #expect(try Self.register(client, "r", segment, bytes: 64).status == 400, "the name is taken")
        }
    }

    @Test(arguments: [
        #""shared_memory_region":"in""#, #""shared_memory_byte_size":16"#,
        #""shared_memory_region":"in","shared_memory_byte_size":15"#,
        #""shared_memory_region":"in","shared_memory_byte_size":-16"#,
        #""shared_memory_region":"in","shared_memory_byte_size":16,"shared_memory_offset":49"#,
        #""shared_memory_region":"in","shared_memory_byte_size":16,"shared_memory_offset":9223372036854775807"#,
        #""shared_memory_region":"none","shared_memory_byte_size":16"#,
        #""shared_memory_region":"in","shared_memory_byte_size":16,"binary_data_size":16"#,
    ])
    func partsOfRegionsAreChecked(_ parameters: String) async throws {
        try await Self.run { server, client in
            let segment = TestSegment([1, 2, 3, 4], bytes: 64)
            #expect(try Self.register(client, "in", segment, bytes: 64).status == 200)
            let reply = try client.post(JSONInference.path, Self.input(parameters) + "}")
            #expect([400, 404].contains(reply.status), "\(reply.text)")
            try server.wait { server.plane.bytesInUse == 0 }
        }
    }

    @Test func thereIsNoCUDAMemory() async throws {
        try await Self.run { server, client in
            #expect(try client.request("GET", "/v2/cudasharedmemory/status").text == "[]")
            #expect(try client.request("POST", "/v2/cudasharedmemory/unregister", body: []).status == 200)
            #expect(try client.post("/v2/cudasharedmemory/region/r/register", "{}").status == 501)
            let calls = try FrameClient(port: server.port)
            #expect(try calls.call("CudaSharedMemoryStatus").messages == [[]])
            #expect(try calls.call("CudaSharedMemoryRegister").status == 12)
        }
    }

    @Test func nothingIsSharedUnlessAskedFor() async throws {
        try await TestPlane.run([.of(.doubler())]) { server in
            let client = try server.client()
            #expect(try client.request("GET", "/v2/systemsharedmemory/status").code == "not_offered")
            let reply = try client.post(JSONInference.path, Self.input(Self.there) + "}")
            #expect(reply.status == 501 && reply.error?.contains("--shared-memory-prefix") == true, "\(reply.text)")
        }
    }
}
