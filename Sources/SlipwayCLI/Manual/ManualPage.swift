/// A page of the manual in the language of man(7).
struct ManualPage {
    /// Such as `slipway-import.1`.
    let file: String
    let text: String
}

/// Text for man(7): what would be taken for a request or an escape is shielded.
struct Roff {
    private(set) var lines: [String] = []

    /// A request, such as `.SH`, with quoted arguments.
    mutating func request(_ name: String, _ arguments: String...) {
        lines.append(
            ([".\(name)"] + arguments.map { "\"\(Self.shielded($0).replacing("\"", with: "\\(dq"))\"" })
                .joined(separator: " "))
    }

    /// A paragraph's text, one sentence's end a line's end.
    mutating func text(_ text: String) {
        for line in text.split(separator: "\n") { lines.append(Self.line(line.drop { $0 == " " })) }
    }

    /// Lines that stay as they are.
    mutating func literal(_ text: String) {
        lines += [".PP", ".nf", ".RS 4"]
        lines += text.split(separator: "\n", omittingEmptySubsequences: false).map { Self.line($0) }
        lines += [".RE", ".fi"]
    }

    /// A line that is already in the language.
    mutating func raw(_ line: String) { lines.append(line) }

    var joined: String { lines.joined(separator: "\n") + "\n" }

    /// Escapes inside a line: backslashes, hyphens that have to stay hyphens, and what is not ASCII.
    static func shielded(_ text: String) -> String {
        let shielded = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("'", with: "\\(aq")
            .replacing("`", with: "\\(ga").replacing("^", with: "\\(ha").replacing("~", with: "\\(ti")
            .replacing("…", with: "...").replacing("→", with: "\\(->").replacing("µ", with: "\\(mc")
        return shielded.unicodeScalars.map { scalar in
            guard !scalar.isASCII else { return String(scalar) }
            let digits = String(scalar.value, radix: 16, uppercase: true)
            return "\\[u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "]"
        }.joined()
    }

    private static func line(_ text: Substring) -> String {
        let shielded = shielded(String(text))
        return shielded.hasPrefix(".") ? "\\&" + shielded : shielded
    }
}
