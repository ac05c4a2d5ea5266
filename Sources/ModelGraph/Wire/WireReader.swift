package import Tensors

/// Reads protobuf's wire format from memory: no copy, every length checked against what is left.
///
/// One reader walks a whole message tree: entering a nested message narrows `end` until its last byte is read. Errors
/// carry the byte offset.
package struct WireReader {
    /// The memory being read; views into it keep it alive.
    package let buffer: TensorBuffer
    /// Its first byte.
    private let base: UnsafeRawPointer
    /// The offset of the next byte.
    package private(set) var position: Int
    /// Where the innermost message ends.
    private var end: Int
    private var depth = 0
    private let maximumDepth: Int
    /// Bytes of structure that may still be built from this file.
    private var budget: Int
    private let budgetLimit: Int

    /// A reader over all of `buffer`.
    package init(_ buffer: TensorBuffer, limits: GraphLimits = GraphLimits()) {
        self.buffer = buffer
        self.base = UnsafeRawPointer(buffer.base)
        self.position = 0
        self.end = buffer.capacity
        self.maximumDepth = limits.messageDepth
        self.budget = limits.structureBytes
        self.budgetLimit = limits.structureBytes
    }

    /// The head of the next field of the innermost message, or `nil` at that message's end.
    ///
    /// - Throws: `GraphError.Code.malformed` for a group, an unknown encoding, or field number 0.
    package mutating func next() throws(GraphError) -> WireField? {
        guard position < end else { return nil }
        let start = position
        let tag = try varint()
        guard tag <= UInt64(UInt32.max), tag >> 3 != 0 else {
            throw failure("a field tag of \(tag) is not possible", at: start)
        }
        guard let kind = WireField.Kind(rawValue: UInt8(tag & 7)) else {
            let found = tag & 7 == 3 || tag & 7 == 4 ? "a group, which ONNX does not use" : "encoding \(tag & 7)"
            throw failure("field \(tag >> 3) is \(found)", at: start)
        }
        return WireField(number: Int(tag >> 3), kind: kind, start: start)
    }

    /// Up to ten bytes of seven bits each, least significant first.
    package mutating func varint() throws(GraphError) -> UInt64 {
        let start = position
        if position < end {
            let byte = base.load(fromByteOffset: position, as: UInt8.self)
            if byte < 0x80 {
                position += 1
                return UInt64(byte)
            }
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = base.load(fromByteOffset: position, as: UInt8.self)
            position += 1
            guard shift < 63 || byte <= 1 else {
                throw failure("a variable-length integer of more than 64 bits", at: start)
            }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        throw failure("the message ends inside a variable-length integer", at: start)
    }

    /// Four bytes, little-endian.
    package mutating func fixed32() throws(GraphError) -> UInt32 {
        UInt32(littleEndian: try load(UInt32.self))
    }

    /// Eight bytes, little-endian.
    package mutating func fixed64() throws(GraphError) -> UInt64 {
        UInt64(littleEndian: try load(UInt64.self))
    }

    private mutating func load<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) throws(GraphError) -> Value {
        let size = MemoryLayout<Value>.size
        guard end - position >= size else {
            throw failure("a value of \(size) bytes, but the message has \(end - position) bytes left", at: position)
        }
        defer { position += size }
        return base.loadUnaligned(fromByteOffset: position, as: Value.self)
    }

    /// A length and that many bytes, which are skipped; the range they have.
    package mutating func byteRange() throws(GraphError) -> Range<Int> {
        let start = position
        let length = try varint()
        guard length <= UInt64(end - position) else {
            throw failure("a length of \(length) bytes, but the message has \(end - position) left", at: start)
        }
        defer { position += Int(length) }
        return position..<(position + Int(length))
    }

    /// Reads a nested message: `body` sees only its bytes and must read all of them.
    package mutating func nested<Result>(
        _ body: (inout WireReader) throws(GraphError) -> Result
    ) throws(GraphError) -> Result {
        guard depth < maximumDepth else {
            throw GraphError(
                .limitExceeded, "messages are nested deeper than \(maximumDepth) levels", at: Place(.offset(position)))
        }
        let range = try byteRange()
        let outerEnd = end
        position = range.lowerBound
        end = range.upperBound
        depth += 1
        let result = try body(&self)
        depth -= 1
        end = outerEnd
        position = range.upperBound
        return result
    }

    /// Goes back to a range already skipped and calls `element` until it is used up.
    mutating func rewind(
        to range: Range<Int>, _ element: (inout WireReader) throws(GraphError) -> Void
    ) throws(GraphError) {
        let outerEnd = end
        position = range.lowerBound
        end = range.upperBound
        while position < range.upperBound { try element(&self) }
        end = outerEnd
    }

    /// Skips the field's value; the whole field with its tag, as it stands in the file.
    package mutating func skip(_ field: WireField) throws(GraphError) -> ByteView {
        _ = try value(field)
        return try view(of: field.start..<position)
    }

    /// The field's value as it is encoded: without tag, and without length.
    package mutating func value(_ field: WireField) throws(GraphError) -> ByteView {
        let start = position
        switch field.kind {
        case .varint: _ = try varint()
        case .fixed64: _ = try fixed64()
        case .fixed32: _ = try fixed32()
        case .bytes: return try view(of: try byteRange())
        }
        return try view(of: start..<position)
    }

    /// A view of part of the memory being read.
    package func view(of range: Range<Int>) throws(GraphError) -> ByteView {
        guard let view = ByteView(buffer, range) else {
            throw failure("bytes \(range) are outside the file", at: range.lowerBound)
        }
        return view
    }

    /// The bytes of a range within the memory being read, valid while this reader is.
    func bytes(in range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count)
    }

    /// Accounts for `byteCount` bytes of structure about to be built.
    ///
    /// - Throws: `GraphError.Code.limitExceeded` when the file asks for more than `GraphLimits.structureBytes`.
    package mutating func charge(_ byteCount: Int) throws(GraphError) {
        guard byteCount <= budget else {
            throw GraphError(
                .limitExceeded, "nodes, names and attributes need more than \(budgetLimit) bytes of memory",
                at: Place(.offset(position)))
        }
        budget -= byteCount
    }

    /// A malformed-file error at an offset.
    package func failure(_ message: String, at offset: Int) -> GraphError {
        GraphError(.malformed, message, at: Place(.offset(offset)))
    }
}
