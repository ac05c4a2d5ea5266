/// An element of a small XML document, as buckets answer with: names, text and what is within. No document type, no
/// entities of one's own, no processing; attributes and comments are passed over.
///
/// Source: Extensible Markup Language 1.0, the productions that are needed.
struct MarkupElement: Hashable, Sendable {
    var name: String
    /// The text that stands in it directly.
    var text = ""
    var children: [MarkupElement] = []

    /// The first child of this name.
    subscript(name: String) -> MarkupElement? { children.first { $0.name == name } }

    static let deepest = 16
    static let mostElements = 200_000

    /// Reads a document.
    ///
    /// - Returns: `nil` for bytes that are none, or one with what is not read.
    init?(_ bytes: [UInt8]) {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        var reader = MarkupReader(text)
        guard let root = reader.document() else { return nil }
        self = root
    }

    fileprivate init(name: String) { self.name = name }
}

/// Goes through the text of a document once.
private struct MarkupReader {
    private var rest: Substring.UTF8View.SubSequence
    private var count = 0

    init(_ text: String) { rest = Substring(text).utf8 }

    mutating func document() -> MarkupElement? {
        if take("\u{FEFF}") {}
        guard skipMisc(), let root = element(depth: 0), skipMisc(), rest.isEmpty else { return nil }
        return root
    }

    /// Blanks, comments and declarations between elements.
    private mutating func skipMisc() -> Bool {
        while true {
            skipBlanks()
            if take("<!--") {
                guard skip(past: "-->") else { return false }
            } else if take("<?") {
                guard skip(past: "?>") else { return false }
            } else {
                return true
            }
        }
    }

    private mutating func element(depth: Int) -> MarkupElement? {
        count += 1
        guard depth < MarkupElement.deepest, count <= MarkupElement.mostElements, take("<"), let name = name() else {
            return nil
        }
        var element = MarkupElement(name: name)
        guard let isEmpty = attributes() else { return nil }
        if isEmpty { return element }
        var text: [UInt8] = []
        while let byte = rest.first {
            if byte == UInt8(ascii: "<") {
                if take("</") {
                    guard self.name() == name else { return nil }
                    skipBlanks()
                    element.text = String(decoding: text, as: UTF8.self)
                    return take(">") ? element : nil
                }
                if take("<!--") {
                    guard skip(past: "-->") else { return nil }
                    continue
                }
                guard let child = self.element(depth: depth + 1) else { return nil }
                element.children.append(child)
            } else if byte == UInt8(ascii: "&") {
                guard let character = entity() else { return nil }
                text.append(contentsOf: String(character).utf8)
            } else {
                text.append(byte)
                rest = rest.dropFirst()
            }
        }
        return nil
    }

    /// - Returns: whether the element is empty; `nil` for what is no end of a tag.
    private mutating func attributes() -> Bool? {
        while true {
            skipBlanks()
            if take("/>") { return true }
            if take(">") { return false }
            guard name() != nil else { return nil }
            skipBlanks()
            guard take("=") else { return nil }
            skipBlanks()
            guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: quote) else { return nil }
            rest = rest[rest.index(after: end)...]
        }
    }

    private mutating func name() -> String? {
        let bytes = rest.prefix { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard !bytes.isEmpty, bytes.count <= 64 else { return nil }
        rest = rest[bytes.endIndex...]
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let entities: [String: Character] = [
        "amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'",
    ]

    /// Reads `&amp;` or `&#60;`.
    private mutating func entity() -> Character? {
        rest = rest.dropFirst()
        let bytes = rest.prefix(12).prefix { $0 != UInt8(ascii: ";") }
        rest = rest[bytes.endIndex...]
        guard take(";") else { return nil }
        let word = String(decoding: bytes, as: UTF8.self)
        if let character = Self.entities[word] { return character }
        guard word.hasPrefix("#") else { return nil }
        let isHex = word.hasPrefix("#x")
        guard let value = UInt32(word.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10), value > 0,
            let scalar = Unicode.Scalar(value)
        else { return nil }
        return Character(scalar)
    }

    private mutating func skipBlanks() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.utf8) else { return false }
        rest = rest.dropFirst(text.utf8.count)
        return true
    }

    private mutating func skip(past text: String) -> Bool {
        while !rest.isEmpty {
            if take(text) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
