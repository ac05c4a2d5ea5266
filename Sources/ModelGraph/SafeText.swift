/// Names come from files that strangers wrote: what is shown of them is short and free of control characters.
extension String {
    /// The name between single quotes, safe for a terminal and a log line.
    var quoted: String { "'\(sanitised)'" }

    /// At most 80 characters, control and formatting scalars escaped.
    var sanitised: String {
        let limit = 80
        var result = ""
        var length = 0
        for scalar in unicodeScalars {
            guard length < limit else { return result + "…" }
            length += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default:
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
