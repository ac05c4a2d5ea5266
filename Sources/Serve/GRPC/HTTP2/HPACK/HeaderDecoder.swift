/// Reads a client's header blocks.
///
/// Source: RFC 7541 sections 3, 5 and 6.
struct HeaderDecoder {
    private var table: DynamicTable
    /// What the fields of one block may count for.
    private let listLimit: Int

    /// - Parameter listLimit: bytes of names and values, and 32 for each field.
    init(listLimit: Int, tableSize: Int = DynamicTable.usualSize) {
        self.listLimit = listLimit
        table = DynamicTable(allowed: tableSize)
    }

    /// Changes with what the same bytes stand for.
    var generation: Int { table.generation }

    /// Reads one block.
    ///
    /// - Throws: `HTTP2ErrorCode.compressionError` for what is none, `.enhanceYourCalm` beyond the limit. The decoder is
    ///   of no further use then.
    mutating func decode(_ block: UnsafeRawBufferPointer) throws(ConnectionError) -> HeaderFields {
        var (reader, fields, size, mayResize) = (BlockReader(block), HeaderFields(), 0, true)
        while let first = reader.peek {
            if first & 0xE0 == 0x20 {
                // Source: RFC 7541 section 4.2: only at a block's beginning.
                guard mayResize else { throw ConnectionError(.compressionError) }
                try table.resize(try reader.integer(prefix: 5))
                continue
            }
            mayResize = false
            let start = fields.bytes.count
            let nameEnd: Int
            if first & 0x80 != 0 {
                let entry = try entry(try reader.integer(prefix: 7))
                try check(size + entry.size)
                fields.bytes += entry.bytes
                nameEnd = start + entry.nameCount
            } else {
                let indexes = first & 0x40 != 0
                nameEnd = try readName(&reader, prefix: indexes ? 6 : 4, &fields)
                try reader.string(into: &fields.bytes)
                if indexes {
                    table.insert(HeaderEntry(bytes: Array(fields.bytes[start...]), nameCount: nameEnd - start))
                }
            }
            size += fields.bytes.count - start + 32
            try check(size)
            fields.end(name: nameEnd)
        }
        return fields
    }

    private func readName(
        _ reader: inout BlockReader, prefix: Int, _ fields: inout HeaderFields
    ) throws(ConnectionError) -> Int {
        let index = try reader.integer(prefix: prefix)
        if index == 0 {
            try reader.string(into: &fields.bytes)
        } else {
            let entry = try entry(index)
            fields.bytes += entry.bytes[..<entry.nameCount]
        }
        return fields.bytes.count
    }

    private func entry(_ index: Int) throws(ConnectionError) -> HeaderEntry {
        if index >= 1, index <= StaticTable.count { return StaticTable.entries[index - 1] }
        guard let entry = table[index - StaticTable.count - 1] else { throw ConnectionError(.compressionError) }
        return entry
    }

    private func check(_ size: Int) throws(ConnectionError) {
        guard size <= listLimit else { throw ConnectionError(.enhanceYourCalm) }
    }
}

/// The numbers and strings of a header block.
private struct BlockReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// The next byte, which stays; `nil` at the end.
    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func byte() throws(ConnectionError) -> UInt8 {
        guard position < bytes.count else { throw ConnectionError(.compressionError) }
        defer { position += 1 }
        return bytes[position]
    }

    /// A number; none that is taken needs more than four bytes after its first.
    ///
    /// Source: RFC 7541 section 5.1.
    mutating func integer(prefix: Int) throws(ConnectionError) -> Int {
        let mask = UInt8(truncatingIfNeeded: (1 << prefix) - 1)
        let first = try byte() & mask
        guard first == mask else { return Int(first) }
        var value = Int(mask)
        for shift in stride(from: 0, to: 28, by: 7) {
            let next = try byte()
            value += Int(next & 0x7F) << shift
            if next & 0x80 == 0 { return value }
        }
        throw ConnectionError(.compressionError)
    }

    /// Appends a string.
    ///
    /// Source: RFC 7541 section 5.2.
    mutating func string(into result: inout [UInt8]) throws(ConnectionError) {
        guard let first = peek else { throw ConnectionError(.compressionError) }
        let count = try integer(prefix: 7)
        guard count <= bytes.count - position else { throw ConnectionError(.compressionError) }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
        position += count
        if first & 0x80 != 0 {
            try HuffmanCode.decode(piece, into: &result)
        } else {
            result.append(contentsOf: piece)
        }
    }
}
