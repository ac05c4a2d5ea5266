/// Text on its way into a page. Names come from files that strangers wrote.
package enum Markup {
    /// Safe between tags and inside quoted attributes: markup is escaped, and what is invisible or turns the writing
    /// around is shown by its number.
    ///
    /// - Parameter limit: scalars that are shown; what is cut off is marked by an ellipsis.
    package static func escaped(_ text: String, limit: Int = 200) -> String {
        var result = ""
        var length = 0
        for scalar in text.unicodeScalars {
            guard length < limit else { return result + "…" }
            length += 1
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default:
                if isVisible(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                }
            }
        }
        return result
    }

    /// Whether a scalar can be seen where it stands.
    package static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: false
        default: true
        }
    }
}
