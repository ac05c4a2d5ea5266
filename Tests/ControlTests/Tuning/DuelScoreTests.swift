import Monitor
import Testing

@testable import Control

@Suite struct DuelScoreTests {
    private func score(_ ratios: [Double]) -> DuelScore {
        var score = DuelScore()
        for ratio in ratios { score.add(100, 100 * ratio) }
        return score
    }

    @Test(
        arguments: [
            (Array(repeating: [1.9, 2.1], count: 5).flatMap(\.self), .faster),
            (Array(repeating: [0.5, 0.52], count: 5).flatMap(\.self), .slower),
            (Array(repeating: [0.8, 1.3], count: 5).flatMap(\.self), .unclear),
            (Array(repeating: [1.001, 0.999], count: 5).flatMap(\.self), .unclear),
            ([2.0, 2.01], .unclear), ([], .unclear),
        ] as [([Double], DuelScore.Verdict)]) func theIntervalDecides(ratios: [Double], verdict: DuelScore.Verdict)
    {
        #expect(score(ratios).verdict == verdict)
    }

    @Test func twoThatAreAlikeAreSaidToBe() {
        #expect(score(Array(repeating: [1.001, 0.999], count: 5).flatMap(\.self)).isEqual)
        #expect(!score(Array(repeating: [0.8, 1.3], count: 5).flatMap(\.self)).isEqual)
    }

    @Test func sidesThatChangePlacesChangeTheVerdict() {
        var turned = DuelScore()
        for ratio in [1.9, 2.1, 2, 2.05, 1.95, 2, 2.1, 1.9] { turned.add(100 * ratio, 100) }
        #expect(turned.verdict == .slower && abs(turned.ratio.mean - 0.5) < 0.01)
    }

    @Test func whatTookNoTimeIsLeftOut() {
        var score = DuelScore()
        score.add(0, 5)
        score.add(5, 0)
        #expect(score.rounds == 0)
    }
}
