import Engines
import Glibc
import Tensors
import Testing

@testable import Serve

/// Answers that are too large, and runs that would be: row 46 of the attack list.
@Suite(.timeLimit(.minutes(1))) struct LimitedReplyTests {
    private static let path = "/v2/models/digits/infer"
    private static let request = #"{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"#

    /// Memory of which nothing is written, and so none is taken.
    private final class Promise: Sendable {
        private let address: UInt
        private let count: Int

        init(_ count: Int) {
            self.count = count
            let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
            address = UInt(bitPattern: mmap(nil, count, PROT_READ | PROT_WRITE, flags, -1, 0))
        }

        deinit { munmap(UnsafeMutableRawPointer(bitPattern: address), count) }

        func tensor(_ type: ElementType, _ elements: Int) throws(TensorError) -> Tensor {
            guard let base = UnsafeMutableRawPointer(bitPattern: address) else {
                throw TensorError(.tooLarge, "no memory")
            }
            return try Tensor(
                type, Shape([elements]), buffer: TensorBuffer(borrowing: base, capacity: count, owner: self))
        }
    }

    private static func promising(_ type: ElementType, _ elements: Int) -> ScriptedSession {
        let signature = Signature(
            inputs: [TensorSpec(name: "x", elementType: .float32, dimensions: [.symbol("N"), .fixed(4)])],
            outputs: [TensorSpec(name: "y", elementType: type, dimensions: [.unknown])])
        return ScriptedSession(signature) { _ throws(EngineError) in
            do {
                return [try Promise(elements * 8).tensor(type, elements)]
            } catch {
                throw EngineError(.runFailed, .onnxRuntime, "\(error)")
            }
        }
    }

    @Test(arguments: [ElementType.bool, .int64, .float32, .float64])
    func aReplyThatIsTooLargeIsRefusedBeforeItIsWritten(_ type: ElementType) async throws {
        // As text, even one character and a comma each would be a gigabyte.
        try await TestPlane.run([.of(Self.promising(type, 1 << 29))]) { server in
            let client = try server.client()
            let reply = try client.post(Self.path, Self.request)
            #expect(reply.status == 507 && reply.code == "reply_too_large", "\(reply.text)")
            #expect(try client.request("GET", "/v2/health/live").status == 200)
        }
    }

    @Test func aReplyWithinTheLimitIsWritten() async throws {
        try await TestPlane.run([.of(Self.promising(.bool, 1000))]) { server in
            let reply = try server.client().post(Self.path, Self.request)
            #expect(reply.status == 200 && reply.text.contains("[false,false,"), "\(reply.text.prefix(200))")
        }
    }

    @Test(arguments: [Calibration.instant, .long])
    func aRunThatWasRefusedMemoryIsTooLargeAndNoFault(_ calibration: Calibration) async throws {
        let session = ScriptedSession(ScriptedSession.rows("x", "y", .float32, width: 4)) { _ throws(EngineError) in
            throw EngineError(.outOfMemory, .onnxRuntime, "bfc_arena.cc:360 failed to allocate 8 GB", nativeCode: 1)
        }
        try await TestPlane.run([.of(session, calibration: calibration)]) { server in
            let client = try server.client()
            let reply = try client.post(Self.path, Self.request)
            #expect(reply.status == 507 && reply.code == "run_too_large", "\(reply.text)")
            #expect(!reply.text.contains("bfc_arena"))
            #expect(server.log.all.contains { $0.contains("bfc_arena") })
        }
    }
}
