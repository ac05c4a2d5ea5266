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
        var accepted = 0
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                do throws(TensorError) {
                    for tensor in try read(damaged, name) where tensor.strings == nil {
                        #expect(tensor.byteCount == (try tensor.shape.byteCount(of: tensor.elementType)))
                    }
                    accepted += 1
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
        }
        #expect(accepted < bytes.count * 8)
    }

    private func read(_ bytes: [UInt8], _ name: String) throws(TensorError) -> [Tensor] {
        let limits = ArrayLimits(bytes: 1 << 20)
        return name.hasSuffix(".npz")
            ? try NPZ.read(bytes, limits: limits).map(\.tensor) : [try NPY.read(bytes, limits: limits)]
    }
}
