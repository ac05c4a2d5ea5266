/// A share of traffic in basis points, 1/10,000.
package struct Share: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// From 0 to `TrafficSplit.whole`.
    package let basisPoints: Int

    /// - Throws: `ReleaseError.Code.invalid` outside 0 to 10,000.
    package init(basisPoints: Int) throws(ReleaseError) {
        guard (0...TrafficSplit.whole).contains(basisPoints) else {
            throw ReleaseError(.invalid, "a share lies between 0% and 100%, found \(Self.text(basisPoints))")
        }
        self.basisPoints = basisPoints
    }

    /// Reads a percentage with up to two decimals, such as `10%` or `0.25%`. The sign is required: `0.1` alone could
    /// mean a tenth or a thousandth.
    ///
    /// - Throws: `ReleaseError.Code.invalid`.
    package init(_ text: String) throws(ReleaseError) {
        guard let basisPoints = Self.parse(text) else {
            throw ReleaseError(
                .invalid, "expected a share of traffic from 0% to 100% with at most two decimals",
                help: "write it like 10% or 0.25%")
        }
        try self.init(basisPoints: basisPoints)
    }

    package var description: String { Self.text(basisPoints) }

    package static func < (left: Share, right: Share) -> Bool { left.basisPoints < right.basisPoints }

    /// Basis points as a percentage without needless zeros: `10%`, `0.25%`.
    package static func text(_ basisPoints: Int) -> String {
        let (percent, rest) = basisPoints.quotientAndRemainder(dividingBy: 100)
        switch rest {
        case 0: return "\(percent)%"
        case _ where rest % 10 == 0: return "\(percent).\(rest / 10)%"
        default: return "\(percent).\(rest < 10 ? "0" : "")\(rest)%"
        }
    }

    /// A share of any sign, with at most two decimals: `-1.25%`.
    static func signed(_ share: Double) -> String {
        guard share.isFinite else { return "?" }
        let points = Int((min(max(share, -100), 100) * Double(TrafficSplit.whole)).rounded())
        return (points < 0 ? "-" : "") + text(abs(points))
    }

    private static func parse(_ text: String) -> Int? {
        guard text.hasSuffix("%") else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let percent = parts.first.flatMap({ digits($0, atMost: 3) }) else { return nil }
        guard parts.count == 2 else { return percent * 100 }
        guard let decimals = digits(parts[1], atMost: 2) else { return nil }
        return percent * 100 + (parts[1].utf8.count == 1 ? decimals * 10 : decimals)
    }

    /// Decimal digits only: at least one, so that no sign and no exponent is taken for a number.
    private static func digits(_ text: Substring, atMost count: Int) -> Int? {
        guard (1...count).contains(text.utf8.count),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int(text)
    }
}
