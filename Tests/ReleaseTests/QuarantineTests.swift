import Release
import Testing

@Suite struct QuarantineTests {
    @Test func onlyVersionsThatWereEnteringAreSuspected() {
        let marks: [String: HealthMark] = ["a": .healthy, "b": .entering(attempts: 1), "c": .entering(attempts: 2)]
        #expect(Quarantine.suspects(marks: marks, previousEnd: .clean).isEmpty)
        #expect(Quarantine.suspects(marks: marks, previousEnd: .crashed) == ["b", "c"])
        #expect(Quarantine.suspects(marks: marks, previousEnd: .unknown) == ["c"])
        #expect(Quarantine.suspects(marks: [:], previousEnd: .crashed).isEmpty)
    }

    @Test func attemptsAreCountedUntilAVersionIsHealthy() {
        #expect(HealthMark.entering(after: nil) == .entering(attempts: 1))
        #expect(HealthMark.entering(after: .entering(attempts: 1)) == .entering(attempts: 2))
        #expect(HealthMark.entering(after: .entering(attempts: Int.max)) == .entering(attempts: Int.max))
        #expect(HealthMark.entering(after: .healthy) == .healthy)
    }

    @Test func thePreviousRevisionIsServedInstead() throws {
        var story = try Story()
        try story.deploy(1)
        try story.deploy(2)
        let verdict = Quarantine.verdict(for: story.history, quarantined: ["sha256:2"])
        #expect(verdict.serve?.number == 1)
        #expect(verdict.abandoned == [2])
    }

    @Test func aGuiltyCanaryIsTakenOutWithItsRevisions() throws {
        var story = try Story()
        try story.deploy(1)
        try story.canary(2)
        try story.canary(2, 5_000)
        let verdict = Quarantine.verdict(for: story.history, quarantined: ["sha256:2"])
        #expect(verdict.serve?.number == 1)
        #expect(verdict.abandoned == [2, 3])
    }

    @Test func withoutQuarantineTheCurrentRevisionIsServed() throws {
        var story = try Story()
        #expect(Quarantine.verdict(for: story.history, quarantined: ["x"]).serve == nil)
        try story.deploy(1)
        try story.deploy(2)
        try story.deploy(3, .failed(reason: "no memory"))
        let verdict = Quarantine.verdict(for: story.history, quarantined: ["sha256:9"])
        #expect(verdict.serve?.number == 2)
        #expect(verdict.abandoned.isEmpty)
    }

    @Test func whenEverythingIsGuiltyNothingIsServed() throws {
        var story = try Story()
        try story.deploy(1)
        try story.canary(2)
        let verdict = Quarantine.verdict(for: story.history, quarantined: ["sha256:1"])
        #expect(verdict.serve == nil)
        #expect(verdict.abandoned == [1, 2])
    }

    @Test func abandonedRevisionsMarkedAsFailedLeaveTheServedOneCurrent() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            var story = try Story()
            for _ in 0..<6 { try story.deploy(Int.random(in: 1...4, using: &random)) }
            let verdict = Quarantine.verdict(
                for: story.history, quarantined: ["sha256:\(Int.random(in: 1...4, using: &random))"])
            for number in verdict.abandoned { try story.history.mark(number, .failed(reason: "quarantined")) }
            #expect(story.history.current == verdict.serve)
        }
    }
}
