/// A position in JSON text and the tokens that can be read there; knows nothing of what is nested in what.
///
/// The bytes belong to the caller, who keeps them alive as long as the cursor.
struct JSONCursor {
    let bytes: UnsafeRawBufferPointer
    var position: Int

    init(_ bytes: UnsafeRawBufferPointer, position: Int) {
        self.bytes = bytes
        self.position = min(max(position, 0), bytes.count)
    }

    /// The byte at the position, or `nil` at the end.
    @inline(__always)
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    @inline(__always)
    mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    /// Skips white space, then moves past `byte` if it is there.
    @inline(__always)
    mutating func consume(_ byte: UInt8) -> Bool {
        skipWhiteSpace()
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// Moves past `word` if it is there and does not run on into a longer word.
    mutating func consume(word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length else { return false }
        for index in 0..<length where bytes[position + index] != word.utf8Start[index] { return false }
        if position + length < bytes.count, Self.isWordByte(bytes[position + length]) { return false }
        position += length
        return true
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }

    /// The kind of the value that begins here, or `nil` when none does.
    var kind: JSONKind? {
        switch current {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: nil
        }
    }

    /// The error that `expected` should be here and something else is.
    @inline(never)
    func unexpected(expected: String) -> JSONError {
        let code: JSONError.Code = kind == nil ? .malformed : .wrongKind
        return JSONError(code, "expected \(expected), found \(foundDescription)", offset: position)
    }

    private var foundDescription: String {
        if let kind { return kind.withArticle }
        guard let byte = current else { return "the end of the text" }
        if position == 0, bytes.count >= 3, byte == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            return "a byte order mark, which JSON does not allow"
        }
        let isPrintable = (0x21...0x7E).contains(byte)
        return isPrintable
            ? "'\(Character(UnicodeScalar(byte)))'" : "byte 0x\(String(byte, radix: 16, uppercase: true))"
    }
}

/// The kind of a JSON value.
package enum JSONKind: Hashable, Sendable {
    case object, array, string, number, bool, null

    /// The kind as a message says it: `an object`, `null`.
    var withArticle: String {
        switch self {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .bool: "a boolean"
        case .null: "null"
        }
    }
}
