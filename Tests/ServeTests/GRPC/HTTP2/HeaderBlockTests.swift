import NIOCore
import NIOHPACK
import Testing

@testable import Serve

/// Header blocks as RFC 7541 has them, and against another implementation.
@Suite struct HeaderBlocks {
    typealias Field = (name: String, value: String)

    private static func decode(
        _ bytes: [UInt8], _ decoder: inout HeaderDecoder
    ) throws(ConnectionError) -> [String] {
        let fields = try bytes.withUnsafeBytes { raw -> Result<HeaderFields, ConnectionError> in
            do throws(ConnectionError) { return .success(try decoder.decode(raw)) } catch { return .failure(error) }
        }.get()
        return (0..<fields.count).map { "\(fields.nameText($0)): \(fields.valueText($0))" }
    }

    /// Source: RFC 7541 appendix C.4, C.3 and C.6: three blocks each, of one connection.
    @Test(arguments: [
        (
            4096,
            [
                "828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf",
                "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
            ]
        ),
        (
            4096,
            [
                "828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865",
                "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
            ]
        ),
    ])
    func theExamplesOfTheStandardAreRead(_ size: Int, _ blocks: [String]) throws {
        var decoder = HeaderDecoder(listLimit: 4096, tableSize: size)
        let common = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"]
        #expect(try Self.decode(Hex.bytes(blocks[0]), &decoder) == common)
        #expect(try Self.decode(Hex.bytes(blocks[1]), &decoder) == common + ["cache-control: no-cache"])
        #expect(
            try Self.decode(Hex.bytes(blocks[2]), &decoder) == [
                ":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com",
                "custom-key: custom-value",
            ])
    }

    /// Source: RFC 7541 appendix C.6, where a small table pushes fields out.
    @Test func aSmallTablePushesFieldsOut() throws {
        var decoder = HeaderDecoder(listLimit: 4096, tableSize: 256)
        let blocks = [
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff"
                + "6e919d29ad171863c78f0b97c8e9ae82ae43d3",
            "4883640effc1c0bf",
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5"
                + "af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
        ]
        let date = "date: Mon, 21 Oct 2013 20:13:21 GMT"
        #expect(
            try Self.decode(Hex.bytes(blocks[0]), &decoder) == [
                ":status: 302", "cache-control: private", date, "location: https://www.example.com",
            ])
        #expect(
            try Self.decode(Hex.bytes(blocks[1]), &decoder) == [
                ":status: 307", "cache-control: private", date, "location: https://www.example.com",
            ])
        #expect(
            try Self.decode(Hex.bytes(blocks[2]), &decoder) == [
                ":status: 200", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:22 GMT",
                "location: https://www.example.com", "content-encoding: gzip",
                "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ])
    }

    @Test(arguments: [
        ("an index of 0", "80", HTTP2ErrorCode.compressionError), ("an index of nothing", "be", .compressionError),
        ("a number that does not end", "ff808080808080", .compressionError),
        ("a number that is cut off", "ff", .compressionError),
        ("a string longer than the block", "00057879", .compressionError), ("no value", "000178", .compressionError),
        ("a table larger than agreed on", "3fe21f", .compressionError),
        ("a late size update", "8220", .compressionError),
        ("padding of eight bits", "0082f8ff0178", .compressionError),
        ("padding of zeros", "0081f00178", .compressionError),
        ("the end of strings, spelt out", "0084ffffffff0178", .compressionError),
        ("more fields than the limit", String(repeating: "82", count: 100), .enhanceYourCalm),
    ])
    func whatIsNoBlockIsRefused(_ name: String, _ block: String, _ code: HTTP2ErrorCode) {
        var decoder = HeaderDecoder(listLimit: 1024)
        #expect(throws: ConnectionError(code), "\(name)") { try Self.decode(Hex.bytes(block), &decoder) }
    }

    /// Entries go in a ring that grows, and leave it in order.
    @Test func aTableHoldsWhatFitsAndNothingElse() throws {
        var (table, expected): (DynamicTable, [HeaderEntry]) = (DynamicTable(allowed: 400), [])
        var random = SplitMix(state: 7)
        for round in 0..<2000 {
            if round % 97 == 96 {
                let limit = random.below(401)
                try table.resize(limit)
                try table.resize(400)
                while expected.reduce(0, { $0 + $1.size }) > limit { expected.removeLast() }
            }
            let entry = HeaderEntry(name: "n\(round)", value: String(repeating: "v", count: random.below(90)))
            table.insert(entry)
            expected.insert(entry, at: 0)
            while expected.reduce(0, { $0 + $1.size }) > 400 { expected.removeLast() }
            #expect(table.count == expected.count)
            for index in 0...expected.count {
                #expect(table[index] == (index < expected.count ? expected[index] : nil))
            }
        }
        table.insert(HeaderEntry(name: "n", value: String(repeating: "v", count: 400)))
        #expect(table.count == 0 && table[0] == nil)
    }
}

