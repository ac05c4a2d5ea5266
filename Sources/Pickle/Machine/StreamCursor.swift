import Tensors

/// Reads a stream from its beginning to its end, and never past it.
struct StreamCursor {
    let source: PickleBytes
    private(set) var position: Int

    init(_ source: PickleBytes, at position: Int = 0) {
        self.source = source
        self.position = position
    }

    var remaining: Int { source.count - position }

    /// The next byte.
    mutating func byte() throws(PickleError) -> UInt8 {
        guard let byte = source[position] else { throw early(1) }
        position += 1
        return byte
    }

    /// The next unsigned number of so many bytes, at most eight, little-endian.
    mutating func number(bytes count: Int) throws(PickleError) -> Int {
        let field = try slice(count)
        let value = field.withUnsafeBytes { $0.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
        guard let number = Int(exactly: value) else {
            throw PickleError(.malformed, "byte \(position - count): a length of \(value) bytes is beyond any file")
        }
        return number
    }

    /// The next `count` bytes, not copied.
    mutating func slice(_ count: Int) throws(PickleError) -> PickleBytes {
        guard let slice = source.slice(at: position, count: count) else { throw early(count) }
        position += count
        return slice
    }

    /// The bytes up to the next line feed, which is consumed.
    mutating func line(limit: Int = .max) throws(PickleError) -> PickleBytes {
        let start = position
        let length = source.withUnsafeBytes { bytes in
            UnsafeRawBufferPointer(rebasing: bytes[start...]).firstIndex(of: UInt8(ascii: "\n"))
        }
        guard let length else { throw PickleError(.malformed, "byte \(start): expected a line, found no end of it") }
        guard length <= limit else {
            throw PickleError(.tooLarge, "byte \(start): a line of \(length) bytes; at most \(limit) are accepted")
        }
        let line = try slice(length)
        position += 1
        return line
    }

    private func early(_ count: Int) -> PickleError {
        PickleError(.malformed, "byte \(position): expected \(count) more bytes, found \(max(0, remaining))")
    }
}

extension PickleBytes {
    /// The bytes as text; ill-formed parts are repaired, because Python accepts more than UTF-8 does.
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
}
