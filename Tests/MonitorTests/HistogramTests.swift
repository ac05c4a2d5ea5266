import Monitor
import Testing

@Suite struct HistogramTests {
    /// The bucket that a scan over all edges finds.
    private func reference(_ edges: [UInt64], _ value: UInt64) -> Int {
        edges.firstIndex { value <= $0 } ?? edges.count
    }

    private func bucket(of value: UInt64, edges: [Double]) -> Int? {
        let histogram = Histogram(edges: edges)
        histogram.record(nanoseconds: value)
        return histogram.snapshot().counts.firstIndex(of: 1)
    }

    @Test(arguments: [
        (0, 0), (1, 0), (10_000, 0), (10_001, 1), (15_000, 1), (15_001, 2), (60_000_000_000, 34), (60_000_000_001, 35),
        (UInt64.max, 35),
    ]) func valuesOnAnEdgeBelongBelowIt(value: UInt64, expected: Int) {
        #expect(bucket(of: value, edges: Histogram.latencyEdges()) == expected)
    }

    @Test func bucketEqualsThatOfALinearScan() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<300 {
            let dense = UInt64.random(in: 1...4_000, using: &random)
            let edges = Set(
                (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    dense + UInt64.random(in: 0...200, using: &random)
                }
            ).sorted()
            let histogram = Histogram(edges: edges.map { Double($0) / 1e9 })
            var expected = [UInt64](repeating: 0, count: edges.count + 1)
            for _ in 0..<100 {
                let value =
                    UInt64.random(in: 0...UInt64.max, using: &random) >> UInt64.random(in: 0...63, using: &random)
                expected[reference(edges, value)] += 1
                histogram.record(nanoseconds: value)
            }
            for edge in edges {
                expected[reference(edges, edge)] += 1
                histogram.record(nanoseconds: edge)
            }
            #expect(histogram.snapshot().counts == expected)
        }
    }

    @Test func latencyGridIsFixedAndBoundsTheError() {
        let edges = Histogram.latencyEdges()
        #expect(edges.first == 10e-6)
        #expect(edges.last == 60)
        #expect(edges.count == 35)
        for (lower, upper) in zip(edges, edges.dropFirst()) {
            #expect(upper / lower <= 1.67)
        }
    }

    @Test func everyObjectiveIsAnEdge() {
        let edges = Histogram(edges: Histogram.latencyEdges(objectives: [0.02, 0.0333, 0.01, .nan, -1, .infinity]))
            .edges
        #expect(edges.contains(0.02))
        #expect(edges.contains(0.0333))
        #expect(edges.count == 37)
        #expect(edges == edges.sorted())
    }

    @Test func uselessEdgesAreLeftOut() {
        #expect(Histogram(edges: [.nan, .infinity, -1, 0, 1e-12, 1e300, 2, 1, 1]).edges == [1, 2])
        let none = Histogram(edges: [])
        none.record(nanoseconds: 7)
        #expect(none.snapshot().counts == [1])
    }

    @Test func sumIsInSeconds() {
        let histogram = Histogram()
        histogram.record(nanoseconds: 1_500_000_000)
        histogram.record(nanoseconds: 500_000_000)
        let snapshot = histogram.snapshot()
        #expect(snapshot.sum == 2)
        #expect(snapshot.count == 2)
        #expect(snapshot.mean == 1)
    }

    @Test func concurrentRecordsAllCount() async {
        let histogram = Histogram()
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for value in 0..<2_000 { histogram.record(nanoseconds: UInt64(task * value) * 1_000) }
                }
            }
        }
        #expect(histogram.snapshot().count == 16_000)
    }
}
