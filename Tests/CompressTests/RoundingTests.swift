import Testing

@testable import Compress

/// Rounding of weights by columns and blocks, and what is made up for.
@Suite struct RoundingTests {
    private func numbers(_ count: Int, seed: UInt64 = 1) -> [Float] {
        var numbers = Small.Numbers(state: seed)
        return (0..<count).map { _ in numbers.next() }
    }

    @Test(arguments: [127, 63])
    func aColumnIsHeldToHalfAStep(largest: Int) {
        var weights = numbers(40 * 6)
        for row in 0..<40 { weights[row * 6 + 2] *= 100 }
        for row in 0..<40 { weights[row * 6 + 3] = 0 }
        let made = ColumnQuantization(weights, depth: 40, columns: 6, largest: largest)
        for place in weights.indices {
            let scale = made.scales[place % 6]
            #expect((Float(made.values[place]) * scale - weights[place]).magnitude <= scale * 0.501)
            #expect(made.values[place].magnitude <= UInt8(largest))
        }
        #expect(made.scales[3] == 1 && made.scales[2] > 50 * made.scales[0])
    }

    @Test(arguments: [4, 8])
    func aBlocksScaleIsNoWorseThanThatOfItsLargest(bits: Int) {
        let weights = numbers(64 * 3, seed: 9)
        let made = BlockQuantization(weights, depth: 64, columns: 3, block: 32, bits: bits)
        let high = Float(made.zero - 1)
        for block in 0..<2 {
            for column in 0..<3 {
                let own = (block * 32..<block * 32 + 32).map { weights[$0 * 3 + column] }
                let scale = (own.map(\.magnitude).max() ?? 0) / high
                let plain = own.reduce(Float(0)) { $0 + ($1 - ($1 / scale).rounded() * scale).squared }
                let found = (block * 32..<block * 32 + 32).reduce(Float(0)) {
                    $0 + (weights[$1 * 3 + column] - made.restored[$1 * 3 + column]).squared
                }
                #expect(found <= plain * 1.001)
            }
        }
        #expect(made.values.allSatisfy { Int($0) < 1 << bits } && made.scales.count == 6)
    }

    @Test func rowsThatFillNoBlockHaveOneOfTheirOwn() {
        let weights = numbers(40 * 2)
        let made = BlockQuantization(weights, depth: 40, columns: 2, block: 32, bits: 8)
        #expect(made.blocks == 2 && made.scales.count == 4)
        #expect(zip(made.restored, weights).allSatisfy { ($0 - $1).magnitude < 0.01 })
    }
}

extension Float {
    fileprivate var squared: Float { self * self }
}
