/// What may follow a chunk's size: `;name`, `;name=value`, `;name="quoted"`, any number of them. It is read past, and only
/// told from what is none.
///
/// Source: RFC 9112 section 7.1.1, without the blanks that it says are bad.
struct ChunkExtension {
    private enum Place {
        /// Nothing of a name or of a value has come.
        case nameStart, valueStart
        case name, value, quoted
        /// After a backslash within quotes.
        case escaped
        case quotedEnd
    }

    /// As after a semicolon.
    private var place = Place.nameStart

    /// Whether it may end here.
    var isComplete: Bool { place == .name || place == .value || place == .quotedEnd }

    /// - Returns: whether the byte may stand there.
    mutating func take(_ byte: UInt8) -> Bool {
        switch place {
        case .nameStart, .name: takeInName(byte)
        case .valueStart, .value: takeInValue(byte)
        case .quoted: takeInQuotes(byte)
        case .escaped: goOn(in: .quoted, if: Self.isText(byte))
        case .quotedEnd: goOn(in: .nameStart, if: byte == UInt8(ascii: ";"))
        }
    }

    private mutating func takeInName(_ byte: UInt8) -> Bool {
        if ASCII.isToken(byte) { return goOn(in: .name, if: true) }
        guard place == .name else { return false }
        if byte == UInt8(ascii: "=") { return goOn(in: .valueStart, if: true) }
        return goOn(in: .nameStart, if: byte == UInt8(ascii: ";"))
    }

    private mutating func takeInValue(_ byte: UInt8) -> Bool {
        if ASCII.isToken(byte) { return goOn(in: .value, if: true) }
        if place == .valueStart { return goOn(in: .quoted, if: byte == UInt8(ascii: "\"")) }
        return goOn(in: .nameStart, if: byte == UInt8(ascii: ";"))
    }

    private mutating func takeInQuotes(_ byte: UInt8) -> Bool {
        if byte == UInt8(ascii: "\"") { return goOn(in: .quotedEnd, if: true) }
        return goOn(in: byte == UInt8(ascii: "\\") ? .escaped : .quoted, if: Self.isText(byte))
    }

    private mutating func goOn(in next: Place, if isAllowed: Bool) -> Bool {
        place = next
        return isAllowed
    }

    private static func isText(_ byte: UInt8) -> Bool { byte == 0x09 || (byte >= 0x20 && byte != 0x7F) }
}
