import ModelGraph
import Tensors
import Testing

/// Protocol Buffers, "Encoding".
@Suite struct WireReaderTests {
    private func reader(_ bytes: [UInt8], limits: GraphLimits = GraphLimits()) -> WireReader {
        WireReader(ByteView(copying: bytes).buffer, limits: limits)
    }

    @Test(
        arguments: [
            ([0x00], 0), ([0x7f], 127), ([0x80, 0x01], 128), ([0xac, 0x02], 300),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], UInt64.max),
            // Longer than needed is allowed.
            ([0x81, 0x80, 0x00], 1),
        ] as [([UInt8], UInt64)])
    func varintsDecode(bytes: [UInt8], value: UInt64) throws {
        var reader = reader(bytes)
        #expect(try reader.varint() == value)
        #expect(reader.position == bytes.count)
    }

    @Test(
        arguments: [
            // Eleven bytes.
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
            // Ten bytes, but 65 bits.
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02],
            // Cut short.
            [0x80], [],
        ] as [[UInt8]])
    func impossibleVarintsAreRefused(bytes: [UInt8]) {
        var reader = reader(bytes)
        #expect { try reader.varint() } throws: { ($0 as? GraphError)?.code == .malformed }
    }

    @Test(
        arguments: [
            ([0x0a, 0x05, 0x01], "a length of 5 bytes"),
            (
                [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
                "a length of 18446744073709551615 bytes"
            ),
            ([0x0d, 0x00, 0x00], "a value of 4 bytes"),
            ([0x09, 0x00], "a value of 8 bytes"),
        ] as [([UInt8], String)])
    func valuesPastTheEndAreRefused(bytes: [UInt8], message: String) throws {
        var reader = reader(bytes)
        let field = try #require(try reader.next())
        #expect { try reader.skip(field) } throws: { "\($0)".contains(message) }
    }

    @Test(
        arguments: [
            ([0x0b], "a group"), ([0x0c], "a group"), ([0x0e], "encoding 6"), ([0x0f], "encoding 7"),
            ([0x00], "a field tag of 0"), ([0x02], "a field tag of 2"),
            ([0x80, 0x80, 0x80, 0x80, 0x10], "a field tag of 4294967296"),
        ] as [([UInt8], String)])
    func impossibleTagsAreRefused(bytes: [UInt8], message: String) {
        var reader = reader(bytes)
        #expect { try reader.next() } throws: { "\($0)".contains(message) && "\($0)".contains("byte 0") }
    }

    @Test func nestingIsLimited() {
        var limits = GraphLimits()
        limits.messageDepth = 3
        func descend(_ reader: inout WireReader) throws(GraphError) {
            guard reader.position < 4 else { return }
            try reader.nested { (inner) throws(GraphError) in try descend(&inner) }
        }
        // Each byte is the length of a message that holds the rest.
        var reader = reader([4, 3, 2, 1, 0], limits: limits)
        #expect { try descend(&reader) } throws: { ($0 as? GraphError)?.code == .limitExceeded }
    }

    @Test func aNestedMessageEndsWhereItsLengthSays() throws {
        var reader = reader([0x02, 0x08, 0x01, 0x2a])
        let inside = try reader.nested { (inner) throws(GraphError) -> UInt64 in
            _ = try inner.next()
            let value = try inner.varint()
            #expect(try inner.next() == nil)
            return value
        }
        #expect(inside == 1)
        #expect(try reader.varint() == 42)
    }

    @Test func structureIsLimited() throws {
        var limits = GraphLimits()
        limits.structureBytes = 1000
        // Node messages without content: two bytes in the file, far more in memory.
        var writer = WireWriter()
        writer.nested(7) { graph in
            for _ in 0..<100 { graph.nested(1) { _ in } }
        }
        #expect { try Model.read(bytes: writer.encoded, limits: limits) } throws: {
            ($0 as? GraphError)?.code == .limitExceeded
        }
        #expect(try Model.read(bytes: writer.encoded).graph.nodes.count == 100)
    }

    @Test func everythingWrittenIsRead() throws {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<200 {
            let value = UInt64.random(in: .min ... .max, using: &random) >> UInt64.random(in: 0..<64, using: &random)
            var writer = WireWriter()
            writer.varint(value)
            #expect(writer.count == writer.encoded.count)
            var reader = reader(writer.encoded)
            #expect(try reader.varint() == value)
        }
    }
}
