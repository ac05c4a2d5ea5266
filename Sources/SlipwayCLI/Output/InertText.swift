/// Words that repeat what a stranger wrote, and do not act on a terminal or a log: control characters and those that
/// turn the direction of writing are written as numbers.
enum InertText {
    /// Text that may have several lines.
    static func text(_ text: String) -> String { inert(text, keeping: ["\n", "\t"]) }

    /// Text that stays on its line.
    static func line(_ text: String) -> String { inert(text, keeping: []) }

    private static func inert(_ text: String, keeping kept: Set<Unicode.Scalar>) -> String {
        let acts: Set<Unicode.GeneralCategory> = [.control, .format, .lineSeparator, .paragraphSeparator]
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if acts.contains(scalar.properties.generalCategory), !kept.contains(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
}
