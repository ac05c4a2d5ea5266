/// A message in protobuf's text format, as it was written: what its fields mean is the reader's business.
package struct TextMessage: Hashable, Sendable {
    /// In the order they were written; a list's elements are fields of their own.
    package var fields: [TextField]
    /// Where it begins.
    package var place: TextPlace

    /// A message with these fields.
    package init(fields: [TextField], place: TextPlace = TextPlace(line: 1, column: 1)) {
        self.fields = fields
        self.place = place
    }
}

/// One field of a message, with its only value.
package struct TextField: Hashable, Sendable {
    /// As it was written.
    package var name: String
    /// What stands after it.
    package var value: TextValue
    /// Where its name begins.
    package var place: TextPlace

    /// A field with its value.
    package init(name: String, value: TextValue, place: TextPlace) {
        self.name = name
        self.value = value
        self.place = place
    }
}

/// What a field stands for.
package indirect enum TextValue: Hashable, Sendable {
    /// A number, a truth value or the name of an enumeration's value, as it was written.
    case word(String)
    /// Text between quotes, its escapes resolved.
    case string(String)
    /// Fields between braces.
    case message(TextMessage)
}

// MARK: - Reading values

extension TextField {
    /// A whole number, decimal, hexadecimal or octal.
    ///
    /// - Throws: `HouseError.Code.malformed` for anything else.
    package func integer() throws(HouseError) -> Int {
        guard case .word(let word) = value, let number = Self.integer(word) else { throw unexpected("a whole number") }
        return number
    }

    private static func integer(_ word: String) -> Int? {
        let isNegative = word.hasPrefix("-")
        let digits = isNegative ? word.dropFirst() : word[...]
        guard let first = digits.first, first.isASCII, first.isNumber else { return nil }
        let (radix, rest) =
            digits.hasPrefix("0x") || digits.hasPrefix("0X")
            ? (16, digits.dropFirst(2)) : first == "0" && digits.count > 1 ? (8, digits.dropFirst()) : (10, digits)
        guard rest.first?.isHexDigit == true else { return nil }
        return Int((isNegative ? "-" : "") + rest, radix: radix)
    }

    /// `true` or `false`, in any of the ways in which they can be written.
    ///
    /// - Throws: `HouseError.Code.malformed` for anything else.
    package func truth() throws(HouseError) -> Bool {
        guard case .word(let word) = value else { throw unexpected("true or false") }
        switch word {
        case "true", "True", "t", "1": return true
        case "false", "False", "f", "0": return false
        default: throw unexpected("true or false")
        }
    }

    /// Text between quotes.
    ///
    /// - Throws: `HouseError.Code.malformed` for anything else.
    package func text() throws(HouseError) -> String {
        guard case .string(let text) = value else { throw unexpected("text between quotes") }
        return text
    }

    /// The name of an enumeration's value.
    ///
    /// - Throws: `HouseError.Code.malformed` for anything else.
    package func symbol() throws(HouseError) -> String {
        guard case .word(let word) = value, word.first?.isLetter == true else { throw unexpected("a name in capitals") }
        return word
    }

    /// Fields between braces.
    ///
    /// - Throws: `HouseError.Code.malformed` for anything else.
    package func message() throws(HouseError) -> TextMessage {
        guard case .message(let message) = value else { throw unexpected("fields between braces") }
        return message
    }

    /// The error for a value of another kind.
    package func unexpected(_ expected: String) -> HouseError {
        let found =
            switch value {
            case .word(let word): word.quoted
            case .string: "text"
            case .message: "fields between braces"
            }
        return HouseError(.malformed, "\(place): '\(name.shown)' takes \(expected), found \(found)")
    }

    /// The error for a field that its message does not have.
    package func unknown(in message: String) -> HouseError {
        HouseError(
            .malformed, "\(place): \(message) has no field '\(name.shown)'",
            help: "is it misspelt, or of a later version?")
    }
}

extension TextMessage {
    /// An entry of a map: `key` and `value`, each at most once.
    ///
    /// - Throws: `HouseError.Code.malformed`.
    package func entry() throws(HouseError) -> (key: String, value: TextField?) {
        var (key, value): (String, TextField?) = ("", nil)
        for field in fields {
            switch field.name {
            case "key": key = try field.text()
            case "value": value = field
            default: throw field.unknown(in: "an entry of a map")
            }
        }
        return (key, value)
    }
}
