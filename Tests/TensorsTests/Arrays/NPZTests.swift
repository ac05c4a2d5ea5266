import Testing

@testable import Tensors

@Suite struct NPZTests {
    @Test(arguments: ["stored.npz", "compressed.npz"]) func filesOfNumPyAreRead(_ name: String) throws {
        let arrays = try NPZ.read(path: Fixture.path(name))
        let byName = Dictionary(uniqueKeysWithValues: arrays.map { ($0.name, $0.tensor) })
        #expect(try byName["x"]?.doubles() == [0, 1, 2, 3, 4, 5])
        #expect(byName["labels"]?.values(as: Int64.self) == [1, 0])
        #expect(byName["größe"]?.strings?.decoded == ["a", "bc"])
        #expect(try NPZ.read(try Fixture.bytes(name)).map(\.name) == arrays.map(\.name))
    }

    @Test func sizesBehindTheDataAreAccepted() throws {
        #expect(try NPZ.read(path: Fixture.path("streamed.npz")).first?.tensor.doubles() == [0, 1, 2, 3, 4, 5])
        #expect(try NPZ.read(path: Fixture.path("empty.npz")).isEmpty)
    }

    @Test(arguments: [
        ("refused_parent.npz", TensorError.Code.malformedFile), ("refused_text.npz", .malformedFile),
        ("refused_bzip2.npz", .unsupportedType), ("little_f4.npy", .malformedFile),
    ])
    func otherFilesAreRefused(_ name: String, _ code: TensorError.Code) {
        let error = #expect(throws: TensorError.self) { try NPZ.read(path: Fixture.path(name)) }
        #expect(error?.code == code)
    }

    @Test(arguments: ["/x", "..", "a/../b", "a\\b", "", "a//b", "./a", "a\nb"]) func unsafeNamesAreRefused(
        _ name: String
    ) throws {
        let tensor = try Tensor(.float32, try Shape([1]), values: [Float(1)])
        #expect(throws: TensorError.self) { try NPZ.encode([(name == ".." ? "../x" : name, tensor)]) }
        if !name.isEmpty, name != ".." {
            #expect(throws: TensorError.self) { try ZipName.validated(Array(name.utf8)[...]) }
        }
    }

    @Test func limitsAreKept() throws {
        for limits in [ArrayLimits(bytes: 1000), ArrayLimits(arrays: 2), ArrayLimits(expansion: 3)] {
            let error = #expect(throws: TensorError.self) {
                try NPZ.read(path: Fixture.path("compressed.npz"), limits: limits)
            }
            #expect(error?.code == .tooLarge)
        }
    }

    @Test(arguments: [false, true]) func writtenFilesReadBackAndAreTheSameEachTime(compressed: Bool) throws {
        let scratch = try ScratchDirectory()
        let arrays: [(name: String, tensor: Tensor)] = [
            ("x", try Tensor(.float32, try Shape([200, 50]), values: (0..<10_000).map { Float($0 % 7) })),
            ("names/ä", try Tensor(try Shape([2]), strings: StringElements(["eins", "zwei"]))),
            ("empty", try Tensor(zeros: .int64, try Shape([0]))),
        ]
        let path = "\(scratch.path)/a.npz"
        try NPZ.write(arrays, to: path, compressed: compressed)
        let file = try InputFile(path: path)
        let bytes = try file.bytes(at: 0, count: file.count)
        #expect(bytes == (try NPZ.encode(arrays, compressed: compressed)))
        #expect(compressed == (bytes.count < 10_000))
        let copy = try NPZ.read(path: path)
        #expect(copy.map(\.name) == arrays.map(\.name))
        for (one, other) in zip(copy, arrays) {
            #expect(one.tensor.shape == other.tensor.shape)
            #expect(one.tensor.bytes.elementsEqual(other.tensor.bytes))
            #expect(one.tensor.strings == other.tensor.strings)
        }
        #expect(throws: TensorError.self) { try NPZ.encode([arrays[0], arrays[0]]) }
    }

    @Test func zerosPackedAsFarAsDeflateGoesAreStillRead() throws {
        let zeros = try Tensor(zeros: .uint8, try Shape([4_000_000]))
        let bytes = try NPZ.encode([("zeros", zeros)], compressed: true)
        #expect(bytes.count < 8000)
        #expect(try NPZ.read(bytes)[0].tensor.byteCount == 4_000_000)
    }

    @Test func everyDamagedByteOfTheDataIsNoticed() throws {
        let tensor = try Tensor(.float32, try Shape([6]), values: [Float](repeating: 1, count: 6))
        let bytes = try NPZ.encode([("x", tensor)])
        let data = 35..<(35 + 128 + 24)
        for index in data {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(throws: TensorError.self) { try NPZ.read(damaged) }
        }
    }

    @Test func manyEntriesNeedTheWideEndRecord() throws {
        var zip = ZipWriter()
        var bytes: [UInt8] = []
        for index in 0..<65_536 {
            let entry = ZipEntry(
                name: String(index), method: .stored, crc: 0, packedCount: 0, unpackedCount: 0, headerOffset: 0)
            bytes += zip.begin(entry)
        }
        bytes += zip.end()
        let directory = try ZipDirectory(MemorySource(bytes), limits: ArrayLimits(arrays: 100_000))
        #expect(directory.entries.count == 65_536)
        #expect(directory.entries.last?.name == "65535")
        let error = #expect(throws: TensorError.self) { try NPZ.read(bytes) }
        #expect(error?.code == .tooLarge)
    }
}
