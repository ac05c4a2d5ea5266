/// A length of time as people write it: `500ms`, `90s`, `5m`, `1h`, `1d`.
package struct TimeSpan: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let milliseconds: Int

    private static let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)]
    private static let longest = 30 * 86_400_000

    /// - Throws: `ReleaseError.Code.invalid` below 1 ms and above 30 days.
    package init(milliseconds: Int) throws(ReleaseError) {
        guard (1...Self.longest).contains(milliseconds) else {
            throw ReleaseError(.invalid, "expected a time from 1ms to 30d", help: "write it like 90s, 5m or 1h")
        }
        self.milliseconds = milliseconds
    }

    /// - Throws: `ReleaseError.Code.invalid` for another form: whole numbers, at most nine digits, and a unit.
    package init(_ text: String) throws(ReleaseError) {
        guard let milliseconds = Self.milliseconds(in: text) else {
            throw ReleaseError(.invalid, "expected a time such as 90s or 5m", help: "the units are ms, s, m, h and d")
        }
        try self.init(milliseconds: milliseconds)
    }

    /// The milliseconds of a text such as `90s`, however few or many: for times that are shorter or longer than those of releases.
    ///
    /// - Returns: `nil` for another form than a whole number of at most nine digits and a unit.
    package static func milliseconds(in text: String) -> Int? {
        let digits = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        let unit = String(text.dropFirst(digits.count))
        guard (1...9).contains(digits.count), let number = Int(String(digits) ?? ""),
            let factor = units.first(where: { $0.0 == unit })?.1
        else { return nil }
        return number * factor
    }

    package var description: String {
        let (unit, factor) = Self.units.last { milliseconds % $0.1 == 0 } ?? ("ms", 1)
        return "\(milliseconds / factor)\(unit)"
    }

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.milliseconds < right.milliseconds }
}
