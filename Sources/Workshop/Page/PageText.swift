import Charts

/// Text on its way into a page. Names come from files that strangers wrote.
package enum PageText {
    /// Safe between tags and inside quoted attributes: markup is escaped, and what is invisible or turns the writing
    /// around is shown by its number.
    package static func escaped(_ text: String, limit: Int = 200) -> String {
        Markup.escaped(text, limit: limit)
    }

    /// At most this many scalars, without the invisible ones; not escaped.
    static func plain(_ text: String, limit: Int = 200) -> String {
        var result = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < limit else { return result + "…" }
            if Markup.isVisible(scalar) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }

    /// Columns that a text takes in a picture: wide scalars count twice, those that sit on others not at all.
    static func columns(_ text: String) -> Int {
        text.unicodeScalars.reduce(0) { count, scalar in
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark: count
            default: count + (scalar.value >= 0x2E80 ? 2 : 1)
            }
        }
    }

    /// `1,234,567`.
    static func count(_ value: Int) -> String {
        let digits = String(value.magnitude)
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return value < 0 ? "-" + grouped : grouped
    }

    /// `9.6 KB`, `4.1 G`: a number in thousands, with a unit.
    static func scaled(_ value: Int, unit: String) -> String {
        var number = Double(value)
        var prefix = ""
        for next in ["K", "M", "G", "T", "P"] where number >= 1000 {
            number /= 1000
            prefix = next
        }
        let text = prefix.isEmpty ? String(value) : "\((number * 10).rounded() / 10)"
        return prefix.isEmpty && unit.isEmpty ? text : "\(text) \(prefix)\(unit)"
    }

    /// Four significant digits, or all before the point.
    static func number(_ value: Double) -> String {
        guard value.isFinite, value.magnitude < 1e12 else { return "\(value)" }
        var scale = 1.0
        while value != 0, value.magnitude * scale < 1000, scale < 1e12 { scale *= 10 }
        guard scale < 1e12 else { return "\(value)" }
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
    }
}
