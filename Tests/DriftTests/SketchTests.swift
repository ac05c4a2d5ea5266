import Glibc
import Testing

@testable import Drift

@Suite struct SketchTests {
    @Test func momentsOfPartsAreThoseOfTheWhole() {
        var draw = SplitMix64(seed: 1)
        let values = (0..<5000).map { _ in 1e6 + draw.normal() }
        var whole = Moments()
        var parts = [Moments](repeating: Moments(), count: 7)
        for (index, value) in values.enumerated() {
            whole.add(value)
            parts[index % 7].add(value)
        }
        var merged = Moments()
        for part in parts { merged.merge(part) }
        let mean = values.reduce(0, +) / 5000
        let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 4999).squareRoot()
        for moments in [whole, merged] {
            #expect(moments.count == 5000)
            #expect(moments.mean.isNear(mean, 1e-12))
            #expect(moments.deviation.isNear(deviation, 1e-6))
            #expect(moments.smallest == values.min() && moments.largest == values.max())
        }
    }

    /// Every rank of 24 streams, in three orders and merged from parts; at most one of 24 may pass the bound of 99 %.
    @Test func ranksStayWithinTheStatedError() {
        var broken = 0
        var worst = 0.0
        for trial in 0..<24 {
            var draw = SplitMix64(seed: UInt64(trial))
            let count = 6_000
            var values = (0..<count).map(Double.init)
            if trial % 3 == 0 { values.shuffle(using: &draw) }
            if trial % 3 == 1 { values.reverse() }
            var parts = (0..<(trial % 2 == 0 ? 1 : 9)).map { QuantileSketch(seed: UInt64(trial * 100 + $0)) }
            for (index, value) in values.enumerated() { parts[index % parts.count].add(value) }
            var sketch = parts.removeFirst()
            for part in parts { sketch.merge(part) }
            let error = Self.largestRankError(sketch, count)
            worst = max(worst, error)
            if error > QuantileSketch.rankError { broken += 1 }
            #expect(sketch.count == UInt64(count))
        }
        #expect(broken <= 1, "worst \(worst)")
        #expect(worst > 0.001, "a sketch that errs by nothing has not been measured")
    }

    private static func largestRankError(_ sketch: QuantileSketch, _ count: Int) -> Double {
        var pairs: [(Double, Double)] = []
        for level in sketch.starts.indices {
            for value in sketch.items[sketch.range(level)] { pairs.append((value, Double(1 << level))) }
        }
        pairs.sort { $0.0 < $1.0 }
        var below = 0.0
        var largest = 0.0
        for (value, weight) in pairs {
            // Values are 0 ..< count: the true rank of a value, itself counted, is value + 1.
            largest = max(largest, (below - value).magnitude)
            below += weight
            largest = max(largest, (below - value - 1).magnitude)
        }
        #expect(below == Double(count))
        return largest / Double(count)
    }

    @Test func fewValuesAreKeptAsTheyAre() {
        var sketch = QuantileSketch()
        for value in 0..<255 { sketch.add(Double(value)) }
        #expect(sketch.isExact && sketch.error == 0)
        #expect(sketch.items.sorted() == (0..<255).map(Double.init))
    }

    @Test func distinctValuesAreCountedWithinTheStatedError() {
        for count in [0, 1, 10, 500, 5_000, 40_000] {
            var sketch = DistinctSketch()
            for value in 0..<count {
                sketch.add(hash: Value.number(Double(value)).hash)
                sketch.add(hash: Value.number(Double(value)).hash)
            }
            #expect((sketch.estimate - Double(count)).magnitude <= 0.1 * Double(count) + 0.5, "\(count)")
        }
    }

    @Test func frequentValuesSurviveAFloodOfRareOnes() throws {
        var parts = [TopValues(), TopValues(), TopValues()]
        var draw = SplitMix64(seed: 5)
        for index in 0..<12_000 {
            let value: Value = index % 10 < 3 ? .text("often") : .number(Double(draw.next() >> 20))
            parts[index % 3].add(value)
        }
        var top = parts[0]
        top.merge(parts[1])
        top.merge(parts[2])
        let first = try #require(top.ranked.first)
        #expect(first.value == .text("often"))
        #expect(first.count >= 3600 && first.count - first.excess <= 3600)
        #expect(!top.isComplete && top.ranked.count == TopValues.capacity)
    }

    @Test func fewDifferentValuesAreCountedExactly() {
        var top = TopValues()
        var other = TopValues()
        for index in 0..<1200 {
            top.add(.number(Double(index % 12)))
            other.add(.number(Double(index % 24)))
        }
        top.merge(other)
        #expect(top.isComplete)
        #expect(top.ranked.first == TopValues.Entry(value: .number(0), count: 150, excess: 0))
        #expect(top.ranked.count == 24)
    }

    /// The promise: at most 12 kB a feature, whatever the traffic; stored as well.
    @Test(arguments: [FeatureSketch.Kind.number, .category]) func memoryStaysWithinTwelveKilobytes(
        _ kind: FeatureSketch.Kind
    ) throws {
        var draw = SplitMix64(seed: 9)
        var sketch = FeatureSketch(kind)
        var parts = [FeatureSketch(kind)]
        for index in 0..<30_000 {
            if kind == .number {
                sketch.add(draw.normal() * 1e30)
            } else {
                sketch.add(text: "a value of some length, and no two alike: \(draw.next())".utf8)
            }
            if index % 6_000 == 0 { parts.append(sketch) }
        }
        for part in parts { sketch.merge(part) }
        #expect(sketch.memoryBytes <= 12_288)
        var writer = ByteWriter()
        sketch.write(to: &writer)
        #expect(writer.bytes.count <= 12_288)
        #expect(writer.bytes.count > 1000)
    }

    @Test func oddNumbersAreCountedAndDoNoHarm() {
        var sketch = FeatureSketch(.number, bounds: 0...10)
        for value in [1, 5, 11, -0.5, .nan, .infinity, -.infinity, 1e300, -0.0, 0] { sketch.add(value) }
        #expect(sketch.count == 10)
        #expect(sketch.missing == 1)
        #expect(sketch.outside == 5)
        #expect(sketch.moments.count == 6 && sketch.moments.mean.isFinite && sketch.moments.deviation.isFinite)
        #expect(sketch.top.ranked.first == TopValues.Entry(value: .number(0), count: 2, excess: 0))
        sketch.add(text: "seven".utf8)
        #expect(sketch.missing == 2)
    }

    @Test func longTextsAreToldApartInFewBytes() {
        let long = String(repeating: "é", count: 400)
        let (one, other) = (Value(text: (long + "a").utf8), Value(text: (long + "b").utf8))
        #expect(one != other)
        #expect(one.description.utf8.count <= 3 * Value.longestText)
        #expect(Value(text: [0xFF, 0xFE]) == .text("\u{FFFD}\u{FFFD}"))
        #expect(Value(number: -0.0) == Value(number: 0))
    }
}

extension SplitMix64 {
    /// A draw from the standard normal distribution, by Box and Muller.
    mutating func normal() -> Double {
        let (u, v) = (
            Double.random(in: Double.leastNonzeroMagnitude..<1, using: &self), Double.random(in: 0..<1, using: &self)
        )
        return (-2 * log(u)).squareRoot() * cos(2 * .pi * v)
    }
}
