import Glibc

/// A JSON number as written: `± mantissa · 10^exponent`, exact unless `isTruncated`.
struct DecimalNumber {
    var isNegative: Bool
    /// The first 19 significant digits.
    var mantissa: UInt64
    var exponent: Int
    /// Whether digits other than zero follow the mantissa's.
    var isTruncated: Bool
    /// Whether there is neither a point nor an exponent.
    var isPlainInteger: Bool
    /// What follows `e`; 0 without.
    var writtenExponent: Int
    /// The whole number in the text.
    var text: UnsafeRawBufferPointer

    static let mantissaLimit: UInt64 = 1_000_000_000_000_000_000

    /// Powers of ten that a `Double` holds exactly.
    private static let exactPowers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// `mantissa · 10^exponent` with two roundings at most, or `nil` when the power is not exact.
    @inline(__always)
    private var scaled: Double? {
        guard exponent.magnitude <= 22 else { return nil }
        let power = Self.exactPowers.withUnsafeBufferPointer { $0[Int(exponent.magnitude)] }
        return exponent < 0 ? Double(mantissa) / power : Double(mantissa) * power
    }

    /// The nearest `Float`, ties to even, or `nil` when that is infinite.
    ///
    /// The scaled mantissa is less than 2 units of its last place from the truth. Rounding it once more gives the right
    /// `Float` unless a midpoint between two of them (low 29 bits `1000…0`) is as near as that.
    @inline(__always)
    var float: Float? {
        if mantissa == 0, !isTruncated { return isNegative ? -0.0 : 0.0 }
        if let scaled, scaled > 1.2e-38, scaled < 3.4e38 {
            let low = scaled.bitPattern & 0x1FFF_FFFF
            if low &- 0x0FFF_FFFE > 4 { return isNegative ? -Float(scaled) : Float(scaled) }
        }
        return floatFromText
    }

    @inline(never)
    private var floatFromText: Float? {
        let value = withNormalisedText { strtof($0, nil) }
        return value.isInfinite ? nil : value
    }

    /// The nearest `Double`, ties to even, or `nil` when that is infinite.
    ///
    /// Exact mantissa and exact power leave one rounding, which is the right one (Clinger 1990).
    @inline(__always)
    var double: Double? {
        if mantissa == 0, !isTruncated { return isNegative ? -0.0 : 0.0 }
        if mantissa <= 1 << 53, !isTruncated, let scaled { return isNegative ? -scaled : scaled }
        return doubleFromText
    }

    @inline(never)
    private var doubleFromText: Double? {
        let value = withNormalisedText { strtod($0, nil) }
        return value.isInfinite ? nil : value
    }

    /// Why a number is not a value of an integer type.
    enum IntegerFault: Error { case fraction, range }

    /// The value as `T`. How it is spelled does not matter: `1.0` and `1e2` are whole numbers.
    @inline(__always)
    func integer<T: FixedWidthInteger>(as type: T.Type) throws(IntegerFault) -> T {
        let magnitude = exponent == 0 && !isTruncated ? mantissa : try wholeMagnitude()
        if isNegative {
            guard magnitude <= UInt64(T.min.magnitude) else { throw .range }
            return T(truncatingIfNeeded: 0 &- magnitude)
        }
        guard magnitude <= UInt64(T.max) else { throw .range }
        return T(truncatingIfNeeded: magnitude)
    }

    private func wholeMagnitude() throws(IntegerFault) -> UInt64 {
        if isPlainInteger { return try plainMagnitude() }
        guard mantissa != 0 || isTruncated else { return 0 }
        guard !isTruncated else { throw exponent < 0 ? .fraction : .range }
        var (magnitude, power) = (mantissa, exponent)
        while power < 0 {
            guard magnitude.isMultiple(of: 10) else { throw .fraction }
            magnitude /= 10
            power += 1
        }
        while power > 0 {
            let (next, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { throw .range }
            magnitude = next
            power -= 1
        }
        return magnitude
    }

    /// All digits of a number without point and exponent.
    private func plainMagnitude() throws(IntegerFault) -> UInt64 {
        var magnitude: UInt64 = 0
        for byte in text where byte != UInt8(ascii: "-") {
            let (tens, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            let (next, carry) = tens.addingReportingOverflow(UInt64(byte & 15))
            guard !overflow, !carry else { throw .range }
            magnitude = next
        }
        return magnitude
    }

    /// Calls `body` with the same number as a C string without a point, so that no locale matters, and of bounded
    /// length: after 800 significant digits one more says whether any followed (767 decide every `Double`).
    private func withNormalisedText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.significantDigits + 32) { buffer in
            var length = 0
            func append(_ byte: UInt8) {
                buffer[length] = CChar(bitPattern: byte)
                length += 1
            }
            if isNegative { append(UInt8(ascii: "-")) }
            append(UInt8(ascii: "0"))
            var exponent = appendSignificantDigits(append)
            append(UInt8(ascii: "e"))
            exponent = min(max(exponent, -9999), 9999)
            append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
            for divisor in [1000, 100, 10, 1] {
                append(UInt8(ascii: "0") + UInt8(Int(exponent.magnitude) / divisor % 10))
            }
            append(0)
            return body(UnsafePointer(buffer.baseAddress.unsafelyUnwrapped))
        }
    }

    private static let significantDigits = 800

    /// Appends the leading significant digits and returns the power of ten that belongs to them.
    private func appendSignificantDigits(_ append: (UInt8) -> Void) -> Int {
        var (taken, exponent, isFraction, hasRest) = (0, writtenExponent, false, false)
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                let isLeadingZero = taken == 0 && byte == UInt8(ascii: "0")
                if taken < Self.significantDigits {
                    if !isLeadingZero {
                        append(byte)
                        taken += 1
                    }
                    if isFraction { exponent -= 1 }
                } else {
                    hasRest = hasRest || byte != UInt8(ascii: "0")
                    if !isFraction { exponent += 1 }
                }
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "-"): continue
            default:
                return finish(exponent, hasRest, append)
            }
        }
        return finish(exponent, hasRest, append)
    }

    private func finish(_ exponent: Int, _ hasRest: Bool, _ append: (UInt8) -> Void) -> Int {
        guard hasRest else { return exponent }
        append(UInt8(ascii: "1"))
        return exponent - 1
    }
}
