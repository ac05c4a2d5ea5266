import Home
import Registry
import Release
import Synchronization
import Tensors
import Testing

@testable import Control

/// The driver over a simulated platform and simulated traffic; its clock is moved by hand.
@Suite(.timeLimit(.minutes(1))) struct RolloutDriverTests {
    private let harbour: Harbour
    private let versions: [Candidate]
    private let platform = SimulatedPlatform()
    private let clock = ManualClock()
    private let source: MadeSource
    private let cuts = CutList()

    init() throws {
        harbour = try Harbour()
        let harbour = harbour
        versions = try (1...3).map { try harbour.version("runs \($0)") }
        source = MadeSource(platform)
    }

    private func driver() -> RolloutDriver {
        let reconciler = Reconciler(
            deployments: harbour.deployments, platform: platform, logger: Harbour.logger)
        return RolloutDriver(
            deployments: harbour.deployments, source: source, wakes: AsyncStream.makeStream(of: Void.self),
            bringInLine: { await reconciler.reconcile($0) },
            cutOff: { [cuts, harbour] endpoint, _ in
                let written = try? harbour.deployments.recentHistory(of: endpoint).current?.number
                cuts.add("\(endpoint) at revision \(written ?? 0)")
            },
            now: { [clock] in clock.time }, logger: Harbour.logger)
    }

    private func begin(_ text: String, at endpoint: String = "digits") async throws {
        let endpoint = try EndpointName(endpoint)
        let reconciler = Reconciler(
            deployments: harbour.deployments, platform: platform, logger: Harbour.logger)
        _ = try harbour.deployments.submit(.deploy(versions[0]), for: endpoint)
        await reconciler.reconcile(endpoint)
        let policy = try RolloutPolicy(json: JSONValue.parse(Array(text.utf8)))
        _ = try harbour.deployments.submit(
            Deployments.request(versions[1], policy), for: endpoint, rollout: policy)
        await reconciler.reconcile(endpoint)
    }

    /// So many seconds, two looks each.
    private func pass(_ seconds: Int, _ driver: RolloutDriver) async {
        for _ in 0..<2 * seconds {
            clock.advance(500)
            await driver.tick()
        }
    }

    private var current: EndpointSpec? {
        get throws { try harbour.deployments.history(of: .digits).current?.spec }
    }

    private static let steps =
        #"{"strategy": "canary", "steps": ["10%", "50%"], "stepDuration": "10s", "early": false}"#

    @Test func sharesArePassedAndTheVersionIsPromoted() async throws {
        try await begin(Self.steps)
        let driver = driver()
        await pass(5, driver)
        #expect(try current?.canary?.weight == 1000)
        await pass(10, driver)
        #expect(try current?.canary?.weight == 5000)
        await pass(10, driver)
        #expect(try current?.stable?.digest == versions[1].digest)
        #expect(try current?.canary == nil)
        #expect(try harbour.deployments.activeRollouts().readable.isEmpty)
        #expect(try harbour.deployments.latestRollout(of: .digits)?.rollout?.phase == .promoted)
        let authors = try harbour.deployments.history(of: .digits).entries.map(\.revision.author)
        #expect(authors == [nil, nil, "rollout", "rollout"])
    }

    @Test func aBadVersionIsTakenBackWithTheReasonInTheHistory() async throws {
        try await begin(Self.steps)
        source.canaryErrors.withLock { $0 = 1 }
        let driver = driver()
        await pass(3, driver)
        let last = try #require(try harbour.deployments.history(of: .digits).current)
        #expect(last.spec.stable?.digest == versions[0].digest && last.spec.canary == nil)
        #expect(last.cause == .rollback(to: 1) && last.note?.contains("errors:") == true)
        #expect(try await platform.status(of: .digits)?.arms.count == 1)
        #expect(cuts.all == ["digits at revision 2"], "it gets nothing more before anything is written")
    }

    @Test func aRecordThatCannotBeReadStopsNoOtherAndCanBeEnded() async throws {
        try await begin(Self.steps)
        try await begin(Self.steps, at: "other")
        let damaged = try #require(try harbour.deployments.latestRollout(of: .digits)).number
        try harbour.registry.database.write { try $0.setRollout(damaged, state: "{", isOver: false) }
        let driver = driver()
        await pass(25, driver)
        #expect(try harbour.deployments.latestRollout(of: EndpointName("other"))?.rollout?.phase == .promoted)
        #expect(try current?.canary?.weight == 1000)
        #expect(throws: ControlError.self) { _ = try harbour.deployments.latestRollout(of: .digits) }
        await #expect(throws: ControlError.self) { try await driver.carryOut(.pause, at: .digits, by: "ada") }
        try await driver.carryOut(.abort, at: .digits, by: "ada")
        #expect(try current?.canary == nil && current?.stable?.digest == versions[0].digest)
        #expect(try harbour.deployments.submit(.deploy(versions[2]), for: .digits).revision != nil)
    }

    @Test func anotherProcessGoesOnWhereOneDied() async throws {
        try await begin(Self.steps)
        let first = driver()
        await pass(12, first)
        let known = try #require(try harbour.deployments.latestRollout(of: .digits)?.rollout)
        #expect(known.step == 1 && known.evidence.canary.requests > 0)
        clock.advance(3_600_000)
        let second = driver()
        await second.tick()
        let later = try #require(try harbour.deployments.latestRollout(of: .digits)?.rollout)
        #expect(later.step == 1, "an hour in which nobody looked is no hour of the step")
        #expect(later.evidence.canary.requests >= known.evidence.canary.requests)
        await pass(10, second)
        #expect(try current?.stable?.digest == versions[1].digest)
    }

    @Test func whoPromotesOrGoesBackByHandEndsIt() async throws {
        for (request, phase) in [(ReleaseRequest.promote, Rollout.Phase.promoted), (.rollback(), .rolledBack)] {
            let test = try RolloutDriverTests()
            try await test.begin(Self.steps)
            let driver = test.driver()
            await test.pass(2, driver)
            try await test.carryOut(request)
            let number = try test.harbour.deployments.history(of: .digits).current?.number
            await test.pass(2, driver)
            #expect(try test.harbour.deployments.latestRollout(of: .digits)?.rollout?.phase == phase)
            #expect(
                try test.harbour.deployments.history(of: .digits).current?.number == number, "nothing more is written")
        }
    }

    /// Does by hand, past the driver, what somebody asks for.
    private func carryOut(_ request: ReleaseRequest) async throws {
        _ = try harbour.deployments.submit(request, for: .digits, author: "ada")
        try await reconcile()
    }

    private func reconcile() async throws {
        try await Reconciler(deployments: harbour.deployments, platform: platform, logger: Harbour.logger)
            .reconcile(.digits)
    }

    private var number: Int? {
        get throws { try harbour.deployments.history(of: .digits).current?.number }
    }

    @Test(arguments: [false, true]) func whoWithdrawsTheEndpointEndsIt(afterRestart: Bool) async throws {
        try await begin(Self.steps)
        let first = driver()
        await pass(2, first)
        try await carryOut(.undeploy)
        let driver = afterRestart ? driver() : first
        await pass(2, driver)
        let last = try #require(try harbour.deployments.latestRollout(of: .digits))
        #expect(last.isOver && last.rollout?.phase == .rolledBack)
        #expect(last.rollout?.records.last?.reason == "ended by ada")
        #expect(try number == 3 && current?.isWithdrawn == true)
        #expect(try harbour.deployments.submit(.deploy(versions[2]), for: .digits).revision?.number == 4)
    }

    @Test func endingARolloutPutsNothingBackThatIsWithdrawn() async throws {
        try await begin(Self.steps)
        let driver = driver()
        await pass(2, driver)
        try await carryOut(.undeploy)
        try await driver.carryOut(.abort, at: .digits, by: "ada")
        #expect(try number == 3 && current?.isWithdrawn == true)
        #expect(try harbour.deployments.activeRollouts().readable.isEmpty)
    }

    @Test func aDamagedRecordOfWhatIsWithdrawnPutsNothingBack() async throws {
        try await begin(Self.steps)
        let damaged = try #require(try harbour.deployments.latestRollout(of: .digits)).number
        try harbour.registry.database.write { try $0.setRollout(damaged, state: "{", isOver: false) }
        try await carryOut(.undeploy)
        try await driver().carryOut(.abort, at: .digits, by: "ada")
        #expect(try number == 3 && current?.isWithdrawn == true)
        #expect(try harbour.deployments.activeRollouts().damaged.isEmpty)
    }

    @Test func whoGoesBackFurtherEndsIt() async throws {
        _ = try harbour.deployments.submit(.deploy(versions[2]), for: .digits)
        try await begin(Self.steps)
        let driver = driver()
        await pass(2, driver)
        _ = try harbour.deployments.submit(.rollback(to: 1), for: .digits, author: "ada")
        await pass(30, driver)
        #expect(try number == 4, "nothing is written while that loads")
        #expect(try harbour.deployments.activeRollouts().readable.count == 1, "it may yet fail")
        try await reconcile()
        await pass(2, driver)
        #expect(try number == 4 && current?.stable?.digest == versions[2].digest)
        #expect(try harbour.deployments.latestRollout(of: .digits)?.rollout?.phase == .rolledBack)
    }

    /// Looking takes time, in which somebody may have gone back.
    @Test(arguments: [(Self.steps, 10), (#"{"strategy": "blue-green", "duration": "5s"}"#, 5)])
    func whatIsDoneDuringALookStands(_ policy: String, _ seconds: Int) async throws {
        try await begin(policy)
        let driver = driver()
        // The next look is the one in which a step is over.
        await pass(seconds, driver)
        let before = try #require(try number)
        source.whenObserved.withLock { hook in
            hook = { [self] in
                source.whenObserved.withLock { $0 = nil }
                try? await carryOut(.rollback(to: 1))
            }
        }
        await pass(10, driver)
        #expect(try number == before + 1 && current?.canary == nil && current?.stable?.digest == versions[0].digest)
        #expect(try harbour.deployments.latestRollout(of: .digits)?.rollout?.phase == .rolledBack)
    }

    @Test func anAbortWhileAnotherEndIsOnItsWayHoldsIfThatFails() async throws {
        _ = try harbour.deployments.submit(.deploy(versions[2]), for: .digits)
        try await begin(Self.steps)
        let driver = driver()
        await pass(2, driver)
        platform.setFault(.failsToLoad(reason: "no"), for: versions[2].digest)
        _ = try harbour.deployments.submit(.rollback(to: 1), for: .digits, author: "ada")
        async let abort: Void = driver.carryOut(.abort, at: .digits, by: "ada")
        while cuts.all.isEmpty { await Task.yield() }
        #expect(try harbour.deployments.activeRollouts().readable.count == 1)
        try await reconcile()
        try await abort
        #expect(try current?.stable?.digest == versions[0].digest && current?.canary == nil)
        #expect(try harbour.deployments.latestRollout(of: .digits)?.rollout?.phase == .rolledBack)
    }

    @Test func aPromotionThatWasWrittenBeforeTheProcessDiedIsEnough() async throws {
        _ = try harbour.deployments.submit(.deploy(versions[0]), for: .digits)
        _ = try harbour.deployments.submit(.shadow(versions[2], share: Share(basisPoints: 1000)), for: .digits)
        try await begin(Self.steps)
        let first = driver()
        await pass(19, first)
        let record = try #require(try harbour.deployments.latestRollout(of: .digits))
        var rollout = try #require(record.rollout)
        _ = rollout.handle(.promote(by: "ada"))
        try harbour.deployments.keep(rollout, number: record.number)
        try await carryOut(.promote)
        let written = try number
        let second = driver()
        await pass(1, second)
        #expect(try harbour.deployments.latestRollout(of: .digits)?.rollout?.phase == .promoted)
        #expect(try number == written)
    }

    @Test func goingBackToWhatDoesNotLoadEndsNothing() async throws {
        _ = try harbour.deployments.submit(.deploy(versions[2]), for: .digits)
        try await begin(Self.steps)
        let driver = driver()
        await pass(2, driver)
        platform.setFault(.failsToLoad(reason: "no"), for: versions[2].digest)
        try await carryOut(.rollback(to: 1))
        await pass(25, driver)
        #expect(try current?.stable?.digest == versions[1].digest)
        #expect(try harbour.deployments.latestRollout(of: .digits)?.rollout?.phase == .promoted)
    }

    @Test func aClockThatIsSetBackStopsNothing() async throws {
        try await begin(Self.steps)
        let driver = driver()
        await pass(5, driver)
        clock.advance(-3_600_000)
        await pass(7, driver)
        #expect(try current?.canary?.weight == 5000)
        let known = try #require(try harbour.deployments.latestRollout(of: .digits)?.rollout)
        #expect(known.step == 1, "it is written down as before")
        await pass(11, driver)
        #expect(try current?.stable?.digest == versions[1].digest)
    }

    @Test func whatIsWantedWhileItBeginsToCountIsNotLost() async throws {
        try await begin(Self.steps)
        await pass(2, driver())
        let second = driver()
        source.whenOpened.withLock { $0 = { try? await second.carryOut(.pause, at: .digits, by: "ada") } }
        await second.tick()
        #expect(try await second.json(.digits)["state"]?.stringValue == "paused")
    }

    @Test func anotherRolloutCountsForItself() async throws {
        try await begin(Self.steps)
        let driver = driver()
        await pass(2, driver)
        let first = try #require(try harbour.deployments.latestRollout(of: .digits))
        try harbour.deployments.drop(rollout: first.number)
        try await carryOut(.rollback(to: first.base))
        let policy = try RolloutPolicy(json: JSONValue.parse(Array(Self.steps.utf8)))
        _ = try harbour.deployments.submit(
            Deployments.request(versions[2], policy), for: .digits, rollout: policy)
        try await reconcile()
        await pass(1, driver)
        let (two, three) = (versions[1].version, versions[2].version)
        #expect(source.log.withLock { $0 } == ["open \(two)", "close \(two)", "open \(three)"])
    }

    @Test func nobodyDeploysWhileARolloutIsUnderWay() async throws {
        try await begin(Self.steps)
        #expect(throws: ReleaseError.self) {
            _ = try harbour.deployments.submit(.deploy(versions[1]), for: .digits)
        }
        #expect(throws: ReleaseError.self) {
            _ = try harbour.deployments.submit(
                .canary(versions[1], share: Share(basisPoints: 2000)), for: .digits)
        }
    }

    @Test func blueGreenKeepsTheOldVersionUntilItIsOver() async throws {
        try await begin(#"{"strategy": "blue-green", "duration": "5s"}"#)
        #expect(try current?.stable?.digest == versions[1].digest)
        #expect(try current?.shadows.map(\.digest) == [versions[0].digest])
        let driver = driver()
        await pass(7, driver)
        #expect(try current?.arms.map(\.digest) == [versions[1].digest])
        #expect(try harbour.deployments.latestRollout(of: .digits)?.rollout?.phase == .promoted)
    }

    @Test func aVersionThatDoesNotLoadIsNoRollout() async throws {
        platform.setFault(.failsToLoad(reason: "no"), for: versions[1].digest)
        try await begin(Self.steps)
        let driver = driver()
        await pass(1, driver)
        #expect(try harbour.deployments.activeRollouts().readable.isEmpty)
        #expect(try current?.stable?.digest == versions[0].digest)
    }

    @Test func peoplePauseResumeAndEndIt() async throws {
        try await begin(Self.steps)
        let driver = driver()
        await pass(2, driver)
        try await driver.carryOut(.pause, at: .digits, by: "ada")
        await pass(20, driver)
        #expect(try current?.canary?.weight == 1000)
        #expect(try await driver.json(.digits)["state"]?.stringValue == "paused")
        try await driver.carryOut(.resume, at: .digits, by: "ada")
        await pass(10, driver)
        #expect(try current?.canary?.weight == 5000)
        try await driver.carryOut(.abort, at: .digits, by: "ada")
        #expect(try current?.canary == nil)
        await #expect(throws: ReleaseError.self) { try await driver.carryOut(.pause, at: .digits, by: "ada") }
    }
}

/// What was cut off, and when.
private final class CutList: Sendable {
    private let entries = Mutex<[String]>([])
    var all: [String] { entries.withLock { $0 } }
    func add(_ entry: String) { entries.withLock { $0.append(entry) } }
}

private final class ManualClock: Sendable {
    private let now = Mutex(1_000_000)
    var time: Int { now.withLock { $0 } }
    func advance(_ milliseconds: Int) { now.withLock { $0 += milliseconds } }
}

/// A hundred requests between two looks, divided as the platform divides them.
private final class MadeSource: RolloutSource {
    let canaryErrors = Mutex(0)
    let whenOpened = Mutex<(@Sendable () async -> Void)?>(nil)
    /// Done at the end of a look, which has seen what was before.
    let whenObserved = Mutex<(@Sendable () async -> Void)?>(nil)
    /// What was opened and closed.
    let log = Mutex<[String]>([])
    private let platform: SimulatedPlatform

    init(_ platform: SimulatedPlatform) { self.platform = platform }

    func baseline(of subject: RolloutSubject, _ policy: RolloutPolicy) async -> RolloutBaseline {
        RolloutBaseline(requests: 1000, errors: 5)
    }

    func open(_ subject: RolloutSubject, _ policy: RolloutPolicy, _ baseline: RolloutBaseline) async {
        log.withLock { $0.append("open \(subject.candidate.version)") }
        await whenOpened.withLock { $0 }?()
    }

    func close(_ subject: RolloutSubject) async { log.withLock { $0.append("close \(subject.candidate.version)") } }

    func observe(_ subject: RolloutSubject, at time: Int) async -> RolloutObservation? {
        guard let arms = try? await platform.status(of: subject.endpoint)?.arms.map(\.arm) else { return nil }
        let known = [subject.stable.digest, subject.candidate.digest]
        guard arms.contains(where: { $0.role == .stable && known.contains($0.digest) }) else { return nil }
        let isWhole = arms.contains { $0.digest == subject.candidate.digest && $0.role == .stable }
        let share = isWhole ? TrafficSplit.whole : arms.first { $0.role == .canary }?.weight ?? 0
        let errors = canaryErrors.withLock { $0 }
        await whenObserved.withLock { $0 }?()
        return RolloutObservation(
            time: time, share: share, stable: ArmTally(requests: 100 - share / 100),
            canary: ArmTally(requests: share / 100, failures: [min(errors, share / 100)]))
    }
}
