package import Tensors

/// A tree written as YAML in block style, for files that people read and change.
///
/// Texts that could be taken for something else are quoted as JSON quotes them, which YAML reads alike (YAML 1.2,
/// section 1.3); texts of several lines become literal blocks.
package enum YAMLText {
    package static func write(_ value: JSONValue) -> String {
        var text = ""
        append(value, indent: 0, to: &text)
        return text
    }

    private static func append(_ value: JSONValue, indent: Int, to text: inout String) {
        switch value {
        case .object(let members) where !members.isEmpty:
            for member in members {
                text += spaces(indent) + scalar(member.key) + ":"
                appendAfterMark(member.value, indent: indent, to: &text)
            }
        case .array(let elements) where !elements.isEmpty:
            for element in elements { append(element: element, indent: indent, to: &text) }
        default: text += spaces(indent) + flow(value) + "\n"
        }
    }

    /// An element stands behind its dash: the first member of an object too.
    private static func append(element: JSONValue, indent: Int, to text: inout String) {
        guard isBlock(element) else {
            text += spaces(indent) + "- " + flow(element, indent: indent + 2) + "\n"
            return
        }
        var inner = ""
        append(element, indent: indent + 2, to: &inner)
        text += spaces(indent) + "- " + inner.dropFirst(indent + 2)
    }

    private static func appendAfterMark(_ value: JSONValue, indent: Int, to text: inout String) {
        guard isBlock(value) else {
            text += " " + flow(value, indent: indent + 2) + "\n"
            return
        }
        text += "\n"
        append(value, indent: indent + 2, to: &text)
    }

    private static func isBlock(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let members): !members.isEmpty
        case .array(let elements): !elements.isEmpty
        default: false
        }
    }

    /// What fits behind a mark: a scalar, something empty, or a literal block.
    private static func flow(_ value: JSONValue, indent: Int = 0) -> String {
        switch value {
        case .object: "{}"
        case .array: "[]"
        case .string(let string) where isLiteral(string):
            "|-\n"
                + string.split(separator: "\n", omittingEmptySubsequences: false).map {
                    $0.isEmpty ? "" : spaces(indent) + $0
                }.joined(separator: "\n")
        case .string(let string): scalar(string)
        default: value.encodedString()
        }
    }

    /// Several lines that a literal block gives back as they are.
    private static func isLiteral(_ text: String) -> Bool {
        text.contains("\n") && !text.hasSuffix("\n") && !text.hasPrefix(" ") && !text.hasPrefix("\n")
            && text.unicodeScalars.allSatisfy { $0 == "\n" || ($0.value >= 0x20 && $0.value != 0x7F) }
    }

    private static func scalar(_ text: String) -> String {
        isPlain(text) ? text : JSONValue.string(text).encodedString()
    }

    /// Whether every reader of YAML takes it for this text, unquoted.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first) || first == UInt8(ascii: "_") else { return false }
        let words: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        return !words.contains(text.lowercased()) && !text.hasSuffix(" ")
            && text.utf8.allSatisfy { byte in
                isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || " _-./".utf8.contains(byte)
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
