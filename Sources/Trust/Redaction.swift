/// Keeps secrets out of logs, errors and reports.
package enum Redaction {
    /// What stands where a secret was.
    package static let mark = "[redacted]"

    /// Words of which one in a field's name makes its value a secret.
    private static let words: Set<String> = [
        "authorization", "cookie", "credential", "credentials", "key", "passphrase", "passwd", "password", "secret",
        "token", "apikey",
    ]

    /// Whether a field, header or variable of this name holds a secret: `X-Api-Key`, `dbPassword`, `SLIPWAY_TOKEN`.
    package static func isSecret(name: String) -> Bool {
        parts(of: name).contains { words.contains($0) || words.contains(String($0.dropLast())) && $0.hasSuffix("s") }
    }

    /// The text with every Slipway token, and whatever follows `Bearer` or `Basic`, replaced.
    package static func redacting(_ text: String) -> String {
        var result = ""
        var afterScheme = false
        for piece in pieces(of: text) {
            let isBlank = piece.allSatisfy(\.isWhitespace)
            if isBlank {
                result += piece
            } else if afterScheme {
                result += mark
                afterScheme = false
            } else {
                result += withoutTokens(piece)
                afterScheme = ["bearer", "basic"].contains(schemeWord(of: piece))
            }
        }
        return result
    }

    /// Replaces `slw_` and the characters of a token that follow it.
    private static func withoutTokens(_ piece: Substring) -> String {
        var result = ""
        var rest = piece
        while let start = rest.firstRange(of: TokenSecret.prefix) {
            result += rest[..<start.lowerBound]
            let tail = rest[start.upperBound...]
            let secret = tail.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            result += secret.isEmpty ? TokenSecret.prefix : mark
            rest = tail[secret.endIndex...]
        }
        return result + rest
    }

    /// The letters at the end of a piece, in lower case: `bearer` of `"Authorization:Bearer`.
    private static func schemeWord(of piece: Substring) -> String {
        String(piece.reversed().prefix { $0.isLetter }.reversed()).lowercased()
    }

    /// The text cut between blank and other characters, nothing lost.
    private static func pieces(of text: String) -> [Substring] {
        var pieces: [Substring] = []
        var rest = Substring(text)
        while let first = rest.first {
            let piece = rest.prefix { $0.isWhitespace == first.isWhitespace }
            pieces.append(piece)
            rest = rest[piece.endIndex...]
        }
        return pieces
    }

    /// The words of a name in lower case, cut at other characters and before capitals.
    private static func parts(of name: String) -> [String] {
        var parts: [String] = []
        var current = ""
        var previousIsLower = false
        for character in name {
            let isBreak = !character.isLetter || character.isUppercase && previousIsLower
            if isBreak, !current.isEmpty {
                parts.append(current)
                current = ""
            }
            if character.isLetter { current += character.lowercased() }
            previousIsLower = character.isLowercase
        }
        return current.isEmpty ? parts : parts + [current]
    }
}
