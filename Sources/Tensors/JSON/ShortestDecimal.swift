/// The shortest decimal that reads back as the same floating-point number, and of those the nearest: `digits · 10^exponent`.
///
/// Source: Giulietti, "The Schubfach way to render doubles" (2020), with the constants of its section 9.
struct ShortestDecimal {
    /// May end in zeros.
    var digits: UInt64
    var exponent: Int

    /// - Parameter value: finite and above 0.
    @inline(__always)
    init(_ value: Float, _ powers: UnsafeBufferPointer<UInt64>) {
        let bits = value.bitPattern
        let parts = BinaryParts(
            fraction: UInt64(bits & 0x7F_FFFF), biased: Int(bits >> 23 & 0xFF), fractionBits: 23, bias: 150)
        self =
            parts.wholeNumber
            ?? parts.shortest { exponent, boundaries, shift in
                let power = powers[exponent - DecimalPowers.exponents.lowerBound]
                return boundaries.map { Self.roundedToOdd(power, UInt32(truncatingIfNeeded: $0 << UInt64(shift))) }
            }
    }

    /// - Parameter value: finite and above 0.
    @inline(__always)
    init(_ value: Double, _ powers: UnsafeBufferPointer<UInt64>) {
        let bits = value.bitPattern
        let parts = BinaryParts(
            fraction: bits & 0xF_FFFF_FFFF_FFFF, biased: Int(bits >> 52 & 0x7FF), fractionBits: 52, bias: 1075)
        self =
            parts.wholeNumber
            ?? parts.shortest { exponent, boundaries, shift in
                let place = 2 * (exponent - DecimalPowers.exponents.lowerBound)
                let power = (high: powers[place], low: powers[place + 1])
                return boundaries.map { Self.roundedToOdd(power, $0 << UInt64(shift)) }
            }
    }

    init(digits: UInt64, exponent: Int) {
        self.digits = digits
        self.exponent = exponent
    }

    /// The integer part of a product with 2^-64 (2^-32 of it kept), its last bit set when anything was cut off.
    @inline(__always)
    private static func roundedToOdd(_ power: UInt64, _ factor: UInt32) -> UInt64 {
        let product = power.multipliedFullWidth(by: UInt64(factor))
        let isCut = UInt32(truncatingIfNeeded: product.low >> 32) > 1
        return product.high | (isCut ? 1 : 0)
    }

    @inline(__always)
    private static func roundedToOdd(_ power: (high: UInt64, low: UInt64), _ factor: UInt64) -> UInt64 {
        let low = power.low.multipliedFullWidth(by: factor).high
        let high = power.high.multipliedFullWidth(by: factor)
        let (middle, carry) = high.low.addingReportingOverflow(low)
        return (high.high &+ (carry ? 1 : 0)) | (middle > 1 ? 1 : 0)
    }
}

/// The number and the borders of the interval that reads back as it, four times as large.
private struct Boundaries {
    var lower, middle, upper: UInt64

    @inline(__always)
    func map(_ transform: (UInt64) -> UInt64) -> Boundaries {
        Boundaries(lower: transform(lower), middle: transform(middle), upper: transform(upper))
    }
}

/// A positive number as `significand · 2^exponent`.
private struct BinaryParts {
    var significand: UInt64
    var exponent: Int
    var fractionBits: Int
    /// Whether the next smaller number is half as far away as the next larger: at a power of two.
    var hasCloseLower: Bool

    @inline(__always)
    init(fraction: UInt64, biased: Int, fractionBits: Int, bias: Int) {
        self.fractionBits = fractionBits
        significand = biased == 0 ? fraction : fraction | 1 << UInt64(fractionBits)
        exponent = max(biased, 1) - bias
        hasCloseLower = fraction == 0 && biased > 1
    }

    /// The number when it is whole and of no more bits than the significand has.
    @inline(__always)
    var wholeNumber: ShortestDecimal? {
        guard exponent <= 0, exponent > -fractionBits - 1 else { return nil }
        let shift = UInt64(-exponent)
        let number = significand >> shift
        return number << shift == significand ? ShortestDecimal(digits: number, exponent: 0) : nil
    }

    /// - Parameter scale: multiplies three numbers by a power of ten and of two, rounding to odd.
    @inline(__always)
    func shortest(_ scale: (Int, Boundaries, Int) -> Boundaries) -> ShortestDecimal {
        // ⌊log10 2^q⌋, or of three quarters of that.
        let tens = (exponent * 1_262_611 - (hasCloseLower ? 524_031 : 0)) >> 22
        // ⌊log2 10^-k⌋ + q + 1.
        let shift = exponent + (-tens * 1_741_647) >> 19 + 1
        let four = significand << 2
        let scaled = scale(
            -tens, Boundaries(lower: four - (hasCloseLower ? 1 : 2), middle: four, upper: four + 2), shift)
        // The borders themselves read back as this number when its last bit is even.
        let odd = significand & 1
        let (lower, upper) = (scaled.lower + odd, scaled.upper - odd)
        let digits = scaled.middle >> 2
        if digits >= 10 {
            let fewer = digits / 10
            let isDownInside = lower <= 40 * fewer
            let isUpInside = 40 * fewer + 40 <= upper
            if isDownInside != isUpInside {
                return ShortestDecimal(digits: fewer + (isUpInside ? 1 : 0), exponent: tens + 1)
            }
        }
        let isDownInside = lower <= 4 * digits
        let isUpInside = 4 * digits + 4 <= upper
        if isDownInside != isUpInside {
            return ShortestDecimal(digits: digits + (isUpInside ? 1 : 0), exponent: tens)
        }
        // Both or neither: the nearer, and of two as near the even one.
        let half = 4 * digits + 2
        let isUp = scaled.middle > half || (scaled.middle == half && digits & 1 == 1)
        return ShortestDecimal(digits: digits + (isUp ? 1 : 0), exponent: tens)
    }
}
