import Testing

@testable import Compress

/// How much is cut: halving, by what was lost.
@Suite struct AmountSearchTests {
    /// What is found where everything up to an amount is allowed.
    static func found(allowed: Double, most: Double = AmountSearch.most) -> AmountSearch {
        var search = AmountSearch(limit: 0.01, most: most)
        while let share = search.next { search.take(drop: share <= allowed ? 0.005 : 0.02) }
        return search
    }

    @Test(arguments: Array(stride(from: 0.05, through: 0.95, by: 0.05))) func theLargestAllowedShareIsFound(
        allowed: Double
    ) throws {
        let search = Self.found(allowed: allowed)
        let best = try #require(search.best)
        #expect(best <= allowed + 1e-9 && best >= min(allowed, AmountSearch.most) - 0.05, "\(search)")
        #expect(search.tried.count <= AmountSearch.tries && Set(search.tried).count == search.tried.count)
    }

    @Test func whereNothingIsAllowedThereIsNone() {
        let search = Self.found(allowed: 0)
        #expect(search.best == nil && search.tried.count >= 3)
        #expect(search.tried == search.tried.sorted(by: >))
    }

    @Test(arguments: [0.1, 0.3, 0.5, 0.6]) func noMoreIsTriedThanAskedFor(most: Double) {
        let search = Self.found(allowed: 1, most: most)
        #expect(search.tried.allSatisfy { $0 <= most } && search.best == most, "\(search)")
    }

    @Test func aDropThatNobodyAskedForIsPassedOver() {
        var search = Self.found(allowed: 0.3)
        let before = search
        search.take(drop: 0)
        #expect(search == before)
    }

    @Test func whatSomeRowsTellIsALowerBound() {
        #expect(EarlyEvidence.leastDrop(changed: 10, of: 31, accuracy: nil) == nil)
        #expect(EarlyEvidence.leastDrop(changed: 65, of: 64, accuracy: nil) == nil)
        #expect(EarlyEvidence.leastDrop(changed: 0, of: 64, accuracy: 1) == 0)
        #expect(EarlyEvidence.leastDrop(changed: 64, of: 64, accuracy: 1) == 1)
        // Half of 64 change, the original is right in all: at least 31 points, three deviations below 50.
        let half = EarlyEvidence.leastDrop(changed: 32, of: 64, accuracy: 1) ?? 0
        #expect(half > 0.3 && half < 0.32)
        // A bad original may win by changing.
        #expect(EarlyEvidence.leastDrop(changed: 32, of: 64, accuracy: 0.6).map { $0 < 0 } == true)
    }
}
