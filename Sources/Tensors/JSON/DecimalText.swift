/// Writes floating-point numbers into memory as `description` has them: `0.1`, `1e-05`, `5.0`. All of that is JSON; the
/// words `NaN`, `Infinity` and `-Infinity` are not.
struct DecimalText {
    /// Bytes that one number takes at most.
    static let mostBytes = 32

    private let single: UnsafeBufferPointer<UInt64>
    private let halves: UnsafeBufferPointer<UInt64>

    /// Calls `body` with a writer that is good until it returns.
    @inline(__always)
    static func with<Result>(_ body: (DecimalText) -> Result) -> Result {
        DecimalPowers.shared.single.withUnsafeBufferPointer { single in
            DecimalPowers.shared.halves.withUnsafeBufferPointer { halves in
                body(DecimalText(single: single, halves: halves))
            }
        }
    }

    /// Writes a number to `mostBytes` of memory and returns how many bytes it took.
    @inline(__always)
    func write(_ value: Float, to target: UnsafeMutablePointer<UInt8>) -> Int {
        guard value.isFinite, value != 0 else { return special(Double(value), to: target) }
        var output = Output(target, isNegative: value < 0)
        // Source: Swift's own rule for when the exponent is written.
        return output.write(ShortestDecimal(value.magnitude, single), isLarge: value.magnitude > 0x1p24)
    }

    /// Writes a number to `mostBytes` of memory and returns how many bytes it took.
    @inline(__always)
    func write(_ value: Double, to target: UnsafeMutablePointer<UInt8>) -> Int {
        guard value.isFinite, value != 0 else { return special(Double(value), to: target) }
        var output = Output(target, isNegative: value < 0)
        return output.write(ShortestDecimal(value.magnitude, halves), isLarge: value.magnitude > 0x1p53)
    }
}

extension DecimalText {
    /// Zeros and what is not finite.
    @inline(never)
    private func special(_ value: Double, to target: UnsafeMutablePointer<UInt8>) -> Int {
        let text: StaticString =
            if value.isNaN {
                "NaN"
            } else if value == 0 {
                value.sign == .minus ? "-0.0" : "0.0"
            } else {
                value < 0 ? "-Infinity" : "Infinity"
            }
        target.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }
}

/// 10^0 to 10^19.
private let tens: [UInt64] = [
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]

/// Where a number is written, and how far.
private struct Output {
    private let target: UnsafeMutablePointer<UInt8>
    private var count = 0

    @inline(__always)
    init(_ target: UnsafeMutablePointer<UInt8>, isNegative: Bool) {
        self.target = target
        // Overwritten where there is no sign.
        target[0] = UInt8(ascii: "-")
        count = isNegative ? 1 : 0
    }

    @inline(__always)
    mutating func write(_ decimal: ShortestDecimal, isLarge: Bool) -> Int {
        var (digits, exponent) = (decimal.digits, decimal.exponent)
        while digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        let length = Self.length(digits)
        // The number is 0.digits · 10^point.
        let point = length + exponent
        if isLarge || point < -3 {
            scientific(digits, length, point - 1)
        } else if point <= 0 {
            append(UInt8(ascii: "0"))
            append(UInt8(ascii: "."))
            for _ in point..<0 { append(UInt8(ascii: "0")) }
            place(digits, length, at: count)
            count += length
        } else if point < length {
            // One place to the right, then the whole part back to make room for the point.
            place(digits, length, at: count + 1)
            for index in count..<(count + point) { target[index] = target[index + 1] }
            target[count + point] = UInt8(ascii: ".")
            count += length + 1
        } else {
            place(digits, length, at: count)
            count += length
            for _ in length..<point { append(UInt8(ascii: "0")) }
            append(UInt8(ascii: "."))
            append(UInt8(ascii: "0"))
        }
        return count
    }

    private mutating func scientific(_ digits: UInt64, _ length: Int, _ exponent: Int) {
        if length == 1 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digits))
        } else {
            place(digits, length, at: count + 1)
            target[count] = target[count + 1]
            target[count + 1] = UInt8(ascii: ".")
            count += length + 1
        }
        append(UInt8(ascii: "e"))
        append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        let magnitude = UInt64(exponent.magnitude)
        if magnitude < 10 { append(UInt8(ascii: "0")) }
        let width = Self.length(magnitude)
        place(magnitude, width, at: count)
        count += width
    }

    @inline(__always)
    private mutating func append(_ byte: UInt8) {
        target[count] = byte
        count += 1
    }

    /// Decimal digits of a number below 10^19; 1 for 0.
    @inline(__always)
    private static func length(_ value: UInt64) -> Int {
        // Bits times log10 2, which is right or one too few.
        let guess = ((64 - (value | 1).leadingZeroBitCount) * 1233) >> 12
        return value >= tens[guess] ? guess + 1 : max(guess, 1)
    }

    /// Writes the `length` digits of a number.
    @inline(__always)
    private func place(_ value: UInt64, _ length: Int, at start: Int) {
        var (rest, length) = (value, length)
        while length > 8 {
            let (high, low) = rest.quotientAndRemainder(dividingBy: 100_000_000)
            length -= 8
            store(Self.eightDigits(low), at: start + length)
            rest = high
        }
        let word = Self.eightDigits(rest) >> UInt64(64 - 8 * length)
        guard length < 8 else { return store(word, at: start) }
        // Only its own bytes: later digits may stand behind them.
        for index in 0..<length { target[start + index] = UInt8(truncatingIfNeeded: word >> UInt64(8 * index)) }
    }

    @inline(__always)
    private func store(_ word: UInt64, at start: Int) {
        UnsafeMutableRawPointer(target + start).storeBytes(of: word.littleEndian, as: UInt64.self)
    }

    /// The digits of a number below 10^8 as text, the first in the lowest byte: four, two and then one digit a lane.
    @inline(__always)
    private static func eightDigits(_ value: UInt64) -> UInt64 {
        let (high, low) = value.quotientAndRemainder(dividingBy: 10_000)
        let fours = high | low << 32
        let hundreds = ((fours &* 10_486) >> 20) & 0x7F_0000_007F
        let pairs = hundreds | (fours &- hundreds &* 100) << 16
        let tens = ((pairs &* 103) >> 10) & 0x000F_000F_000F_000F
        return (tens | (pairs &- tens &* 10) << 8) &+ 0x3030_3030_3030_3030
    }
}
