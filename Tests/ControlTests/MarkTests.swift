import Home
import Release
import Testing

@testable import Control

@Suite struct MarkTests {
    private let harbour: Harbour
    private let good: Candidate
    private let suspect: Candidate

    /// `good` is in force, `suspect` was deployed after it and is entering.
    init() throws {
        harbour = try Harbour()
        good = try harbour.version("runs good")
        suspect = try harbour.version("runs suspect")
        let deployments = harbour.deployments
        let first = try #require(try deployments.submit(.deploy(good), for: .digits).revision)
        try harbour.marks.entering(good.digest, at: .digits)
        try harbour.marks.healthy(good.digest, at: .digits)
        try deployments.record(.healthy, of: first)
        _ = try deployments.submit(.deploy(suspect), for: .digits)
        try harbour.marks.entering(suspect.digest, at: .digits)
    }

    private func serving() throws -> String? {
        try harbour.deployments.history(of: .digits).current.map { HistoryText.traffic($0.spec) }
    }

    @Test func whatEnteredAtTheCrashIsQuarantinedAndPassedOver() throws {
        let lines = try harbour.marks.judge(previousEnd: .crashed)
        #expect(lines == ["digits: \(suspect.digest) is quarantined: the server died while it was entering service"])
        #expect(try harbour.mark(suspect) == .quarantined && harbour.mark(good) == .healthy)
        #expect(try serving() == "digits:1 100%")
        #expect(
            try harbour.deployments.history(of: .digits).entries.last?.outcome
                == .failed(reason: "needs a quarantined version"))
        #expect(try harbour.marks.judge(previousEnd: .crashed).isEmpty)
    }

    @Test func anEndThatNobodySawIsForgivenOnce() throws {
        #expect(try harbour.marks.judge(previousEnd: .unknown).isEmpty)
        #expect(try serving() == "digits:2 100%")
        try harbour.marks.entering(suspect.digest, at: .digits)
        #expect(try harbour.marks.judge(previousEnd: .unknown).count == 1)
        #expect(try serving() == "digits:1 100%")
    }

    @Test func aCleanEndBlamesNobody() throws {
        for _ in 0..<3 { try harbour.marks.entering(suspect.digest, at: .digits) }
        #expect(try harbour.marks.judge(previousEnd: .clean).isEmpty)
        #expect(try harbour.mark(suspect) == .entering)
    }

    @Test func whatHasServedIsNotBlamedForALaterCrash() throws {
        try harbour.marks.healthy(suspect.digest, at: .digits)
        try harbour.marks.entering(suspect.digest, at: .digits)
        try harbour.marks.refused(suspect.digest, at: .digits)
        #expect(try harbour.marks.judge(previousEnd: .crashed).isEmpty)
        #expect(try harbour.mark(suspect) == .healthy)
    }

    @Test func aRefusalTakesTheMarkAway() throws {
        try harbour.marks.refused(suspect.digest, at: .digits)
        #expect(try harbour.mark(suspect) == nil)
        #expect(try harbour.marks.judge(previousEnd: .crashed).isEmpty)
    }

    @Test func theSameVersionElsewhereIsNotBlamed() throws {
        let other = try EndpointName("other")
        _ = try harbour.deployments.submit(.deploy(suspect), for: other)
        try harbour.marks.healthy(suspect.digest, at: other)
        #expect(try harbour.marks.judge(previousEnd: .crashed).count == 1)
        #expect(try harbour.deployments.history(of: other).current?.spec.stable?.digest == suspect.digest)
    }

    @Test func theLastEndIsKnownAtTheNextStart() throws {
        let marks = harbour.marks
        #expect(try marks.start(sawCrash: false) == .clean)
        #expect(try marks.start(sawCrash: false) == .unknown)
        #expect(try marks.start(sawCrash: true) == .crashed)
        try marks.stop()
        #expect(try marks.start(sawCrash: false) == .clean)
    }
}
