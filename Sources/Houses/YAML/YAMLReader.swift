package import Tensors

/// Reads the part of YAML that programs write for configuration: block mappings and sequences, plain, single- and
/// double-quoted scalars, literal and folded blocks, flow collections, comments. Anchors, aliases, tags, merge keys, several
/// documents and tabs in indentation are refused, so that nothing multiplies and nothing names a type.
///
/// Every scalar is text: what a word means is its reader's business. Source: YAML 1.2.2.
package struct YAMLReader {
    /// Bytes of a text at most.
    package static let largest = 4 << 20
    /// Collections within collections at most.
    package static let deepest = 32
    /// Values in all at most.
    package static let mostValues = 200_000

    /// One line without its comment and its line break.
    private struct Line {
        var indent: Int
        var text: String
        var number: Int
    }

    private var lines: [String]
    var index = 0
    private var valueCount = 0

    private init(_ lines: [String]) { self.lines = lines }

    /// Reads a whole document.
    ///
    /// - Returns: objects, arrays, strings, and `null` for what is left empty.
    /// - Throws: `HouseError.Code.malformed` with the line, `.tooLarge` over a limit, `.unsupported` for what is not read.
    package static func read(_ bytes: [UInt8]) throws(HouseError) -> JSONValue {
        guard bytes.count <= largest else {
            throw HouseError(.tooLarge, "the text has \(bytes.count) bytes; at most \(largest) are read")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw HouseError(.malformed, "the text is not UTF-8")
        }
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(String.UnicodeScalarView(line.last == "\r" ? line.dropLast() : line))
        }
        var reader = YAMLReader(lines)
        reader.skipHead()
        guard let first = try reader.peek() else { return .null }
        let value = try reader.block(indent: first.indent, depth: 0)
        if let rest = try reader.peek() {
            throw HouseError(.malformed, "line \(rest.number): expected the end, or a key at the same indentation")
        }
        return value
    }

    /// Passes over a document's opening mark.
    private mutating func skipHead() {
        while index < lines.count {
            let line = lines[index]
            if line == "---" {
                index += 1
                return
            }
            guard line.isEmpty || line.hasPrefix("#") else { return }
            index += 1
        }
    }

    // MARK: - Lines

    /// The next line that says something.
    private mutating func peek() throws(HouseError) -> Line? {
        while index < lines.count {
            let line = lines[index]
            let indent = line.utf8.prefix { $0 == UInt8(ascii: " ") }.count
            let text = String(line.utf8.dropFirst(indent)) ?? ""
            if text.isEmpty || text.hasPrefix("#") {
                index += 1
                continue
            }
            guard !text.hasPrefix("\t") else {
                throw HouseError(.malformed, "line \(index + 1): a tab where blanks indent")
            }
            guard indent > 0 || !(text == "..." || text == "---" || text.hasPrefix("--- ") || text.hasPrefix("%"))
            else {
                throw HouseError(.unsupported, "line \(index + 1): one document is read, without directives")
            }
            return Line(indent: indent, text: text, number: index + 1)
        }
        return nil
    }

    private mutating func count() throws(HouseError) {
        valueCount += 1
        guard valueCount <= Self.mostValues else {
            throw HouseError(.tooLarge, "line \(index): there are more than \(Self.mostValues) values")
        }
    }

    // MARK: - Blocks

    private mutating func block(indent: Int, depth: Int) throws(HouseError) -> JSONValue {
        guard depth <= Self.deepest else {
            throw HouseError(.tooLarge, "line \(index + 1): nested deeper than \(Self.deepest)")
        }
        guard let line = try peek() else { return .null }
        try count()
        if line.text == "-" || line.text.hasPrefix("- ") { return try sequence(indent: indent, depth: depth) }
        if try Self.key(line) != nil { return try mapping(indent: indent, depth: depth) }
        index += 1
        return try inline(line.text, line: line, parent: indent - 1, depth: depth)
    }

    private mutating func mapping(indent: Int, depth: Int) throws(HouseError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var keys: Set<String> = []
        while let line = try peek(), line.indent >= indent {
            guard line.indent == indent else {
                throw HouseError(.malformed, "line \(line.number): indented by \(line.indent), expected \(indent)")
            }
            guard let (key, rest) = try Self.key(line) else {
                guard line.text != "-", !line.text.hasPrefix("- ") else { break }
                throw HouseError(.malformed, "line \(line.number): expected 'key: value'")
            }
            guard key != "<<" else { throw HouseError(.unsupported, "line \(line.number): merge keys are not read") }
            guard keys.insert(key).inserted else {
                throw HouseError(.malformed, "line \(line.number): \(key.quoted) comes twice")
            }
            index += 1
            try count()
            members.append(.init(key: key, value: try value(rest, line: line, indent: indent, depth: depth)))
        }
        return .object(members)
    }

    /// What follows a key: on its line, or indented below it; a sequence may stand at the key's own indentation.
    private mutating func value(_ rest: String, line: Line, indent: Int, depth: Int) throws(HouseError) -> JSONValue {
        guard rest.isEmpty else { return try inline(rest, line: line, parent: indent, depth: depth) }
        guard let next = try peek() else { return .null }
        let isSequence = next.text == "-" || next.text.hasPrefix("- ")
        guard next.indent > indent || next.indent == indent && isSequence else { return .null }
        return try block(indent: next.indent, depth: depth + 1)
    }

    private mutating func sequence(indent: Int, depth: Int) throws(HouseError) -> JSONValue {
        var elements: [JSONValue] = []
        while let line = try peek(), line.indent == indent, line.text == "-" || line.text.hasPrefix("- ") {
            try count()
            let rest = line.text.utf8.dropFirst().drop { $0 == UInt8(ascii: " ") }
            let text = String(rest) ?? ""
            guard !text.isEmpty, !text.hasPrefix("#") else {
                index += 1
                guard let next = try peek(), next.indent > indent else {
                    elements.append(.null)
                    continue
                }
                elements.append(try block(indent: next.indent, depth: depth + 1))
                continue
            }
            let inner = indent + line.text.utf8.count - rest.count
            let nested = Line(indent: inner, text: text, number: line.number)
            guard try Self.key(nested) != nil || text == "-" || text.hasPrefix("- ") else {
                index += 1
                elements.append(try inline(text, line: line, parent: indent, depth: depth))
                continue
            }
            elements.append(try nestedBlock(nested, depth: depth))
        }
        if let line = try peek(), line.indent > indent {
            throw HouseError(.malformed, "line \(line.number): indented by \(line.indent), expected \(indent)")
        }
        return .array(elements)
    }

    /// A collection that begins on the line of its sequence's mark: read as if the mark were blanks.
    private mutating func nestedBlock(_ line: Line, depth: Int) throws(HouseError) -> JSONValue {
        lines[index] = String(repeating: " ", count: line.indent) + line.text
        return try block(indent: line.indent, depth: depth + 1)
    }

    // MARK: - Keys

    /// The key at the beginning of a line, and what follows its colon; `nil` where there is none.
    private static func key(_ line: Line) throws(HouseError) -> (key: String, rest: String)? {
        let bytes = Array(line.text.utf8)
        guard let first = bytes.first else { return nil }
        if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") {
            guard let end = bytes.dropFirst().firstIndex(of: first), end + 1 < bytes.count,
                bytes[end + 1] == UInt8(ascii: ":"), end + 2 == bytes.count || bytes[end + 2] == UInt8(ascii: " ")
            else { return nil }
            let key = bytes[1..<end]
            guard !key.contains(UInt8(ascii: "\\")) else {
                throw HouseError(.unsupported, "line \(line.number): an escape in a key is not read")
            }
            return (text(key), rest(bytes[(end + 2)...]))
        }
        guard !"[{&*!|>%@`?".utf8.contains(first) || first == UInt8(ascii: "?") && bytes.count > 1 && bytes[1] != 32
        else {
            return nil
        }
        for (position, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "#"), position > 0, bytes[position - 1] == UInt8(ascii: " ") { return nil }
            guard byte == UInt8(ascii: ":"), position + 1 == bytes.count || bytes[position + 1] == UInt8(ascii: " ")
            else { continue }
            return (trimmed(text(bytes[..<position])), rest(bytes[(position + 1)...]))
        }
        return nil
    }

    /// What follows a colon, without blanks and a comment that is all of it.
    private static func rest(_ bytes: ArraySlice<UInt8>) -> String {
        let rest = bytes.drop { $0 == UInt8(ascii: " ") }
        return rest.first == UInt8(ascii: "#") ? "" : text(rest)
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    static func trimmed(_ text: String) -> String {
        String(decoding: text.utf8.reversed().drop { $0 == 32 || $0 == 9 }.reversed(), as: UTF8.self)
    }

    // MARK: - Values on a line

    /// A value that begins on a line that was passed already; it may go on below, deeper than `parent`.
    private mutating func inline(
        _ text: String, line: Line, parent: Int, depth: Int
    ) throws(HouseError) -> JSONValue {
        switch text.utf8.first {
        case UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"):
            throw HouseError(
                .unsupported, "line \(line.number): anchors, aliases and tags are not read: nothing is named twice")
        case UInt8(ascii: "|"), UInt8(ascii: ">"): return .string(try blockScalar(text, line, parent: parent))
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "["), UInt8(ascii: "{"):
            var cursor = YAMLCursor(Array(text.utf8), lines: lines, next: index, count: valueCount)
            let value = try cursor.value(depth: depth + 1)
            try cursor.finish()
            (index, valueCount) = (cursor.next, cursor.count)
            return value
        case UInt8(ascii: "@"), UInt8(ascii: "`"), UInt8(ascii: "%"):
            throw HouseError(.malformed, "line \(line.number): a value cannot begin so")
        default: return .string(try plain(text, parent: parent))
        }
    }

    /// A plain scalar with the lines that go on with it.
    private mutating func plain(_ text: String, parent: Int) throws(HouseError) -> String {
        var words = [Self.withoutComment(text)]
        while let line = try peek(), line.indent > parent, try Self.key(line) == nil, !line.text.hasPrefix("- ") {
            words.append(Self.withoutComment(line.text))
            index += 1
            try count()
        }
        return words.joined(separator: " ")
    }

    private static func withoutComment(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let end = bytes.indices.first { $0 > 0 && bytes[$0] == UInt8(ascii: "#") && bytes[$0 - 1] == UInt8(ascii: " ") }
        return trimmed(Self.text(bytes[..<(end ?? bytes.count)]))
    }

    /// A literal (`|`) or folded (`>`) block.
    private mutating func blockScalar(_ head: String, _ line: Line, parent: Int) throws(HouseError) -> String {
        let marks = Self.withoutComment(head)
        guard marks.utf8.count <= 2, marks.dropFirst().allSatisfy({ $0 == "-" || $0 == "+" }) else {
            throw HouseError(.unsupported, "line \(line.number): of a block's marks only '-' and '+' are read")
        }
        var texts: [String] = []
        var indent: Int?
        while index < lines.count {
            let text = lines[index]
            let blanks = text.utf8.prefix { $0 == UInt8(ascii: " ") }.count
            if blanks == text.utf8.count {
                texts.append("")
                index += 1
                continue
            }
            guard blanks >= indent ?? (parent + 1), blanks > parent else { break }
            let depth = indent ?? blanks
            indent = depth
            texts.append(String(decoding: text.utf8.dropFirst(depth), as: UTF8.self))
            index += 1
        }
        while texts.last?.isEmpty == true { texts.removeLast() }
        let end = marks.hasSuffix("-") || texts.isEmpty ? "" : "\n"
        return texts.joined(separator: head.hasPrefix(">") ? " " : "\n") + end
    }
}
