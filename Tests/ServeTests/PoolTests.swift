import NIOCore
import Synchronization
import Tensors
import Testing

@testable import Serve

@Suite struct Pooling {
    @Test(arguments: [0, 1, 4096, 4097, 65_536, 65_537, 262_144, 262_145, 5_000_000, 64 << 20])
    func memoryIsAlignedAndLargeEnough(_ count: Int) throws {
        let pool = BufferPool(budget: 1 << 30)
        let buffer = try #require(pool.buffer(count))
        #expect(buffer.capacity >= count)
        #expect(UInt(bitPattern: buffer.base) % UInt(TensorBuffer.alignment) == 0)
        buffer.base.initializeMemory(as: UInt8.self, repeating: 7, count: count)
        #expect(pool.bytesInUse >= count)
    }

    @Test func whatIsReleasedIsUsedAgain() throws {
        let pool = BufferPool(budget: 1 << 30)
        for count in [100, 10_000, 1_000_000] {
            let first = try #require(pool.lease(count)?.base)
            #expect(pool.lease(count)?.base == first)
        }
        #expect(pool.bytesInUse == 0)
    }

    @Test func aPromiseCostsNothingUntilBytesCome() throws {
        let pool = BufferPool(budget: 1 << 20)
        let leases = (0..<100).compactMap { _ in pool.lease(64 << 20) }
        #expect(leases.count == 100 && pool.bytesInUse == 0)
        #expect(leases[0].charge(upTo: 1) && pool.bytesInUse == BufferPool.step)
        #expect(leases[0].charge(upTo: BufferPool.step) && pool.bytesInUse == BufferPool.step)
        #expect(!leases[0].charge(upTo: 2 << 20) && pool.bytesInUse == BufferPool.step)
        #expect(leases[0].charge(upTo: 1 << 20))
        #expect(!leases[1].charge(upTo: 1), "the budget is exhausted")
        #expect(pool.buffer(1) == nil)
    }

    @Test func freeMemoryIsBounded() throws {
        let pool = BufferPool(budget: 1 << 30, retained: 1 << 20)
        for _ in 0..<3 {
            let buffers = (0..<40).compactMap { _ in pool.buffer(1 << 18) }
            #expect(buffers.count == 40)
        }
        #expect(pool.bytesInUse == 0 && pool.bytesRetained <= 1 << 20 && pool.bytesRetained > 0)
    }

    @Test func whatNoBudgetHoldsIsRefused() {
        let pool = BufferPool(budget: 1 << 20)
        #expect(pool.lease(Int.max) == nil)
        #expect(pool.lease(1 << 31) == nil)
        #expect(pool.buffer(2 << 20) == nil && pool.bytesInUse == 0)
    }

    @Test(.timeLimit(.minutes(1))) func anExhaustedBudgetIsAnswered503AndRecovers() async throws {
        try await TestPlane.run([.of(.identity(.float32))], configure: { $0.memoryBudget = 4 << 20 }) { server in
            let client = try server.client()
            for (count, status) in [(100_000, 200), (2_000_000, 503), (100_000, 200)] {
                let json =
                    #"{"inputs":[{"name":"x","shape":[\#(count)],"datatype":"FP32","parameters":{"binary_data_size":\#(count * 4)}}],"parameters":{"binary_data_output":true}}"#
                let reply = try BinaryInference.post(
                    try server.client(), json, [UInt8](repeating: 0, count: count * 4))
                #expect(reply.status == status)
                if status == 503 { #expect(reply.code == "out_of_memory" && reply.header("retry-after") == "1") }
            }
            #expect(try client.request("GET", "/v2").status == 200)
            // A reply leaves a moment before its request's memory is given back.
            while server.plane.bytesInUse > 0 {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    /// Many clients that promise much and send little.
    @Test func promisesOfManyClientsTakeLittleMemory() async throws {
        try await TestPlane.run([.of(.identity(.float32))]) { server in
            let json =
                #"{"inputs":[{"name":"x","shape":[15000000],"datatype":"FP32","parameters":{"binary_data_size":60000000}}]}"#
            let clients = try (0..<50).map { _ in try server.client() }
            for client in clients {
                try client.send(
                    HTTPConformance.infer
                        + "Inference-Header-Content-Length: \(json.utf8.count)\r\nContent-Length: \(json.utf8.count + 60_000_000)\r\n\r\n"
                        + json + "xxxx")
            }
            try server.wait { server.plane.requestsInFlight >= 50 }
            #expect(try server.client().request("GET", "/v2").status == 200)
            #expect(server.plane.bytesInUse <= 50 * BufferPool.step)
        }
    }
}

@Suite struct Bodies {
    @Test(arguments: [1, 5, 4096, 70_000, 300_000])
    func piecesAreJoinedInOrder(_ piece: Int) throws {
        let pool = BufferPool(budget: 1 << 30)
        let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        for expected in [nil, bytes.count] {
            for isAligned in [false, true] {
                var body = BodyBytes(pool: pool, expected: expected, isAligned: isAligned)
                let limit = piece < 100 ? 20_000 : bytes.count
                for start in stride(from: 0, to: limit, by: piece) {
                    try body.append(ByteBuffer(bytes: bytes[start..<min(start + piece, limit)]))
                }
                #expect(body.withBytes { $0.elementsEqual(bytes[..<limit]) })
            }
        }
        #expect(pool.bytesInUse == 0)
    }
}
