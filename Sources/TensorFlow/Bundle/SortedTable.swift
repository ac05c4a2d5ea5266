import ModelGraph
import Tensors

/// A table of keys and values in ascending order, as LevelDB writes it and checkpoints have it for their index.
///
/// Source: LevelDB, `doc/table_format.md`; TensorFlow, `core/lib/io/table_options.h`.
struct SortedTable {
    private(set) var entries: [(key: [UInt8], value: ByteView)] = []

    private let buffer: TensorBuffer
    private var left = allowance

    /// Bytes of all keys and unpacked blocks together.
    private static let allowance = 512 << 20
    private static let largestBlock = 64 << 20
    private static let mostEntries = 1_000_000
    private static let footer = 48
    private static let trailer = 5
    private static let magic: [UInt8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]

    /// Reads every entry.
    ///
    /// - Throws: `TensorFlowError` when a block is outside of the file, its checksum is wrong, keys are out of order, or there
    ///   is more than is accepted.
    init(_ buffer: TensorBuffer) throws(TensorFlowError) {
        self.buffer = buffer
        let bytes = buffer.bytes
        guard bytes.count >= Self.footer, bytes.suffix(8).elementsEqual(Self.magic) else {
            throw .broken("variables.index is no table of LevelDB's form, or was cut short")
        }
        var reader = TableReader(UnsafeRawBufferPointer(rebasing: bytes.suffix(Self.footer)))
        _ = try Handle(&reader)
        let index = try Handle(&reader)
        var previous: [UInt8]?
        for (_, place) in try pairs(of: block(index)) {
            let blocks = try place.withUnsafeBytes { (bytes) throws(TensorFlowError) in
                var reader = TableReader(bytes)
                return try Handle(&reader)
            }
            for (key, value) in try pairs(of: block(blocks)) {
                if let previous, !previous.lexicographicallyPrecedes(key) {
                    throw .broken("the keys of variables.index are out of order")
                }
                guard entries.count < Self.mostEntries else {
                    throw .limit("variables.index has more than \(Self.mostEntries) entries")
                }
                previous = key
                entries.append((key, value))
            }
        }
    }

    /// Where a block is.
    private struct Handle {
        let offset: Int
        let count: Int

        init(_ reader: inout TableReader) throws(TensorFlowError) {
            offset = try reader.varint()
            count = try reader.varint()
        }
    }

    /// A block's bytes, compared with their checksum and unpacked.
    private mutating func block(_ handle: Handle) throws(TensorFlowError) -> ByteView {
        let end = handle.offset.addingReportingOverflow(handle.count)
        guard !end.overflow, end.partialValue <= buffer.capacity - Self.footer - Self.trailer else {
            throw .broken("variables.index names a block outside of the file")
        }
        let guarded = UnsafeRawBufferPointer(rebasing: buffer.bytes[handle.offset...end.partialValue])
        let stored = buffer.bytes.loadUnaligned(fromByteOffset: end.partialValue + 1, as: UInt32.self)
        guard Castagnoli.masked(guarded) == UInt32(littleEndian: stored) else {
            throw .broken("the checksum of a block of variables.index is wrong")
        }
        let data = UnsafeRawBufferPointer(rebasing: guarded.dropLast())
        switch guarded.last {
        case 0:
            try charge(data.count)
            guard let view = ByteView(buffer, handle.offset..<end.partialValue) else { throw Self.damaged }
            return view
        case 1:
            let block = try Snappy.unpacked(data, limit: min(Self.largestBlock, left))
            try charge(block.count)
            return ByteView(copying: block)
        default: throw .broken("a block of variables.index is packed in a way that is not known here")
        }
    }

    /// The keys of a block, each given as what it shares with the one before and the rest.
    private mutating func pairs(of block: ByteView) throws(TensorFlowError) -> [(key: [UInt8], value: ByteView)] {
        var result: [(key: [UInt8], value: ByteView)] = []
        var used = 0
        try block.withUnsafeBytes { (bytes) throws(TensorFlowError) in
            guard bytes.count >= 4 else { throw Self.damaged }
            let restarts = Int(
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)))
            guard restarts <= (bytes.count - 4) / 4 else { throw Self.damaged }
            let end = bytes.count - 4 - 4 * restarts
            var reader = TableReader(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
            var key: [UInt8] = []
            while !reader.isAtEnd {
                let (shared, rest, count) = (try reader.varint(), try reader.varint(), try reader.varint())
                guard shared <= key.count else { throw Self.damaged }
                key.removeLast(key.count - shared)
                key.append(contentsOf: try reader.bytes(rest))
                let start = reader.position
                _ = try reader.bytes(count)
                let place = (block.offset + start)..<(block.offset + start + count)
                guard let value = ByteView(block.buffer, place) else { throw Self.damaged }
                used += key.count + 64
                guard used <= left else { throw Self.tooLarge }
                result.append((key, value))
            }
        }
        try charge(used)
        return result
    }

    private mutating func charge(_ count: Int) throws(TensorFlowError) {
        guard count <= left else { throw Self.tooLarge }
        left -= count
    }

    private static var damaged: TensorFlowError { .broken("a block of variables.index is damaged") }
    private static var tooLarge: TensorFlowError {
        .limit("variables.index needs more than \(allowance) bytes of memory")
    }
}