// MARK: - Against another implementation

extension HeaderBlocks {
    private static let names = [
        ":path", ":authority", "content-type", "te", "user-agent", "grpc-timeout", "x-request-id", "authorization", "x",
        "x-a-name-of-some-length-that-is-not-known", "accept", "grpc-accept-encoding",
    ]

    private static func fields(_ random: inout SplitMix) -> HPACKHeaders {
        var headers = HPACKHeaders()
        for _ in 0..<random.below(12) {
            let value = String(
                decoding: (0..<random.below(30)).map { _ in UInt8(0x20 + random.below(0x5F)) }, as: UTF8.self)
            let known = ["application/grpc", "trailers", "/a/b", "1S", ""][random.below(5)]
            headers.add(
                name: names[random.below(names.count)], value: random.below(2) == 0 ? value : known,
                indexing: [.indexable, .nonIndexable, .neverIndexed][random.below(3)])
        }
        return headers
    }

    /// What both make of a block; `nil` where it is refused.
    private static func both(
        _ block: [UInt8], _ ours: inout HeaderDecoder, _ theirs: inout HPACKDecoder
    ) -> (ours: [String]?, theirs: [String]?) {
        var buffer = ByteBuffer(bytes: block)
        let decoded = try? theirs.decodeHeaders(from: &buffer)
        return (try? decode(block, &ours), decoded.map { $0.map { "\($0.name): \($0.value)" } })
    }

    @Test(arguments: [4096, 100, 0])
    func blocksOfAnotherEncoderAreReadAsItsOwnDecoderReadsThem(_ size: Int) throws {
        var random = SplitMix(state: UInt64(size) + 1)
        for useHuffman in [true, false] {
            var encoder = HPACKEncoder(
                allocator: ByteBufferAllocator(), useHuffmanEncoding: useHuffman, maxDynamicTableSize: 4096)
            var ours = HeaderDecoder(listLimit: 1 << 20)
            var theirs = HPACKDecoder(
                allocator: ByteBufferAllocator(), maxDynamicTableSize: 4096, maxHeaderListSize: 1 << 20)
            try encoder.setDynamicTableSize(size)
            for _ in 0..<500 {
                var buffer = ByteBuffer()
                try encoder.encode(headers: Self.fields(&random), to: &buffer)
                let (mine, other) = Self.both(Array(buffer.readableBytesView), &ours, &theirs)
                #expect(mine != nil && mine == other)
            }
        }
    }

    /// Damaged blocks: what one takes, the other takes too, as the same fields.
    @Test func damagedBlocksAreReadAsAnotherDecoderReadsThem() throws {
        var (random, refused, taken) = (SplitMix(state: 3), 0, 0)
        for _ in 0..<5000 {
            var encoder = HPACKEncoder(allocator: ByteBufferAllocator(), useHuffmanEncoding: random.below(2) == 0)
            var ours = HeaderDecoder(listLimit: 1 << 20)
            var theirs = HPACKDecoder(
                allocator: ByteBufferAllocator(), maxDynamicTableSize: 4096, maxHeaderListSize: 1 << 20)
            for _ in 0..<3 {
                var buffer = ByteBuffer()
                try encoder.encode(headers: Self.fields(&random), to: &buffer)
                var block = Array(buffer.readableBytesView)
                for _ in 0..<random.below(3) where !block.isEmpty {
                    block[random.below(block.count)] ^= UInt8(1 << random.below(8))
                }
                let (mine, other) = Self.both(block, &ours, &theirs)
                #expect(mine == other, "\(block)")
                if mine == nil { refused += 1 } else { taken += 1 }
                guard mine != nil, other != nil else { break }
            }
        }
        #expect(refused > 500 && taken > 500, "\(refused) refused, \(taken) taken")
    }
}

/// Random numbers that are the same in every run. Source: SplitMix64 (Steele, Lea and Flood, 2014).
struct SplitMix {
    var state: UInt64

    /// Less than `bound`, which is not 0.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
