import Drift
import Glibc
import Tensors
import Testing

/// Against SciPy's figures; `Fixtures/cases.py` made them.
@Suite struct StatisticsTests {
    @Test func orderedTestsAgreeWithSciPy() throws {
        let cases = try Cases.read("ordered")
        #expect(cases.count == 7)
        for (index, wanted) in cases.enumerated() {
            let (left, right) = (WeightedSample(wanted.numbers("left")), WeightedSample(wanted.numbers("right")))
            let found = OrderedTests.kolmogorovSmirnov(left, right)
            #expect(found.statistic.isNear(wanted.number("ks")), "case \(index)")
            #expect(found.p.isNear(wanted.number("p")), "case \(index)")
            #expect(OrderedTests.wasserstein(left, right).isNear(wanted.number("wasserstein")), "case \(index)")
        }
    }

    @Test func countTestsAgreeWithSciPy() throws {
        let cases = try Cases.read("counts")
        #expect(cases.count == 5)
        for (index, wanted) in cases.enumerated() {
            let (left, right) = (wanted.numbers("left"), wanted.numbers("right"))
            let test = CountTests.chiSquare(left, right)
            #expect(test.statistic.isNear(wanted.number("chi2")), "case \(index)")
            #expect(test.freedom == Int(wanted.number("freedom")), "case \(index)")
            #expect(test.p.isNear(wanted.number("p")), "case \(index)")
            #expect(CountTests.jensenShannon(left, right).isNear(wanted.number("jensenshannon")), "case \(index)")
            let psi = CountTests.stability(left, right)
            #expect(psi.value.isNear(wanted.number("psi")))
            #expect(psi.mean.isNear(wanted.number("psiMean")))
            #expect(psi.deviation.isNear(wanted.number("psiDeviation")))
            #expect(psi.p.isNear(wanted.number("psiP")))
        }
    }

    @Test func tailsAgreeWithSciPyFarOut() throws {
        let tails = try Cases.whole()["tails"]
        for row in tails?["kolmogorov"]?.arrayValue ?? [] {
            let figures = row.arrayValue?.compactMap(\.doubleValue) ?? []
            #expect(figures.count == 2 && Distributions.kolmogorovTail(figures[0]).isNear(figures[1], 1e-9))
        }
        for row in tails?["chiSquare"]?.arrayValue ?? [] {
            let figures = row.arrayValue?.compactMap(\.doubleValue) ?? []
            #expect(
                figures.count == 3
                    && Distributions.chiSquareTail(figures[0], freedom: figures[1]).isNear(figures[2], 1e-9),
                "\(figures)")
        }
    }

    @Test func correctionsAgreeWithSciPyAndHolm() throws {
        let wanted = try #require(Cases.whole()["corrections"])
        let adjusted = Correction.benjaminiHochberg(wanted.numbers("p"))
        #expect(zip(adjusted, wanted.numbers("benjaminiHochberg")).allSatisfy { $0.isNear($1) })
        // Holm's own rule on paper: 3 · 0.01, 2 · 0.02 and never below the one before.
        #expect(zip(Correction.holm([0.04, 0.01, 0.02]), [0.04, 0.03, 0.04]).allSatisfy { $0.isNear($1) })
    }

    @Test func smallBinsArePutTogether() {
        let test = CountTests.chiSquare([100, 100, 1, 2, 1], [100, 100, 2, 1, 1])
        #expect(test.freedom == 1, "too few even together: they join the smallest bin")
        #expect(test.p > 0.5)
        let rest = CountTests.chiSquare([100, 100, 3, 2, 3], [100, 100, 3, 3, 2])
        #expect(rest.freedom == 2, "five and more together are a bin")
        #expect(CountTests.chiSquare([5], [7]).p == 1)
        #expect(CountTests.chiSquare([], []).p == 1)
    }

    @Test func nothingIsToldFromNothing() {
        let (none, some) = (WeightedSample([]), WeightedSample([1, 2]))
        #expect(OrderedTests.kolmogorovSmirnov(none, some).p == 1)
        #expect(OrderedTests.wasserstein(some, none) == 0)
        #expect(CountTests.stability([0, 0], [1, 2]).p == 1)
        #expect(CountTests.jensenShannon([0], [3]) == 0)
        #expect(none.quantile(0.5) == nil)
    }

    /// Research: PSI above the habitual 0.1 in two of five windows without any drift; its own p knows better.
    @Test func stabilityIndexKnowsBothSampleSizes() {
        var draw = SplitMix64(seed: 3)
        var habitual = 0
        var significant = 0
        let reference = [Double](repeating: 1000, count: 10)
        for _ in 0..<1000 {
            var window = [Double](repeating: 0, count: 10)
            for _ in 0..<100 { window[Int.random(in: 0..<10, using: &draw)] += 1 }
            let index = CountTests.stability(reference, window)
            if index.value > 0.1 { habitual += 1 }
            if index.p < 0.01 { significant += 1 }
        }
        #expect(habitual > 250)
        #expect(significant < 25)
    }
}

/// `Fixtures/cases.json`.
enum Cases {
    static func whole(_ name: String = "cases") throws -> JSONValue {
        let path = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
        let file = try #require(fopen("/\(path)/Fixtures/\(name).json", "r"))
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return try JSONValue.parse(Array(bytes.prefix(count)))
    }

    static func read(_ name: String) throws -> [JSONValue] { try #require(try whole()[name]?.arrayValue) }
}

extension JSONValue {
    func number(_ key: String) -> Double { self[key]?.doubleValue ?? .nan }
    func numbers(_ key: String) -> [Double] { self[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] }
}

extension Double {
    /// Equal to 1e-6 of the larger one, or of one in a million where both are smaller than that.
    func isNear(_ other: Double, _ tolerance: Double = 1e-6) -> Bool {
        (self - other).magnitude <= tolerance * max(magnitude, other.magnitude) + 1e-300
    }
}
