import Release
import Testing

@Suite struct RoutingKeyTests {
    /// Computed by an independent implementation in Python.
    @Test(arguments: [
        ("", "digits", 7_983), ("user-1", "digits", 2_497), ("user-2", "digits", 7_577), ("user-1", "iris", 2_635),
        ("é", "digits", 3_040), ("a", "", 5_238),
    ])
    func pointsAreStableAcrossRunsAndPlatforms(key: String, salt: String, point: Int) {
        #expect(RoutingKey.point(for: key, salt: salt) == point)
        var key = key
        key.withUTF8 { #expect(RoutingKey.point(for: UnsafeRawBufferPointer($0), salt: salt) == point) }
    }

    /// The statistic of Pearson's test over `cells` equal cells.
    private func chiSquare(_ points: [Int], cells: Int) -> Double {
        var counts = [Int](repeating: 0, count: cells)
        for point in points { counts[point * cells / TrafficSplit.whole] += 1 }
        let expected = Double(points.count) / Double(cells)
        return counts.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    }

    /// Sixty statistics, each with 99 degrees of freedom: their mean is 99 with a standard deviation of 1.82, and one of
    /// them passes 181 with a probability of 6 in 100,000. Bounds on both sides, because points that are spread more
    /// evenly than chance would not be independent either.
    @Test func pointsAreEvenlySpread() {
        var statistics: [Double] = []
        for salt in ["digits", "iris", ""] + (0..<17).map({ "endpoint-\($0)" }) {
            for key: (Int) -> String in [{ "user-\($0)" }, { String($0, radix: 36) }, { "client/\(10_000_000 + $0)" }] {
                statistics.append(chiSquare((0..<5_000).map { RoutingKey.point(for: key($0), salt: salt) }, cells: 100))
            }
        }
        let mean = statistics.reduce(0, +) / Double(statistics.count)
        #expect(abs(mean - 99) < 4 * 1.82)
        #expect(statistics.allSatisfy { $0 < 181 })
    }

    @Test func endpointsSeeTheSameClientsIndependently() {
        // Of the clients in the first tenth of one endpoint, a tenth is in that of another: 1,000 ± 4 standard deviations.
        let both = (0..<100_000).map { "user-\($0)" }.count {
            RoutingKey.point(for: $0, salt: "digits") < 1_000 && RoutingKey.point(for: $0, salt: "iris") < 1_000
        }
        #expect((874...1_126).contains(both))
    }

    @Test func saltAndKeyDoNotRunTogether() {
        let points = Set(
            ["abc", "bc", "c", ""].map { RoutingKey.point(for: $0, salt: String("abc".dropLast($0.count))) })
        #expect(points.count == 4)
    }
}
