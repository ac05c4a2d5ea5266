import ModelGraph
import Tensors
import Testing

@testable import TensorFlow

/// Tables and packed blocks that lie.
@Suite struct BundleAttackTests {
    @Test func theChecksumIsCastagnolis() {
        #expect(Array("123456789".utf8).withUnsafeBytes { Castagnoli.checksum($0) } == 0xe306_9283)
        #expect([UInt8](repeating: 0, count: 32).withUnsafeBytes { Castagnoli.checksum($0) } == 0x8a91_36aa)
    }

    @Test func aPackedBlockIsUnpacked() throws {
        // A literal of five, then seven bytes from four back: "hello" + "ellello…".
        let packed: [UInt8] = [12, 4 << 2] + Array("hello".utf8) + [(3 << 2) | 1, 4]
        let text = try Self.unpacked(packed, limit: 64)
        #expect(String(decoding: text, as: UTF8.self) == "helloelloell")
    }

    static let packed: [(name: String, bytes: [UInt8])] = [
        ("nothing", []), ("more than the limit", [0xff, 0xff, 0xff, 0x7f, 0]), ("more than can be", [120, 0, 1]),
        ("a literal behind the end", [4, 12, 1]), ("a literal of more than is to come", [1, 4, 1, 2]),
        ("a copy of nothing", [4, 1, 0]), ("a copy from before the beginning", [8, 0, 65, 1, 2]),
        ("a copy from here", [8, 0, 65, 1, 0]), ("less than is said", [9, 0, 65]),
        ("a length of four bytes", [9, 63 << 2, 0xff, 0xff, 0xff, 0xff]),
        ("a count that does not end", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ]

    @Test(arguments: packed.map(\.name))
    func aPackedBlockThatLiesIsRefused(_ name: String) throws {
        let attack = try #require(Self.packed.first { $0.name == name })
        #expect(throws: TensorFlowError.self) { try Self.unpacked(attack.bytes, limit: 1 << 20) }
    }

    private static func unpacked(_ bytes: [UInt8], limit: Int) throws -> [UInt8] {
        let buffer = ByteView(copying: bytes).buffer
        defer { withExtendedLifetime(buffer) {} }
        return try Snappy.unpacked(buffer.bytes, limit: limit)
    }

    /// A table of one data block, whose checksums are right.
    private static func table(
        _ data: [UInt8], kind: UInt8 = 0, handle: [UInt8]? = nil, index: [UInt8]? = nil
    ) -> TensorBuffer {
        func sealed(_ block: [UInt8], _ kind: UInt8) -> [UInt8] {
            let guarded = block + [kind]
            let sum = guarded.withUnsafeBytes { Castagnoli.masked($0) }
            return guarded + (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
        }
        var file = sealed(data, kind)
        let place = handle ?? [0, UInt8(data.count)]
        let entry = index ?? [0, 1, UInt8(place.count), 0x7a] + place + [0, 0, 0, 0, 1, 0, 0, 0]
        let start = UInt8(file.count)
        file += sealed(entry, 0)
        var footer: [UInt8] = [0, 0, start, UInt8(entry.count)]
        footer += [UInt8](repeating: 0, count: 40 - footer.count)
        footer += [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]
        return ByteView(copying: file + footer).buffer
    }

    /// Of entries with their keys' shared lengths, and one restart.
    private static func block(_ entries: [(shared: UInt8, key: [UInt8], value: [UInt8])]) -> [UInt8] {
        entries.flatMap { [$0.shared, UInt8($0.key.count), UInt8($0.value.count)] + $0.key + $0.value }
            + [0, 0, 0, 0, 1, 0, 0, 0]
    }

    @Test func aTableIsRead() throws {
        let table = try SortedTable(Self.table(Self.block([(0, [97, 98], [1]), (1, [99], [2, 3])])))
        #expect(table.entries.map(\.key) == [[97, 98], [97, 99]])
        #expect(table.entries.map(\.value.array) == [[1], [2, 3]])
    }

    static let tables: [(name: String, file: TensorBuffer)] = [
        ("no footer", ByteView(copying: [UInt8](repeating: 0, count: 47)).buffer),
        ("another magic", ByteView(copying: [UInt8](repeating: 7, count: 96)).buffer),
        ("keys out of order", table(block([(0, [98], []), (0, [97], [])]))),
        ("a key twice", table(block([(0, [98], []), (0, [98], [])]))),
        ("more shared than there is", table(block([(3, [98], [])]))),
        ("a value behind the end", table([0, 1, 90, 97, 1, 0, 0, 0, 0, 1, 0, 0, 0])),
        ("more restarts than bytes", table([0xff, 0xff, 0xff, 0xff])), ("no restarts", table([1, 2])),
        ("a block behind the end", table([0, 0, 0, 0], handle: [0xff, 0x7f, 4])),
        (
            "a block that wraps around",
            table([0, 0, 0, 0], handle: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 9])
        ),
        ("a block packed in another way", table(block([(0, [97], [])]), kind: 4)),
        ("a packed block that lies", table([0xff, 0xff, 0xff, 0x7f], kind: 1)),
        ("an index without a place", table([0, 0, 0, 0], index: [0, 1, 0, 97, 0, 0, 0, 0, 1, 0, 0, 0])),
    ]

    @Test(arguments: tables.map(\.name))
    func aTableThatLiesIsRefused(_ name: String) throws {
        let attack = try #require(Self.tables.first { $0.name == name })
        #expect(throws: TensorFlowError.self) { _ = try SortedTable(attack.file) }
    }

    @Test func aWrongChecksumIsRefused() throws {
        let file = Self.table(Self.block([(0, [97], [1])]))
        file.mutableBytes[3] ^= 1
        #expect(throws: TensorFlowError.self) { _ = try SortedTable(file) }
    }
}
