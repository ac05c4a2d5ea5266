/// Writes protobuf's wire format. Fields that hold what an absent field means are left out, as proto3 does.
struct ProtoWriter {
    var bytes: [UInt8] = []

    init(reserving capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    mutating func tag(_ number: Int, _ kind: ProtoField.Kind) {
        varint(UInt64(number) << 3 | UInt64(kind.rawValue))
    }

    mutating func uint64(_ number: Int, _ value: UInt64) {
        guard value != 0 else { return }
        tag(number, .varint)
        varint(value)
    }

    mutating func int64(_ number: Int, _ value: Int64) { uint64(number, UInt64(bitPattern: value)) }

    mutating func bool(_ number: Int, _ value: Bool) { uint64(number, value ? 1 : 0) }

    mutating func string(_ number: Int, _ text: String) {
        guard !text.isEmpty else { return }
        element(number, text)
    }

    /// One element of a repeated field of text, or a member of a `oneof`: written even when it is empty.
    mutating func element(_ number: Int, _ text: String) {
        var text = text
        tag(number, .bytes)
        varint(UInt64(text.utf8.count))
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    mutating func strings(_ number: Int, _ texts: [String]) {
        for text in texts { element(number, text) }
    }

    /// Packed integers, as `repeated int64` is written.
    mutating func int64s(_ number: Int, _ values: some Collection<Int>) {
        guard !values.isEmpty else { return }
        let size = values.reduce(0) { $0 + Self.size(ofVarint: UInt64(bitPattern: Int64($1))) }
        tag(number, .bytes)
        varint(UInt64(size))
        for value in values { varint(UInt64(bitPattern: Int64(value))) }
    }

    /// A nested message: what `body` writes, its length put in front.
    mutating func message<Failure: Error>(
        _ number: Int, _ body: (inout ProtoWriter) throws(Failure) -> Void
    ) throws(Failure) {
        tag(number, .bytes)
        // Most messages are shorter than 128 bytes, and their length is one byte.
        bytes.append(0)
        let start = bytes.count
        try body(&self)
        let length = bytes.count - start
        if length < 0x80 {
            bytes[start - 1] = UInt8(length)
        } else {
            var head = ProtoWriter()
            head.varint(UInt64(length))
            bytes.replaceSubrange(start - 1..<start, with: head.bytes)
        }
    }

    static func size(ofVarint value: UInt64) -> Int {
        value == 0 ? 1 : (UInt64.bitWidth - value.leadingZeroBitCount + 6) / 7
    }

    /// Bytes of a field of bytes, head included.
    static func size(ofBytes count: Int, number: Int) -> Int {
        size(ofVarint: UInt64(number) << 3) + size(ofVarint: UInt64(count)) + count
    }
}
