import Foundation
import Testing

@testable import Seals

/// Encrypted streams: as Tink writes them, and row 100 of the attack table.
@Suite struct StreamTests {
    static let belongsTo = Array("what it belongs to".utf8)
    private let key: DataKey

    init() throws { key = try DataKey(bytes: Array(0..<32)) }

    private static func pattern(_ count: Int) -> [UInt8] { (0..<count).map { UInt8($0 % 251) } }

    private func decrypted(
        _ stream: [UInt8], segmentBytes: Int, key: DataKey? = nil, associatedData: [UInt8] = belongsTo
    ) throws -> [UInt8] {
        let layout = try StreamLayout(streamBytes: stream.count, segmentBytes: segmentBytes)
        let decryptor = try StreamDecryptor(
            key ?? self.key, header: Array(stream.prefix(StreamLayout.headerBytes)), layout: layout,
            associatedData: associatedData)
        return try (0..<layout.segmentCount).flatMap {
            try decryptor.open(Array(stream[layout.range(of: $0)]), segment: $0)
        }
    }

    private func encrypted(_ plain: [UInt8], segmentBytes: Int, piece: Int = 1000) throws -> [UInt8] {
        var encryptor = StreamEncryptor(key, associatedData: Self.belongsTo, segmentBytes: segmentBytes)
        var stream: [UInt8] = []
        for start in stride(from: 0, to: plain.count, by: piece) {
            stream += try encryptor.update(Array(plain[start..<min(start + piece, plain.count)]))
        }
        return stream + (try encryptor.finish())
    }

    @Test(arguments: [("4KB", 4096, 10_000), ("4KB-exact", 4096, 8120), ("1MB", 1 << 20, 1000), ("empty", 4096, 0)])
    func whatTinkEncryptedIsRead(name: String, segmentBytes: Int, count: Int) throws {
        let stream = try Fixture.bytes("tink-\(name).bin")
        #expect(try decrypted(stream, segmentBytes: segmentBytes) == Self.pattern(count))
    }

    /// Every size around a border of segments, fed in pieces of every size, comes back.
    @Test func whatIsEncryptedComesBackWhateverItsSize() throws {
        let segment = 64
        for count in 0...300 {
            let plain = Self.pattern(count)
            let stream = try encrypted(plain, segmentBytes: segment, piece: 1 + count % 90)
            let layout = try StreamLayout(streamBytes: stream.count, segmentBytes: segment)
            #expect(layout.plainBytes == count)
            #expect(try decrypted(stream, segmentBytes: segment) == plain)
            for offset in 0..<count {
                #expect(layout.plainRange(of: layout.segment(at: offset)).contains(offset))
            }
        }
    }

    /// 3,000,000 bytes take 88 more, as with Tink.
    @Test func theOverheadIsThatOfTink() throws {
        #expect(try StreamLayout(streamBytes: 3_000_088).plainBytes == 3_000_000)
        #expect(try StreamLayout(streamBytes: 3_000_088).segmentCount == 3)
    }

    /// What was done to a stream of four segments, 64 bytes each.
    enum Attack: String, CaseIterable {
        case cutAtASegment, cutInASegment, cutToTheHeader, cutInTheHeader, empty
        case segmentsSwapped, segmentTwice, segmentLeftOut, appended, lastTwice
        case headerLength, salt, prefix, firstByte, tag, lastByte
        case headerOfAnother, segmentOfAnother, otherKey, otherObject, lastFlagCleared
    }

    @Test(arguments: Attack.allCases) func aStreamThatWasTouchedGivesNothing(_ attack: Attack) throws {
        let segment = 64
        let plain = Self.pattern(150)
        let good = try encrypted(plain, segmentBytes: segment)
        let other = try encrypted(plain, segmentBytes: segment)
        #expect(try StreamLayout(streamBytes: good.count, segmentBytes: segment).segmentCount == 4)
        var stream = good
        var key = self.key
        var associatedData = Self.belongsTo
        switch attack {
        case .cutAtASegment: stream = Array(good[..<(3 * segment)])
        case .cutInASegment: stream = Array(good[..<(2 * segment + 30)])
        case .cutToTheHeader: stream = Array(good[..<StreamLayout.headerBytes])
        case .cutInTheHeader: stream = Array(good[..<7])
        case .empty: stream = []
        case .segmentsSwapped:
            stream =
                Array(good[..<segment] + good[(2 * segment)..<(3 * segment)] + good[segment..<(2 * segment)])
                + good[(3 * segment)...]
        case .segmentTwice:
            stream = Array(good[..<(2 * segment)] + good[segment..<(2 * segment)] + good[(3 * segment)...])
        case .segmentLeftOut: stream = Array(good[..<segment] + good[(2 * segment)...])
        case .appended: stream = good + [0]
        case .lastTwice: stream = good + good[(3 * segment)...]
        case .headerLength: stream[0] ^= 1
        case .salt: stream[5] ^= 1
        case .prefix: stream[35] ^= 1
        case .firstByte: stream[StreamLayout.headerBytes] ^= 1
        case .tag: stream[2 * segment - 1] ^= 0x80
        case .lastByte: stream[good.count - 1] ^= 1
        case .headerOfAnother: stream = Array(other[..<StreamLayout.headerBytes] + good[StreamLayout.headerBytes...])
        case .segmentOfAnother:
            stream = Array(good[..<segment] + other[segment..<(2 * segment)] + good[(2 * segment)...])
        case .otherKey: key = DataKey()
        case .otherObject: associatedData.append(0)
        case .lastFlagCleared:
            // A full last segment, of a stream that once went on: its flag says that it is not the last.
            let whole = try encrypted(Self.pattern(8 + 48 + 48), segmentBytes: segment)
            #expect(whole.count == 3 * segment)
            stream = Array(whole[..<(2 * segment)])
        }
        let error = try #require(throws: SealError.self) {
            try decrypted(stream, segmentBytes: segment, key: key, associatedData: associatedData)
        }
        #expect(error == .undecipherable, "one error for every reason")
    }

    /// No segment says anything before it is authenticated, and the last one is known by its own nonce.
    @Test func aSegmentOpensInItsPlaceOnly() throws {
        let segment = 64
        let stream = try encrypted(Self.pattern(150), segmentBytes: segment)
        let layout = try StreamLayout(streamBytes: stream.count, segmentBytes: segment)
        let decryptor = try StreamDecryptor(
            key, header: Array(stream.prefix(40)), layout: layout, associatedData: Self.belongsTo)
        for wanted in 0..<layout.segmentCount {
            for given in 0..<layout.segmentCount where given != wanted {
                #expect(throws: SealError.self) {
                    try decryptor.open(Array(stream[layout.range(of: given)]), segment: wanted)
                }
            }
        }
        #expect(throws: SealError.self) { try decryptor.open([], segment: 4) }
        #expect(throws: SealError.self) { try decryptor.open([], segment: -1) }
    }

    /// Salts and prefixes are new each time, so that no key meets a nonce twice.
    @Test func noTwoStreamsAreAlike() throws {
        let headers = try (0..<64).map { _ in Array(try encrypted([1, 2, 3], segmentBytes: 64).prefix(40)) }
        #expect(Set(headers).count == 64)
        #expect(Set(headers.map { Array($0[1..<33]) }).count == 64 && headers.allSatisfy { $0[0] == 40 })
    }
}
