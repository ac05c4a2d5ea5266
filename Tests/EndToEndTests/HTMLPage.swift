/// A page of HTML, read strictly: every element is closed by its own end tag, in order.
///
/// Source: HTML Living Standard, sections 13.1.2 (elements) and 13.1.2.4 (optional tags, which are not used here).
struct HTMLPage {
    struct Attribute {
        var element: String
        var name: String
        var value: String
    }

    private(set) var attributes: [Attribute] = []
    /// What is not as it should be, in words.
    private(set) var problems: [String] = []
    /// The text of every element of a name, markup inside left out, entities as they are.
    private(set) var texts: [(element: String, text: String)] = []

    private static let void: Set<String> = ["meta", "link", "input", "br", "hr", "img"]
    private static let raw: Set<String> = ["script", "style", "textarea", "title"]

    private var open: [(name: String, text: String)] = []

    init(_ html: String) {
        var rest = Substring(html)
        if !rest.lowercased().hasPrefix("<!doctype html>") { problems.append("no doctype") }
        rest = rest.drop { $0 != ">" }.dropFirst()
        while let start = rest.firstIndex(of: "<") {
            add(text: rest[..<start])
            rest = rest[start...].dropFirst()
            guard let end = Self.end(of: rest) else {
                problems.append("a tag is not closed: <\(rest.prefix(40))")
                break
            }
            let tag = rest[..<end]
            rest = rest[end...].dropFirst()
            if let name = take(tag), Self.raw.contains(name) {
                let close = rest.firstRange(of: "</\(name)>")?.lowerBound ?? rest.endIndex
                add(text: rest[..<close])
                rest = rest[close...]
            }
        }
        if !open.isEmpty { problems.append("left open: \(open.map(\.name))") }
    }

    func values(of name: String, in element: String? = nil) -> [String] {
        attributes.filter { $0.name == name && (element == nil || $0.element == element) }.map(\.value)
    }

    private mutating func add(text: Substring) {
        if text.contains(">") && !["script", "style", "textarea"].contains(open.last?.name ?? "") {
            problems.append("a bare '>' in the text: \(text.prefix(60))")
        }
        for index in open.indices { open[index].text += text }
    }

    /// Where a tag ends: a `>` outside quotes.
    private static func end(of tag: Substring) -> Substring.Index? {
        var quote: Character?
        for index in tag.indices {
            let character = tag[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == ">" {
                return index
            }
        }
        return nil
    }

    /// - Returns: the name of an element that was opened and stays open.
    private mutating func take(_ tag: Substring) -> String? {
        if tag.hasPrefix("/") {
            let name = tag.dropFirst().lowercased()
            guard let last = open.popLast(), last.name == name else {
                problems.append("</\(name)> closes nothing of its name")
                return nil
            }
            texts.append((last.name, last.text))
            return nil
        }
        let name = tag.prefix { !$0.isWhitespace && $0 != "/" }.lowercased()
        guard name.wholeMatch(of: /[a-z][a-z0-9]*/) != nil else {
            problems.append("<\(tag.prefix(40))> is no element")
            return nil
        }
        for match in tag.matches(of: /\s([^\s="'<>\/]+)(?:="([^"]*)")?/) {
            attributes.append(
                Attribute(element: name, name: String(match.1).lowercased(), value: String(match.2 ?? "")))
        }
        if Self.void.contains(name) || tag.hasSuffix("/") { return nil }
        open.append((name, ""))
        return name
    }
}
