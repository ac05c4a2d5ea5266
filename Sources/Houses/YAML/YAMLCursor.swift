import Tensors

/// Quoted scalars and flow collections, which may go on over lines.
struct YAMLCursor {
    private var bytes: [UInt8]
    private var position = 0
    private let lines: [String]
    /// The line after the current one.
    private(set) var next: Int
    private(set) var count: Int

    init(_ bytes: [UInt8], lines: [String], next: Int, count: Int) {
        self.bytes = bytes
        self.lines = lines
        self.next = next
        self.count = count
    }

    /// - Throws: `HouseError.Code.malformed` when something but a comment follows on the line.
    mutating func finish() throws(HouseError) {
        skipBlanks()
        guard position == bytes.count || bytes[position] == UInt8(ascii: "#") else {
            throw malformed("something follows the value")
        }
    }

    mutating func value(depth: Int) throws(HouseError) -> JSONValue {
        guard depth <= YAMLReader.deepest else { throw HouseError(.tooLarge, "line \(next): nested too deep") }
        count += 1
        guard count <= YAMLReader.mostValues else {
            throw HouseError(.tooLarge, "line \(next): there are too many values")
        }
        switch current {
        case UInt8(ascii: "'"): return .string(try singleQuoted())
        case UInt8(ascii: "\""): return .string(try doubleQuoted())
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"):
            throw HouseError(.unsupported, "line \(next): anchors, aliases and tags are not read")
        default: return .string(try word())
        }
    }

    // MARK: - Collections

    private mutating func list(depth: Int) throws(HouseError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        while true {
            try skip()
            if current == UInt8(ascii: "]") { break }
            elements.append(try value(depth: depth + 1))
            try skip()
            guard current == UInt8(ascii: ",") else { break }
            position += 1
        }
        guard current == UInt8(ascii: "]") else { throw malformed("expected ',' or ']'") }
        position += 1
        return .array(elements)
    }

    private mutating func object(depth: Int) throws(HouseError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        while true {
            try skip()
            if current == UInt8(ascii: "}") { break }
            guard case .string(let key) = try value(depth: depth + 1) else { throw malformed("expected a key") }
            guard !members.contains(where: { $0.key == key }), members.count < 1000 else {
                throw malformed("a key comes twice, or there are too many")
            }
            try skip()
            var member = JSONValue.null
            if current == UInt8(ascii: ":") {
                position += 1
                try skip()
                member = try value(depth: depth + 1)
                try skip()
            }
            members.append(.init(key: key, value: member))
            guard current == UInt8(ascii: ",") else { break }
            position += 1
        }
        guard current == UInt8(ascii: "}") else { throw malformed("expected ',' or '}'") }
        position += 1
        return .object(members)
    }

    private mutating func word() throws(HouseError) -> String {
        let start = position
        while let byte = current, !",[]{}".utf8.contains(byte) {
            if byte == UInt8(ascii: ":"), position + 1 == bytes.count || ", ]}".utf8.contains(bytes[position + 1]) {
                break
            }
            position += 1
        }
        let text = YAMLReader.trimmed(String(decoding: bytes[start..<position], as: UTF8.self))
        guard !text.isEmpty else { throw malformed("expected a value") }
        return text
    }

    // MARK: - Quotes

    private mutating func singleQuoted() throws(HouseError) -> String {
        position += 1
        var text: [UInt8] = []
        while true {
            guard let byte = current else {
                try fold(&text)
                continue
            }
            position += 1
            guard byte == UInt8(ascii: "'") else {
                text.append(byte)
                continue
            }
            guard current == UInt8(ascii: "'") else { return String(decoding: text, as: UTF8.self) }
            text.append(byte)
            position += 1
        }
    }

    private mutating func doubleQuoted() throws(HouseError) -> String {
        position += 1
        var text: [UInt8] = []
        while true {
            guard let byte = current else {
                try fold(&text)
                continue
            }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(&text)
            default: text.append(byte)
            }
        }
    }

    private mutating func escape(_ text: inout [UInt8]) throws(HouseError) {
        guard let byte = current else {
            // A line's end that is escaped joins without a blank.
            return try nextLine()
        }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): text.append(10)
        case UInt8(ascii: "t"): text.append(9)
        case UInt8(ascii: "r"): text.append(13)
        case UInt8(ascii: "0"): text.append(0)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "/"), UInt8(ascii: " "): text.append(byte)
        case UInt8(ascii: "x"): try scalar(digits: 2, &text)
        case UInt8(ascii: "u"): try scalar(digits: 4, &text)
        case UInt8(ascii: "U"): try scalar(digits: 8, &text)
        default: throw malformed("unknown escape")
        }
    }

    private mutating func scalar(digits: Int, _ text: inout [UInt8]) throws(HouseError) {
        guard position + digits <= bytes.count,
            let value = UInt32(String(decoding: bytes[position..<(position + digits)], as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw malformed("an escape names no character") }
        position += digits
        text += Array(String(Character(scalar)).utf8)
    }

    /// A line's end in a quoted scalar is a blank; empty lines are line breaks.
    private mutating func fold(_ text: inout [UInt8]) throws(HouseError) {
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        try nextLine()
        var breaks = 0
        while current == nil, next < lines.count {
            breaks += 1
            try nextLine()
        }
        text += breaks == 0 ? [UInt8(ascii: " ")] : [UInt8](repeating: 10, count: breaks)
    }

    // MARK: - Bytes

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func nextLine() throws(HouseError) {
        guard next < lines.count else { throw malformed("the text ends within a value") }
        bytes = Array(lines[next].utf8.drop { $0 == UInt8(ascii: " ") })
        position = 0
        next += 1
    }

    private mutating func skipBlanks() {
        while let byte = current, byte == UInt8(ascii: " ") || byte == 9 { position += 1 }
    }

    /// Blanks, comments and line ends.
    private mutating func skip() throws(HouseError) {
        while true {
            skipBlanks()
            guard current == nil || current == UInt8(ascii: "#") else { return }
            try nextLine()
        }
    }

    private func malformed(_ message: String) -> HouseError { HouseError(.malformed, "line \(next): \(message)") }
}
