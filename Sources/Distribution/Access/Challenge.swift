/// What a registry wants to see before it answers: one entry of `WWW-Authenticate`.
///
/// Source: RFC 9110 section 11.6.1.
struct Challenge: Hashable, Sendable {
    /// In lower case: `bearer`, `basic`.
    var scheme: String
    var parameters: [String: String]

    private static let largest = 8192

    /// Reads every challenge of the reply's fields. What is malformed is left out, and never asked for.
    static func all(in headers: HeaderFields) -> [Challenge] {
        headers.values("www-authenticate").filter { $0.utf8.count <= largest }.flatMap { parse($0) }
    }

    private static func parse(_ text: String) -> [Challenge] {
        var scanner = Scanner(rest: text[...])
        var challenges: [Challenge] = []
        while let word = scanner.token() {
            if scanner.take("="), let last = challenges.indices.last {
                guard let value = scanner.value() else { return challenges }
                // The first one counts; a second realm would be a way to hide one.
                let name = word.lowercased()
                if challenges[last].parameters[name] == nil { challenges[last].parameters[name] = value }
            } else {
                challenges.append(Challenge(scheme: word.lowercased(), parameters: [:]))
            }
            scanner.skipSeparators()
        }
        return challenges
    }

    private struct Scanner {
        var rest: Substring

        mutating func skipSpaces() { rest = rest.drop { $0 == " " || $0 == "\t" } }
        mutating func skipSeparators() { rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," } }

        mutating func token() -> String? {
            skipSeparators()
            let word = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "!#$%&'*+-.^_`|~".contains($0)) }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : String(word)
        }

        mutating func take(_ character: Character) -> Bool {
            let before = rest
            skipSpaces()
            guard rest.first == character else {
                rest = before
                return false
            }
            rest = rest.dropFirst()
            return true
        }

        mutating func value() -> String? {
            skipSpaces()
            guard rest.first == "\"" else { return token() }
            rest = rest.dropFirst()
            var text = ""
            while let character = rest.popFirst() {
                switch character {
                case "\"": return text
                case "\\": if let next = rest.popFirst() { text.append(next) }
                default: text.append(character)
                }
            }
            return nil
        }
    }
}
