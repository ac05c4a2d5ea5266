import Pickle
import Tensors
import TestSupport
import Testing

@testable import Torch

/// Weights by name, out of what `torch.save` wrote, as safetensors.
@Suite struct StateDictionaryTests {
    private static func buffer(_ name: String) throws -> TensorBuffer {
        PickleBytes(copying: try TextFile.bytes(Slipway.root + "/Tests/PickleTests/Fixtures/" + name)).buffer
    }

    private static func written(_ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        _ = try StateDictionary(try buffer(name)).write {
            bytes += $0
            return true
        }
        return bytes
    }

    /// The new format and the older one hold the same weights, which are those that `show` lists.
    @Test(arguments: ["state.pt", "legacy.pt", "checkpoint.pt"])
    func everyTensorIsWrittenUnderItsName(_ file: String) throws {
        let listing = try TensorListing(PickleBytes(try Self.buffer(file)))
        let bytes = try Self.written(file)
        let again = try TensorListing(PickleBytes(copying: bytes))
        #expect(!again.entries.isEmpty)
        #expect(Set(again.entries.map(\.name)) == Set(listing.entries.map(\.name)))
        for entry in listing.entries {
            let found = again.entries.first { $0.name == entry.name }
            #expect(found?.shape == entry.shape && found?.type == entry.type && found?.byteCount == entry.byteCount)
        }
    }

    @Test func bothFormatsOfAFileHoldTheSameElements() throws {
        #expect(try Self.written("state.pt") == Self.written("legacy.pt"))
    }

    @Test(arguments: ["module.pt", "canary-0.pkl", "canary.npy"])
    func aFileWithoutWeightsByNameIsRefused(_ file: String) throws {
        let buffer = try Self.buffer(file)
        #expect(throws: TorchError.self) { try StateDictionary(buffer) }
    }

    /// Every cut and many changes of a byte: refused, or the weights lie within the file.
    @Test(arguments: ["state.pt", "legacy.pt"])
    func aDamagedFileIsRefusedOrWhole(_ file: String) throws {
        let bytes = try TextFile.bytes(Slipway.root + "/Tests/PickleTests/Fixtures/" + file)
        func tryOut(_ bytes: [UInt8]) {
            guard let dictionary = try? StateDictionary(PickleBytes(copying: bytes).buffer) else { return }
            _ = try? dictionary.write { _ in true }
        }
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 200)) { tryOut(Array(bytes[..<count])) }
        for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 600)) {
            for value: UInt8 in [0, 0x7f, 0xff] {
                var damaged = bytes
                damaged[place] = value
                tryOut(damaged)
            }
        }
    }
}
