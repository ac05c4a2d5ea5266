/// Reads protobuf's text format (`.pbtxt`): fields, nested messages in braces or angle brackets, lists, strings with
/// escapes, comments. Extensions and `Any` in brackets are refused: no configuration that is read here has them.
///
/// Source: Protocol Buffers, "Text Format Language Specification".
package struct TextFormatReader {
    /// Bytes of a text at most.
    package static let largest = 1 << 20
    /// Messages within messages at most.
    package static let deepest = 32
    /// Fields in all at most.
    package static let mostFields = 100_000

    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    private var fieldCount = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Reads a whole text.
    ///
    /// - Throws: `HouseError.Code.malformed` with line and column, `.tooLarge` over a limit.
    package static func read(_ bytes: [UInt8]) throws(HouseError) -> TextMessage {
        guard bytes.count <= largest else {
            throw HouseError(.tooLarge, "the text has \(bytes.count) bytes; at most \(largest) are read")
        }
        var reader = TextFormatReader(bytes)
        return try reader.message(until: nil, depth: 0)
    }

    // MARK: - Messages

    private mutating func message(until end: UInt8?, depth: Int) throws(HouseError) -> TextMessage {
        guard depth <= Self.deepest else {
            throw HouseError(.tooLarge, "\(place): messages are nested deeper than \(Self.deepest)")
        }
        let start = place
        var fields: [TextField] = []
        while true {
            skipBlanks()
            guard let byte = current else {
                guard end == nil else { throw malformed("the text ends within the message that began at \(start)") }
                return TextMessage(fields: fields, place: start)
            }
            if let end, byte == end {
                position += 1
                return TextMessage(fields: fields, place: start)
            }
            try field(into: &fields, depth: depth)
            skipBlanks()
            if current == UInt8(ascii: ",") || current == UInt8(ascii: ";") { position += 1 }
        }
    }

    private mutating func field(into fields: inout [TextField], depth: Int) throws(HouseError) {
        let start = place
        let name = try identifier()
        skipBlanks()
        let hasColon = current == UInt8(ascii: ":")
        if hasColon {
            position += 1
            skipBlanks()
        }
        func add(_ value: TextValue, at place: TextPlace) throws(HouseError) {
            fieldCount += 1
            guard fieldCount <= Self.mostFields else {
                throw HouseError(.tooLarge, "\(place): there are more than \(Self.mostFields) fields")
            }
            fields.append(TextField(name: name, value: value, place: place))
        }
        guard current == UInt8(ascii: "[") else {
            if !hasColon, current != UInt8(ascii: "{"), current != UInt8(ascii: "<") {
                throw malformed("expected ':' or '{' after '\(name.shown)'\(found)")
            }
            return try add(try value(depth: depth), at: start)
        }
        position += 1
        skipBlanks()
        if current == UInt8(ascii: "]") {
            position += 1
            return
        }
        while true {
            let elementPlace = place
            try add(try value(depth: depth), at: elementPlace)
            skipBlanks()
            let separator = current
            guard separator == UInt8(ascii: ",") || separator == UInt8(ascii: "]") else {
                throw malformed("expected ',' or ']' in the list of '\(name.shown)'\(found)")
            }
            position += 1
            if separator == UInt8(ascii: "]") { return }
            skipBlanks()
        }
    }

    private mutating func value(depth: Int) throws(HouseError) -> TextValue {
        switch current {
        case UInt8(ascii: "{"):
            position += 1
            return .message(try message(until: UInt8(ascii: "}"), depth: depth + 1))
        case UInt8(ascii: "<"):
            position += 1
            return .message(try message(until: UInt8(ascii: ">"), depth: depth + 1))
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try strings())
        default: return .word(try word())
        }
    }

    // MARK: - Words

    private mutating func identifier() throws(HouseError) -> String {
        guard let first = current, Self.isLetter(first) else { throw malformed("expected a field's name\(found)") }
        let start = position
        while let byte = current, Self.isLetter(byte) || Self.isDigit(byte) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func word() throws(HouseError) -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        guard let first = current, Self.isLetter(first) || Self.isDigit(first) || first == UInt8(ascii: ".") else {
            throw malformed("expected a value\(found)")
        }
        while let byte = current, Self.isPart(byte, of: bytes[start..<position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Whether a byte goes on with a word; a sign does after an exponent's letter.
    private static func isPart(_ byte: UInt8, of word: ArraySlice<UInt8>) -> Bool {
        if isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: ".") { return true }
        guard byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+"), let last = word.last else { return false }
        let isNumber = word.first { $0 != UInt8(ascii: "-") }.map { isDigit($0) || $0 == UInt8(ascii: ".") } ?? false
        return isNumber && (last == UInt8(ascii: "e") || last == UInt8(ascii: "E"))
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            || byte == UInt8(ascii: "_")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    // MARK: - Strings

    /// Strings that follow each other are one.
    private mutating func strings() throws(HouseError) -> String {
        var text: [UInt8] = []
        let start = place
        while let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            position += 1
            try string(until: quote, into: &text)
            skipBlanks()
        }
        guard let text = String(validating: text, as: UTF8.self) else {
            throw HouseError(.malformed, "\(start): the text is not UTF-8")
        }
        return text
    }

    private mutating func string(until quote: UInt8, into text: inout [UInt8]) throws(HouseError) {
        while let byte = current {
            position += 1
            switch byte {
            case quote: return
            case UInt8(ascii: "\n"), 0: throw malformed("a string ends with its line")
            case UInt8(ascii: "\\"): try escape(into: &text)
            default: text.append(byte)
            }
        }
        throw malformed("the text ends within a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(HouseError) {
        guard let byte = current else { throw malformed("the text ends within a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "a"): text.append(7)
        case UInt8(ascii: "b"): text.append(8)
        case UInt8(ascii: "f"): text.append(12)
        case UInt8(ascii: "v"): text.append(11)
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "?"): text.append(byte)
        case UInt8(ascii: "x"): text.append(UInt8(try code(radix: 16, digits: 2, most: 255)))
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            position -= 1
            text.append(UInt8(try code(radix: 8, digits: 3, most: 255)))
        case UInt8(ascii: "u"): try scalar(digits: 4, into: &text)
        case UInt8(ascii: "U"): try scalar(digits: 8, into: &text)
        default: throw malformed("unknown escape in a string")
        }
    }

    private mutating func scalar(digits: Int, into text: inout [UInt8]) throws(HouseError) {
        let start = position
        let value = try code(radix: 16, digits: digits, most: 0x10FFFF)
        guard position - start == digits, let scalar = Unicode.Scalar(UInt32(value)) else {
            throw malformed("an escape names no character")
        }
        text += Array(String(Character(scalar)).utf8)
    }

    /// Up to `digits` digits, at least one.
    private mutating func code(radix: Int, digits: Int, most: Int) throws(HouseError) -> Int {
        var value = 0
        var count = 0
        while count < digits, let byte = current,
            let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix
        {
            value = value * radix + digit
            count += 1
            position += 1
        }
        guard count > 0, value <= most else { throw malformed("an escape names no character") }
        return value
    }

    // MARK: - Bytes

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private var place: TextPlace { TextPlace(line: line, column: position - lineStart + 1) }

    private mutating func skipBlanks() {
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
                lineStart = position
            case UInt8(ascii: " "), 9, 11, 12, 13: position += 1
            case UInt8(ascii: "#"):
                while let byte = current, byte != UInt8(ascii: "\n") {
                    _ = byte
                    position += 1
                }
            default: return
            }
        }
    }

    private var found: String {
        guard let byte = current else { return ", found the end" }
        return (0x21...0x7e).contains(byte) ? ", found '\(Character(Unicode.Scalar(byte)))'" : ", found another byte"
    }

    private func malformed(_ message: String) -> HouseError { HouseError(.malformed, "\(place): \(message)") }
}
