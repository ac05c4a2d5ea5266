import Testing

@testable import Tensors

/// Damaged files give an error or an array, never a trap.
@Suite struct DamagedFileTests {
    @Test(arguments: Fixture.names(".npy") + Fixture.names(".npz")) func truncationIsAnError(_ name: String) throws {
        let bytes = try Fixture.bytes(name)
        for count in 0..<bytes.count {
            #expect(throws: TensorError.self, "\(count) bytes of \(name)") {
                try read(Array(bytes.prefix(count)), name)
            }
        }
    }

    @Test(arguments: Fixture.names(".npy") + Fixture.names(".npz")) func flippedBitsNeverTrap(_ name: String) throws {
        let bytes = try Fixture.bytes(name)
        var accepted: [Tensor] = []
        for index in bytes.indices {
            for mask in [UInt8(1) << UInt8(index % 8), 0xFF] {
                var damaged = bytes
                damaged[index] ^= mask
                accepted += (try? read(damaged, name)) ?? []
            }
        }
        let isSound = try accepted.allSatisfy { tensor in
            let needed = try tensor.strings?.bytes.count ?? tensor.shape.byteCount(of: tensor.elementType)
            return tensor.byteCount == needed && (tensor.strings?.count ?? 0) <= tensor.shape.elementCount
        }
        #expect(isSound)
    }

    private func read(_ bytes: [UInt8], _ name: String) throws(TensorError) -> [Tensor] {
        let limits = ArrayLimits(bytes: 1 << 20)
        return name.hasSuffix(".npz")
            ? try NPZ.read(bytes, limits: limits).map(\.tensor) : [try NPY.read(bytes, limits: limits)]
    }
}
