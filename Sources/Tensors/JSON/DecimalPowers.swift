/// Powers of ten to 128 bits, for `ShortestDecimal`.
///
/// `10^k · 2^-⌊log2 10^k⌋ · 2^127`, rounded up, for every `k` that a `Double` may ask for. Computed on first use from
/// exact integers, in well under a millisecond: a table of 617 constants could only be trusted, not read.
struct DecimalPowers: Sendable {
    /// The powers of ten there are.
    static let exponents = -292...324
    static let shared = DecimalPowers()

    /// High and low halves of each power, in turn.
    let halves: [UInt64]
    /// Each power to 64 bits, rounded up.
    let single: [UInt64]

    private init() {
        var words: [(high: UInt64, low: UInt64)] = []
        // 10^-n is ⌊2^s / 10^n⌋ but for a power of two, and floors of floors are floors: dividing by ten is exact.
        var number = BigNumber(powerOfTwo: 1120)
        for _ in 1...(-Self.exponents.lowerBound) {
            number.divideByTen()
            words.append(number.leading(isExact: false))
        }
        words.reverse()
        number = BigNumber(powerOfTwo: 0)
        for _ in 0...Self.exponents.upperBound {
            words.append(number.leading(isExact: true))
            number.multiplyByTen()
        }
        halves = words.flatMap { [$0.high, $0.low] }
        single = words.map { $0.low == 0 ? $0.high : $0.high + 1 }
    }
}

/// A whole number of up to 1,152 bits.
private struct BigNumber {
    /// Lowest first.
    private var words = [UInt64](repeating: 0, count: 18)

    init(powerOfTwo exponent: Int) {
        words[exponent / 64] = 1 << (exponent % 64)
    }

    mutating func multiplyByTen() {
        var carry: UInt64 = 0
        for index in words.indices {
            let (high, low) = words[index].multipliedFullWidth(by: 10)
            let (sum, overflow) = low.addingReportingOverflow(carry)
            words[index] = sum
            carry = high + (overflow ? 1 : 0)
        }
    }

    mutating func divideByTen() {
        var remainder: UInt64 = 0
        for index in words.indices.reversed() {
            (words[index], remainder) = UInt64(10).dividingFullWidth((remainder, words[index]))
        }
    }

    /// The leading 128 bits, rounded up; `isExact` says whether the words are the number itself or already its floor.
    func leading(isExact: Bool) -> (high: UInt64, low: UInt64) {
        guard let top = words.lastIndex(where: { $0 != 0 }) else { return (0, 0) }
        let shift = words[top].leadingZeroBitCount
        func word(_ index: Int) -> UInt64 { index >= 0 ? words[index] : 0 }
        func aligned(_ index: Int) -> UInt64 {
            shift == 0 ? word(index) : word(index) << shift | word(index - 1) >> (64 - shift)
        }
        let (high, low) = (aligned(top), aligned(top - 1))
        let hasRest = aligned(top - 2) != 0 || (0..<max(0, top - 2)).contains { words[$0] != 0 }
        guard hasRest || !isExact else { return (high, low) }
        let (sum, overflow) = low.addingReportingOverflow(1)
        return (overflow ? high + 1 : high, sum)
    }
}
