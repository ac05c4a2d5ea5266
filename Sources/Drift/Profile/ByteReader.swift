/// Reads the small binary form of profiles; whatever is not there is an error, never a trap.
struct ByteReader {
    private let bytes: [UInt8]
    private(set) var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var rest: Int { bytes.count - offset }

    mutating func take(_ count: Int) throws(DriftError) -> ArraySlice<UInt8> {
        guard count >= 0, count <= rest else {
            throw fault("expected \(count) more bytes, found \(rest)")
        }
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    mutating func byte() throws(DriftError) -> UInt8 {
        guard let byte = try take(1).first else { throw fault("expected a byte") }
        return byte
    }

    /// LEB128 of at most nine bytes.
    mutating func number() throws(DriftError) -> UInt64 {
        var value: UInt64 = 0
        for place in 0..<9 {
            let byte = try byte()
            value |= UInt64(byte & 0x7F) << UInt64(7 * place)
            guard byte & 0x80 != 0 else {
                // One number has one form, so that equal profiles have equal bytes.
                guard byte != 0 || place == 0 else { throw fault("a number has a needless byte") }
                return value
            }
        }
        throw fault("a number has more than 63 bits")
    }

    /// - Throws: over `limit`.
    mutating func count(limit: Int, _ what: String) throws(DriftError) -> Int {
        let value = try number()
        guard value <= UInt64(limit) else { throw fault("\(value) \(what); at most \(limit) are accepted") }
        return Int(value)
    }

    mutating func double() throws(DriftError) -> Double {
        var bits: UInt64 = 0
        for (place, byte) in try take(8).enumerated() { bits |= UInt64(byte) << UInt64(8 * place) }
        return Double(bitPattern: bits)
    }

    mutating func float() throws(DriftError) -> Double {
        var bits: UInt32 = 0
        for (place, byte) in try take(4).enumerated() { bits |= UInt32(byte) << UInt32(8 * place) }
        return Double(Float(bitPattern: bits))
    }

    mutating func text(limit: Int, _ what: String) throws(DriftError) -> String {
        let bytes = try take(try count(limit: limit, "bytes of \(what)"))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw fault("\(what) is no UTF-8") }
        return text
    }

    func fault(_ message: String) -> DriftError {
        DriftError(.damaged, "the profile is damaged at byte \(offset): \(message)")
    }
}

/// Writes what `ByteReader` reads.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ more: some Sequence<UInt8>) { bytes.append(contentsOf: more) }

    mutating func byte(_ byte: UInt8) { bytes.append(byte) }

    mutating func number(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func double(_ value: Double) {
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func float(_ value: Double) {
        withUnsafeBytes(of: Float(value).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func text(_ text: String) {
        number(UInt64(text.utf8.count))
        append(text.utf8)
    }
}
