import Release
import Testing

@Suite struct TrafficSplitTests {
    @Test(arguments: [[], [9_999], [10_001], [-1, 10_001], [5_000, 5_001], [Int.max, Int.max], [0]])
    func weightsThatAreNotTheWholeAreRefused(weights: [Int]) {
        #expect(TrafficSplit(weights: weights) == nil)
    }

    @Test(arguments: [[10_000], [9_000, 1_000], [0, 10_000], [1, 9_998, 1], [3_333, 0, 6_667]])
    func everyArmGetsExactlyItsWeight(weights: [Int]) throws {
        let split = try #require(TrafficSplit(weights: weights))
        var counts = [Int](repeating: 0, count: weights.count)
        for point in 0..<TrafficSplit.whole { counts[split.arm(at: point)] += 1 }
        #expect(counts == weights)
    }

    @Test func aGrowingCanaryKeepsItsClients() throws {
        var before: Set<Int> = []
        for weight in [0, 1, 100, 500, 2_500, 5_000, 10_000] {
            let split = try #require(TrafficSplit(weights: [TrafficSplit.whole - weight, weight]))
            let now = Set((0..<TrafficSplit.whole).filter { split.arm(at: $0) == 1 })
            #expect(now.count == weight)
            #expect(before.isSubset(of: now))
            before = now
        }
    }

    @Test func theOnlyArmGetsEverything() {
        #expect(TrafficSplit.single == TrafficSplit(weights: [10_000]))
    }
}
