import Tensors
import Testing

@testable import HDF5

/// Files that were made to do harm: an error or a file, never a trap, a hang, or memory without end.
@Suite struct AttackTests {
    static let files = ["types.h5", "chunks.h5", "attributes.h5", "groups.h5", "newer.h5", "refused.h5", "circle.h5"]

    @Test(arguments: files)
    func aFileCutAtEachSixtyFourthIsSurvived(_ name: String) throws {
        let bytes = try Fixture.bytes(name)
        for part in 0..<64 { try? Fixture.readAll(Array(bytes.prefix(bytes.count * part / 64))) }
    }

    @Test(arguments: files)
    func aThousandFlippedPlacesAreSurvived(_ name: String) throws {
        let bytes = try Fixture.bytes(name)
        var state: UInt64 = 7
        for _ in 0..<1000 {
            // A linear congruential generator (Knuth's MMIX): the same places on every machine.
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var damaged = bytes
            // Structure comes first in these files; most of the rest are numbers.
            let reach = state & 1 == 0 ? bytes.count : min(bytes.count, 4096)
            damaged[Int(state >> 33) % reach] ^= UInt8(truncatingIfNeeded: state >> 24) | 1
            try? Fixture.readAll(damaged)
        }
    }

    /// Where the bytes of a signature begin.
    private static func places(_ text: String, _ bytes: [UInt8]) -> [Int] {
        let pattern = Array(text.utf8)
        return bytes.indices.dropLast(3).filter { Array(bytes[$0..<($0 + 4)]) == pattern }
    }

    private static func write(_ value: UInt64, at place: Int, _ bytes: inout [UInt8]) {
        for index in 0..<8 { bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }

    /// Every child of every node is the node itself, whatever its level.
    @Test(arguments: ["groups.h5", "chunks.h5"])
    func treesThatGoRoundInCirclesAreRefused(_ name: String) throws {
        let kept = try Fixture.bytes(name)
        for place in Self.places("TREE", kept) {
            var bytes = kept
            // As a node above others, whose first child is itself.
            bytes[place + 5] = 1
            let key = bytes[place + 4] == 0 ? 8 : 8 + 8 * 4
            Self.write(UInt64(place), at: place + 24 + key, &bytes)
            try? Fixture.readAll(bytes)
            let node = try HDF5File(Fixture.buffer(bytes))
            let kind = try #require(TreeWalk.Kind(rawValue: bytes[place + 4]))
            let error = Fixture.fault { try TreeWalk.leaves(node, root: UInt64(place), kind: kind, rank: 4) }
            #expect(error?.code == .malformed, "\(place): \(String(describing: error))")
        }
    }

    /// A header that goes on where it began.
    @Test func headersThatGoRoundInCirclesAreRefused() throws {
        var bytes = try Fixture.bytes("attributes.h5")
        // The root's header, whose first message becomes one that leads back to itself.
        let root = 96
        try #require(bytes[root] == 1)
        bytes[root + 16] = 0x10
        bytes[root + 17] = 0
        bytes[root + 18] = 16
        bytes[root + 19] = 0
        bytes[root + 2] = 255
        Self.write(UInt64(root + 16), at: root + 24, &bytes)
        Self.write(24, at: root + 32, &bytes)
        let error = Fixture.fault { try HDF5File(Fixture.buffer(bytes)).root() }
        #expect(error?.message.contains("circle") == true, "\(String(describing: error))")
    }

    @Test func aHeapThatLiesBehindTheEndIsRefused() throws {
        let kept = try Fixture.bytes("attributes.h5")
        for place in Self.places("GCOL", kept) {
            for size in [UInt64.max, 1 << 62, UInt64(kept.count), 0] {
                var bytes = kept
                Self.write(size, at: place + 8, &bytes)
                let error = Fixture.fault { try HDF5File(Fixture.buffer(bytes)).heap(at: UInt64(place)) }
                #expect(error?.code == .malformed, "\(size): \(String(describing: error))")
            }
        }
        for place in Self.places("HEAP", kept) {
            var bytes = kept
            Self.write(UInt64.max - 7, at: place + 24, &bytes)
            #expect(Fixture.fault { try HDF5File(Fixture.buffer(bytes)).root().members() }?.code == .malformed)
        }
    }

    /// Sizes that overflow, or that no file has room for, before anything is allocated.
    @Test(arguments: [UInt64.max, 1 << 63, 1 << 62, 1 << 40, 1 << 32, 1_000_000_000])
    func hugeSizesAreRefusedUnallocated(_ size: UInt64) throws {
        var changed = 0
        for name in ["types.h5", "chunks.h5"] {
            let kept = try Fixture.bytes(name)
            // Wherever the shape's numbers stand.
            for place in stride(from: 0, to: kept.count - 16, by: 8) {
                let number = kept[place..<(place + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                guard [2, 5, 7, 1000].contains(number) else { continue }
                var bytes = kept
                Self.write(size, at: place, &bytes)
                changed += 1
                try? Fixture.readAll(bytes)
            }
        }
        #expect(changed > 10)
    }

    @Test(arguments: [UInt64.max - 1, 1 << 63, 1 << 40])
    func addressesBehindTheEndAreRefused(_ address: UInt64) throws {
        let kept = try Fixture.bytes("types.h5")
        var bytes = kept
        // The root's header in the superblock's entry.
        Self.write(address, at: 64, &bytes)
        let error = Fixture.fault { try HDF5File(Fixture.buffer(bytes)).root() }
        #expect(error?.code == .malformed, "\(String(describing: error))")
    }

    @Test func limitsAreKept() throws {
        var limits = HDF5Limits()
        limits.entries = 100
        #expect(
            Fixture.fault { try Fixture.file("groups.h5", limits: limits).root().group(["outer"])?.members() }?.code
                == .tooLarge)
        limits = HDF5Limits()
        limits.bytes = 100
        let root = try Fixture.file("chunks.h5", limits: limits).root()
        #expect(Fixture.fault { try Fixture.dataset(root, "packed").floats() }?.code == .tooLarge)
        limits = HDF5Limits()
        limits.expansion = 1
        let other = try Fixture.file("chunks.h5", limits: limits).root()
        #expect(Fixture.fault { try Fixture.dataset(other, "packed").floats() }?.code == .tooLarge)
    }

    /// A group that holds itself is a file like others: nobody walks it without a way.
    @Test func aGroupWithinItselfIsRead() throws {
        let root = try Fixture.file("circle.h5").root()
        #expect(try root.group(["a", "again", "again", "again"]) != nil)
    }
}
