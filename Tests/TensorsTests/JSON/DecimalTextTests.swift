import Testing

@testable import Tensors

/// Swift's own `description` is the shortest round-trip decimal too, found in another way.
@Suite struct DecimalTextTests {
    private func text(_ write: (DecimalText, UnsafeMutablePointer<UInt8>) -> Int) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DecimalText.mostBytes + 1) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            buffer.initialize(repeating: 0xAA)
            let count = DecimalText.with { write($0, start) }
            #expect(count <= DecimalText.mostBytes && buffer[DecimalText.mostBytes] == 0xAA)
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    private func check(_ value: Float) {
        #expect(text { $0.write(value, to: $1) } == value.description, "\(value.bitPattern)")
    }

    private func check(_ value: Double) {
        #expect(text { $0.write(value, to: $1) } == value.description, "\(value.bitPattern)")
    }

    @Test func floatsOfAnyBitsAreWrittenAsSwiftDoes() {
        var generator = SeededGenerator(seed: 2020)
        for _ in 0..<100_000 {
            let value = Float(bitPattern: generator.next())
            if value.isFinite { check(value) }
            check(Float.random(in: -10...10, using: &generator))
        }
    }

    @Test func doublesOfAnyBitsAreWrittenAsSwiftDoes() {
        var generator = SeededGenerator(seed: 2020)
        for _ in 0..<100_000 {
            let value = Double(bitPattern: generator.next())
            if value.isFinite { check(value) }
            check(Double.random(in: -10...10, using: &generator))
        }
    }

    /// Powers of two, where the interval is lopsided, and powers of ten, with their neighbours.
    @Test func bordersAreWrittenAsSwiftDoes() {
        for exponent in -149...127 {
            let value = Float(sign: .plus, exponent: exponent, significand: 1)
            for neighbour in [value.nextDown, value, value.nextUp, -value] { check(neighbour) }
        }
        for exponent in -1074...1023 {
            let value = Double(sign: .plus, exponent: exponent, significand: 1)
            for neighbour in [value.nextDown, value, value.nextUp, -value] { check(neighbour) }
        }
        for exponent in -324...308 {
            guard let value = Double("1e\(exponent)") else { continue }
            for neighbour in [value.nextDown, value, value.nextUp] {
                check(neighbour)
                if Float(neighbour).isFinite { check(Float(neighbour)) }
            }
        }
        for value: Double in [
            0, -0.0, 0.3, 100, 123_456, 9_007_199_254_740_991, 9_007_199_254_740_994, 0.0001, 0.00012,
        ] {
            check(value)
            check(Float(value))
        }
        check(Double.greatestFiniteMagnitude)
        check(Float.greatestFiniteMagnitude)
    }

    @Test func whatIsNotFiniteIsAWord() {
        for (value, word) in [(Double.nan, "NaN"), (.infinity, "Infinity"), (-.infinity, "-Infinity"), (-.nan, "NaN")] {
            #expect(text { $0.write(value, to: $1) } == word)
            #expect(text { $0.write(Float(value), to: $1) } == word)
        }
    }

    /// Known powers: 10^0 is exact, 10^-1 rounded up, and the ends are there.
    @Test func powersAreRoundedUpTo128Bits() {
        let first = -2 * DecimalPowers.exponents.lowerBound
        let halves = DecimalPowers.shared.halves
        #expect(halves.count == 2 * DecimalPowers.exponents.count)
        #expect((halves[first], halves[first + 1]) == (1 << 63, 0))
        #expect((halves[first - 2], halves[first - 1]) == (0xCCCC_CCCC_CCCC_CCCC, 0xCCCC_CCCC_CCCC_CCCD))
        #expect((halves[first + 2], halves[first + 3]) == (0xA << 60, 0))
        #expect(DecimalPowers.shared.single[-DecimalPowers.exponents.lowerBound - 1] == 0xCCCC_CCCC_CCCC_CCCD)
    }
}
