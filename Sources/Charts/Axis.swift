import Glibc

/// Values along one side of a picture.
package struct Axis: Sendable {
    package enum Kind: Sendable {
        /// Equal distances are equal differences.
        case linear
        /// Equal distances are equal ratios; takes values above 0 only.
        case ratio
    }

    package let kind: Kind
    /// The ends of what is shown.
    package let low: Double
    package let high: Double
    /// Where `low` and `high` are drawn.
    package let from: Double
    package let to: Double

    /// - Parameters:
    ///   - values: all that is to be seen; what is no number is passed over.
    ///   - margin: room at either end, as a share of the whole (of a ratio: of its logarithm).
    ///   - zero: whether a linear axis begins at 0.
    package init(
        _ kind: Kind, _ values: [Double], from: Double, to: Double, margin: Double = 0.06, zero: Bool = false
    ) {
        (self.kind, self.from, self.to) = (kind, from, to)
        let shown = values.filter { $0.isFinite && (kind == .linear || $0 > 0) }
        let (least, most) = (shown.min() ?? 1, shown.max() ?? 1)
        switch kind {
        case .linear:
            let start = zero ? min(0, least) : least
            let span = most - start
            // What does not differ has room of its own.
            let room = span > 0 ? span * margin : max(most.magnitude * 0.05, 1e-9)
            low = zero && least >= 0 ? 0 : start - room
            high = most + room
        case .ratio:
            let room = max(pow(most / least, margin), 1.15)
            low = max(1e-300, least / room)
            high = min(1e300, most * room)
        }
    }

    /// Where a value is drawn; what lies outside is drawn at the end.
    package func place(_ value: Double) -> Double {
        let inside = min(max(value.isFinite ? value : low, low), high)
        switch kind {
        case .linear: return high > low ? from + (to - from) * ((inside - low) / (high - low)) : from
        case .ratio: return from + (to - from) * ((log(inside) - log(low)) / (log(high) - log(low)))
        }
    }

    /// About `count` round values that are shown.
    package func ticks(_ count: Int = 5) -> [Double] {
        kind == .linear ? Self.steps(low, high, count) : ratioTicks(count)
    }

    private static func steps(_ low: Double, _ high: Double, _ count: Int) -> [Double] {
        guard high > low, (high - low).isFinite, count > 0 else { return [] }
        let rough = (high - low) / Double(count)
        let power = pow(10, floor(log10(rough)))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? rough
        guard step > 0, step.isFinite else { return [] }
        var found: [Double] = []
        var number = (low / step).rounded(.up)
        while number * step <= high, found.count <= 4 * count {
            found.append(number * step)
            number += 1
        }
        return found
    }

    /// 1, 2 and 5 times powers of ten; only the powers where there would be too many; round steps where too few.
    private func ratioTicks(_ count: Int) -> [Double] {
        let (first, last) = (Int(floor(log10(low))), Int(ceil(log10(high))))
        var found: [Double] = []
        for exponent in first...max(first, last) {
            found += [1.0, 2, 5].map { $0 * pow(10, Double(exponent)) }.filter { $0 >= low && $0 <= high }
        }
        if found.count < 3 { return Self.steps(low, high, count) }
        guard found.count > count + 3 else { return found }
        let powers = found.filter { abs(log10($0) - log10($0).rounded()) < 1e-6 }
        let every = max(1, (powers.count + count) / (count + 1))
        return powers.enumerated().filter { $0.offset.isMultiple(of: every) }.map(\.element)
    }
}
