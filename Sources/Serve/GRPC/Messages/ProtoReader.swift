/// The head of one field of a protobuf message.
struct ProtoField {
    /// How a field's value is laid out. Groups (3 and 4) are refused.
    enum Kind: UInt8 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5

        var name: String {
            switch self {
            case .varint: "a variable-length integer"
            case .fixed64: "eight bytes"
            case .bytes: "a length and bytes"
            case .fixed32: "four bytes"
            }
        }
    }

    var number: Int
    var kind: Kind
}

/// Reads protobuf's wire format from memory: no copy, every length checked against what is left.
///
/// Positions are those in the whole of `bytes`, also within a nested message. Source: Protocol Buffers, "Encoding".
struct ProtoReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(bytes, 0..<bytes.count)
    }

    /// - Parameter range: the part of `bytes` to read; one that this reader's kind gave.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position >= end }

    /// The head of the next field, or `nil` at the end.
    ///
    /// - Throws: `RequestFault.Code.malformedBody` for a group, an unknown encoding, or field number 0.
    mutating func next() throws(RequestFault) -> ProtoField? {
        guard position < end else { return nil }
        let tag = try varint()
        guard tag <= UInt64(UInt32.max), tag >> 3 != 0, let kind = ProtoField.Kind(rawValue: UInt8(tag & 7)) else {
            throw malformed("a field's head is \(tag), which no field of this protocol has")
        }
        return ProtoField(number: Int(tag >> 3), kind: kind)
    }

    /// Up to ten bytes of seven bits each, least significant first.
    mutating func varint() throws(RequestFault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end {
            let byte = bytes[position]
            position += 1
            guard shift < 63 || byte <= 1 else { throw malformed("an integer has more than 64 bits") }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw malformed("it ends inside an integer")
    }

    mutating func fixed32() throws(RequestFault) -> UInt32 { UInt32(littleEndian: try load(UInt32.self)) }

    mutating func fixed64() throws(RequestFault) -> UInt64 { UInt64(littleEndian: try load(UInt64.self)) }

    private mutating func load<Value: FixedWidthInteger & BitwiseCopyable>(
        _: Value.Type
    ) throws(RequestFault) -> Value {
        let size = MemoryLayout<Value>.size
        guard end - position >= size else { throw malformed("it ends inside a value of \(size) bytes") }
        defer { position += size }
        return bytes.loadUnaligned(fromByteOffset: position, as: Value.self)
    }

    /// A length and that many bytes, which are skipped; where they are.
    mutating func range() throws(RequestFault) -> Range<Int> {
        let length = try varint()
        guard length <= UInt64(end - position) else {
            throw malformed("a field has a length of \(length) bytes, but \(end - position) are left")
        }
        let start = position
        position += Int(length)
        return start..<position
    }

    mutating func skip(_ field: ProtoField) throws(RequestFault) {
        switch field.kind {
        case .varint: _ = try varint()
        case .fixed64: _ = try fixed64()
        case .fixed32: _ = try fixed32()
        case .bytes: _ = try range()
        }
    }

    func malformed(_ what: String) -> RequestFault {
        RequestFault(.malformedBody, "the request's message, at byte \(position): \(what)")
    }
}

/// Typed values. Each checks that the field is laid out as its type demands.
extension ProtoReader {
    private func expect(_ kind: ProtoField.Kind, _ field: ProtoField) throws(RequestFault) {
        guard field.kind == kind else {
            throw malformed("field \(field.number) is \(field.kind.name), expected \(kind.name)")
        }
    }

    mutating func string(_ field: ProtoField) throws(RequestFault) -> String {
        try expect(.bytes, field)
        let range = try range()
        let raw = UnsafeRawBufferPointer(rebasing: bytes[range])
        // Nearly all text is ASCII, which needs no slow look.
        if raw.allSatisfy({ $0 < 0x80 }) { return String(decoding: raw, as: UTF8.self) }
        guard let text = String(validating: raw, as: UTF8.self) else {
            throw malformed("field \(field.number) is text, but not UTF-8")
        }
        return text
    }

    /// A nested message, or bytes: where they are.
    mutating func range(_ field: ProtoField) throws(RequestFault) -> Range<Int> {
        try expect(.bytes, field)
        return try range()
    }

    mutating func bool(_ field: ProtoField) throws(RequestFault) -> Bool {
        try expect(.varint, field)
        return try varint() != 0
    }

    mutating func uint64(_ field: ProtoField) throws(RequestFault) -> UInt64 {
        try expect(.varint, field)
        return try varint()
    }

    mutating func int64(_ field: ProtoField) throws(RequestFault) -> Int64 {
        Int64(bitPattern: try uint64(field))
    }

    mutating func double(_ field: ProtoField) throws(RequestFault) -> Double {
        try expect(.fixed64, field)
        return Double(bitPattern: try fixed64())
    }
}
