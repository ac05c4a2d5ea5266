import Tensors
import Testing

@testable import ModelGraph

/// Arithmetic of sizes that are numbers, names, or not known.
@Suite struct SizeTests {
    private let n = Size.symbol("N")
    private let s = Size.symbol("S")

    @Test func numbersAreComputed() {
        #expect(Size.fixed(3) + .fixed(4) == .fixed(7))
        #expect(Size.fixed(3) - .fixed(4) == .fixed(-1))
        #expect(Size.fixed(3) * .fixed(4) == .fixed(12))
        #expect(Size.fixed(-7).floorDivided(by: 2) == .fixed(-4))
        #expect(Size.fixed(7).ceilDivided(by: 2) == .fixed(4))
        #expect([Size.fixed(2), .fixed(3)].product == .fixed(6))
    }

    @Test func sumsOfNamesHaveOneForm() {
        #expect(n + s == s + n)
        #expect(n * s == s * n)
        #expect((n + .fixed(1)) * .fixed(2) == n + n + .fixed(2))
        #expect(n - n == .fixed(0))
        #expect((n + s).dimension.description == "N + S")
        #expect((n * .fixed(2) - .fixed(1)).dimension.description == "2*N - 1")
    }

    @Test func divisionIsExactOrANewName() {
        #expect((n * .fixed(6)).exactlyDivided(by: .fixed(3)) == n * .fixed(2))
        #expect((n * s).exactlyDivided(by: s) == n)
        #expect(n.exactlyDivided(by: .fixed(2)) == .unknown)
        #expect(n.floorDivided(by: 2) == n.floorDivided(by: 2))
        #expect(n.floorDivided(by: 2) != n.floorDivided(by: 3))
        #expect(n.floorDivided(by: 0) == .unknown)
        #expect(Size.fixed(6).exactlyDivided(by: .fixed(0)) == .unknown)
    }

    @Test func whatOverflowsOrGrowsTooLongIsUnknown() {
        #expect(Size.fixed(.max) + .fixed(1) == .unknown)
        #expect(Size.fixed(.min) - .fixed(1) == .unknown)
        #expect(Size.fixed(.max) * .fixed(2) == .unknown)
        #expect(Size.fixed(.max).ceilDivided(by: 2) == .unknown)
        #expect((0..<20).map { Size.symbol("d\($0)") }.reduce(Size.fixed(0), +) == .unknown)
        #expect((0..<20).map { Size.symbol("d\($0)") }.product == .unknown)
        var size = n
        for divisor in 2..<40 { size = (size + .fixed(1)).floorDivided(by: divisor) }
        #expect(size == .unknown)
    }

    @Test func unknownAndZeroSpread() {
        #expect(n + .unknown == .unknown)
        #expect([Size.unknown, .fixed(0)].product == .fixed(0))
        #expect([Size.unknown, .fixed(2)].product == .unknown)
    }

    /// Whatever is computed symbolically is what comes out when the names get numbers.
    @Test(arguments: 0..<200)
    func expressionsAgreeWithNumbers(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let numbers = ["N": Int.random(in: 1...9, using: &generator), "S": Int.random(in: 1...9, using: &generator)]
        var symbolic = n
        var number = numbers["N"] ?? 0
        for _ in 0..<6 {
            let isName = Bool.random(using: &generator)
            let value = isName ? numbers["S"] ?? 0 : Int.random(in: 1...5, using: &generator)
            let operand = isName ? s : .fixed(value)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: (symbolic, number) = (symbolic + operand, number + value)
            case 1: (symbolic, number) = (symbolic - operand, number - value)
            case 2: (symbolic, number) = (symbolic * operand, number * value)
            default:
                let exact = symbolic.exactlyDivided(by: operand)
                guard exact.isKnown else { continue }
                #expect(number % value == 0)
                (symbolic, number) = (exact, number / value)
            }
        }
        if case .symbolic(let expression) = symbolic {
            let total = expression.terms.reduce(0) { sum, term in
                sum + term.factors.reduce(term.coefficient) { $0 * (numbers[$1] ?? 0) }
            }
            #expect(total == number)
        } else if let fixed = symbolic.fixed {
            #expect(fixed == number)
        }
    }
}
