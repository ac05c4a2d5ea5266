import Foundation
import ModelGraph
import Tensors
import Testing

@testable import Pickle

/// Files as PyTorch, NumPy and joblib write them, and the attacks that hide in them. `Fixtures/generate.py` makes them;
/// the armed ones touch `/tmp/slipway-canary` when Python loads them.
@Suite struct PickleFileTests {
    static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/\(name)").path
    }

    static func bytes(_ name: String) throws -> PickleBytes {
        PickleBytes(copying: [UInt8](try Data(contentsOf: URL(filePath: path(name)))))
    }

    @Test(arguments: (0...5).map { "canary-\($0).pkl" } + ["canary.npy", "canary.npz", "canary.pt"])
    func aCanaryIsFoundAndNeverFires(_ name: String) throws {
        let scan = PickleScan(try PickleFile(try Self.bytes(name)))
        #expect(scan.outcome == .dangerous)
        #expect(scan.findings.first?.use.fullName == "posix.system")
        #expect(scan.findings.first?.use.isCalled == true)
        #expect(!FileManager.default.fileExists(atPath: "/tmp/slipway-canary"))
    }

    /// Another name, junk in front, and packings around it do not hide it.
    @Test func aCanaryInsideOfPackingsIsFound() throws {
        let armed = try Self.bytes("canary-4.pkl").array
        for format in [PackedFormat.zlib, .gzip] {
            let once = try armed.withUnsafeBytes { try Packer.pack($0, as: format) }
            let twice = try once.withUnsafeBytes { try Packer.pack($0, as: .gzip) }
            for packed in [once, twice] {
                #expect(PickleScan(try PickleFile(PickleBytes(copying: packed))).outcome == .dangerous)
            }
        }
    }

    @Test func packingsWithinPackingsEnd() throws {
        var packed = try Self.bytes("canary-4.pkl").array
        for _ in 0..<6 { packed = try packed.withUnsafeBytes { try Packer.pack($0, as: .gzip) } }
        #expect(throws: PickleError.self) { try PickleFile(PickleBytes(copying: packed)) }
    }

    @Test func aBombIsRefusedUnread() throws {
        let zeros = [UInt8](repeating: 0, count: 1 << 20)
        let packed = try zeros.withUnsafeBytes { try Packer.pack($0, as: .gzip) }
        let error = #expect(throws: PickleError.self) { try PickleFile(PickleBytes(copying: packed)) }
        #expect(error?.message.contains("no pickle") == true)
        // One that begins as a pickle does.
        var limits = PickleLimits()
        limits.unpackedBytes = 100_000
        let dressed = [0x80, 4] + zeros
        let armed = try dressed.withUnsafeBytes { try Packer.pack($0, as: .zlib) }
        let second = #expect(throws: PickleError.self) { try PickleFile(PickleBytes(copying: armed), limits: limits) }
        #expect(second?.code == .tooLarge)
    }

    /// What `pickle.load` would take for instructions among the elements of joblib's arrays is looked at too.
    @Test func nothingHidesAmongTheElementsOfAnArray() throws {
        let wrapper = Array("cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\u{81}".unicodeScalars.map { UInt8($0.value) })
        let state = Array(
            "}(S'shape'\n(I19\ntS'order'\nS'C'\nS'dtype'\ncnumpy\ndtype\n(S'u1'\nI00\nI01\ntRub".utf8)
        let hidden = Array("cos\nsystem\n(S'true'\ntR.".utf8)
        let elements = Array(hidden.prefix(19)) + Array(hidden.dropFirst(19))
        let stream = PickleStream(PickleBytes(copying: wrapper + state + elements))
        #expect(stream.globals.contains { $0.fullName == "os.system" })
    }

    @Test(arguments: ["state.pt", "legacy.pt"])
    func tensorsOfPyTorchAreListedWithTheirViews(_ name: String) throws {
        let listing = try TensorListing(try Self.bytes(name))
        let entries = Dictionary(uniqueKeysWithValues: listing.entries.map { ($0.name, $0) })
        #expect(entries.count == 9)
        #expect(entries["layer.weight"]?.shape == [3, 4] && entries["layer.weight"]?.strides == nil)
        #expect(entries["layer.turned"]?.shape == [4, 3] && entries["layer.turned"]?.strides == [1, 4])
        #expect(
            entries["layer.part"]?.strides == [4, 1] && entries["layer.part"]?.place.hasSuffix("element 5") == true)
        #expect(entries["layer.part"]?.storage == entries["layer.weight"]?.storage)
        #expect(entries["half"]?.type == "BF16" && entries["half"]?.byteCount == 8)
        #expect(entries["count"]?.shape == [] && entries["empty"]?.byteCount == 0)
    }

    @Test func aModuleIsNamedAsWhatItIs() throws {
        let scan = PickleScan(try PickleFile(try Self.bytes("module.pt")))
        #expect(scan.outcome == .unknown)
        #expect(scan.findings.first?.use.fullName == "torch.nn.modules.container.Sequential")
    }

    /// Row 73 of the attack list: what two readers of zip files would read differently is refused.
    @Test(arguments: [
        ("another size in the local header", 22, 9), ("another name in the local header", 31, 1),
        ("another method in the local header", 8, 8), ("another checksum in the local header", 14, 1),
    ])
    func zipFilesThatContradictThemselvesAreRefused(_ what: String, _ offset: Int, _ change: UInt8) throws {
        var bytes = try Self.bytes("canary.npz").array
        bytes[offset] ^= change
        #expect(throws: PickleError.self, "\(what)") { try PickleFile(PickleBytes(copying: bytes)) }
    }

    @Test func bytesBeforeOrAfterAZipFileAreRefused() throws {
        let bytes = try Self.bytes("canary.npz").array
        #expect(throws: PickleError.self) { try PickleFile(PickleBytes(copying: bytes + [1, 2, 3])) }
        let inner = Array("PK\u{3}\u{4}".utf8) + bytes
        #expect(throws: PickleError.self) { try PickleFile(PickleBytes(copying: inner)) }
    }

    @Test(arguments: [
        ("BZh91AY", "bz2"), ("\u{04}\"M\u{18}", "lz4"), ("7z", ""), ("Rar!", "rar"), ("GGUF", "GGUF"),
    ])
    func otherPackingsAreNamed(_ beginning: String, _ name: String) throws {
        let bytes = beginning.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } + [0, 0, 0, 0]
        guard !name.isEmpty else { return }
        let error = #expect(throws: PickleError.self) { try PickleFile(PickleBytes(copying: bytes)) }
        #expect(error?.message.contains(name) == true && error?.help != nil)
    }

    /// Every byte of every fixture changed, one after another: an error or a file, never a trap.
    @Test func damageIsNeverATrap() throws {
        for name in ["canary-0.pkl", "canary-4.pkl", "canary.npy", "canary.npz", "weights.safetensors", "legacy.pt"] {
            let bytes = try Self.bytes(name).array
            for place in bytes.indices {
                for change in [0xFF] as [UInt8] {
                    var damaged = bytes
                    damaged[place] ^= change
                    _ = try? TensorListing(PickleBytes(copying: damaged))
                    _ = (try? PickleFile(PickleBytes(copying: damaged))).map(PickleScan.init)
                }
            }
        }
    }
}
