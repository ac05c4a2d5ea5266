/// One dimension of a metric: `version="digits:3"`.
package struct Label: Hashable, Sendable {
    package let name: String
    package let value: String

    /// - Precondition: `name` matches `[a-zA-Z_][a-zA-Z0-9_]*`, does not begin with `__`, and is not `le`, which
    ///   histograms use. Label names are written in our code; values may be any text.
    package init(_ name: String, _ value: String) {
        precondition(Self.isValid(name), "'\(name)' cannot name a label")
        self.name = name
        self.value = value
    }

    private static func isValid(_ name: String) -> Bool {
        !name.contains(":") && MetricName.isValid(name) && !name.hasPrefix("__") && name != "le"
    }
}

/// The grammar of metric names.
enum MetricName {
    /// Whether `name` matches `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, !isDigit(first) else { return false }
        return name.utf8.allSatisfy {
            isDigit($0) || isLetter($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ":")
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isLetter(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
    }
}
