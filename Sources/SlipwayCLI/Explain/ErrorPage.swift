import Tensors

/// What there is to know about one error code.
struct ErrorPage: Sendable {
    /// As in `SW4003`.
    let code: Int
    /// The error in one line, without names.
    let title: String
    /// What it means, in a few sentences.
    let meaning: String
    /// What usually leads to it, the most frequent first.
    let causes: [String]
    /// What to do, in the order of trying.
    let remedies: [String]
    /// A line that leads to it and what comes of it.
    let example: String

    init(
        _ code: Int, _ title: String, _ meaning: String, causes: [String], remedies: [String], example: String
    ) {
        self.code = code
        self.title = title
        self.meaning = meaning
        self.causes = causes
        self.remedies = remedies
        self.example = example
    }

    var codeText: String { "SW\(code)" }

    /// Which room it comes from: the thousands of the code.
    var room: String {
        switch code / 1000 {
        case 1: "files and values"
        case 2: "model graphs"
        case 3: "engines"
        case 4: "the home directory"
        case 5: "access"
        case 6: "registry and releases"
        case 7: "work on models"
        case 8: "servers"
        default: "Slipway itself"
        }
    }

    /// The page for people, in lines that fit the width.
    func text(width: Int) -> String {
        let width = max(40, min(width, 100))
        var lines = [Paint.bold("\(codeText)  \(title)", on: 1), "", TextFlow.wrapped(meaning, width: width)]
        lines += ["", Paint.bold("Usual causes", on: 1)]
        lines += causes.map { TextFlow.wrapped($0, width: width, first: "  - ", rest: "    ") }
        lines += ["", Paint.bold("What to do", on: 1)]
        lines += remedies.map { TextFlow.wrapped($0, width: width, first: "  - ", rest: "    ") }
        lines += ["", Paint.bold("Example", on: 1)]
        lines += example.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
        return lines.joined(separator: "\n")
    }

    var json: JSONValue {
        .object([
            ("code", .string(codeText)), ("room", .string(room)), ("title", .string(title)),
            ("meaning", .string(meaning)), ("causes", .array(causes.map(JSONValue.string))),
            ("remedies", .array(remedies.map(JSONValue.string))), ("example", .string(example)),
        ])
    }
}

/// Text in lines of a width.
enum TextFlow {
    /// Breaks a text between words. A word that is longer than a line stays whole.
    ///
    /// - Parameters:
    ///   - first, rest: what the first line and the others begin with.
    ///   - offset: columns that stand before the first line already.
    static func wrapped(_ text: String, width: Int, first: String = "", rest: String = "", offset: Int = 0) -> String {
        var lines: [String] = []
        var line = first
        var isEmpty = true
        var taken = offset
        for word in text.split(separator: " ") {
            if !isEmpty, taken + line.count + 1 + word.count > width {
                lines.append(line)
                line = rest
                taken = 0
                isEmpty = true
            }
            line += isEmpty ? String(word) : " \(word)"
            isEmpty = false
        }
        return (lines + [line]).joined(separator: "\n")
    }
}
