import Release
import Testing

@testable import Control

@Suite(.timeLimit(.minutes(1))) struct ReconcilerTests {
    private let harbour: Harbour
    private let versions: [Candidate]
    private let platform = SimulatedPlatform()
    private let reconciler: Reconciler

    init() throws {
        let harbour = try Harbour()
        self.harbour = harbour
        versions = try (1...3).map { try harbour.version("runs \($0)") }
        reconciler = Reconciler(deployments: harbour.deployments, platform: platform, logger: Harbour.logger)
    }

    private func submit(_ request: ReleaseRequest) throws {
        _ = try harbour.deployments.submit(request, for: .digits)
    }

    private func outcomes() throws -> [RevisionOutcome] {
        try harbour.deployments.history(of: .digits).entries.map(\.outcome)
    }

    private func running() async throws -> Int? { try await platform.status(of: .digits)?.revision }

    @Test func whatIsRecordedIsCarriedOut() async throws {
        try submit(.deploy(versions[0]))
        try await reconciler.reconcileAll()
        #expect(try outcomes() == [.healthy])
        #expect(try await running() == 1)
        #expect(await reconciler.report(of: 1, endpoint: try .digits)?.loaded.map(\.number) == [1])
        #expect(await reconciler.report(of: 2, endpoint: try .digits) == nil)
    }

    @Test func whatIsInForceIsLeftAlone() async throws {
        try submit(.deploy(versions[0]))
        for _ in 0..<3 { try await reconciler.reconcileAll() }
        #expect(platform.journal.count { $0 == .swap } == 1)
    }

    @Test func whenTheNewestFailsTheOneBeforeStays() async throws {
        try submit(.deploy(versions[0]))
        try await reconciler.reconcileAll()
        platform.setFault(.failsToWarm(reason: "NaN"), for: versions[1].digest)
        try submit(.deploy(versions[1]))
        try await reconciler.reconcileAll()
        #expect(try outcomes() == [.healthy, .failed(reason: "digits:2: NaN")])
        #expect(try await running() == 1)
    }

    /// As after a restart: nothing runs yet, and the version in force has been damaged meanwhile.
    @Test func aStartFallsBackToWhatLoads() async throws {
        for version in versions {
            try submit(.deploy(version))
            try await reconciler.reconcileAll()
        }
        let fresh = SimulatedPlatform()
        for version in versions[1...] { fresh.setFault(.failsToLoad(reason: "damaged"), for: version.digest) }
        try await Reconciler(deployments: harbour.deployments, platform: fresh, logger: Harbour.logger).reconcileAll()
        #expect(try outcomes().map(\.isFailed) == [false, true, true])
        #expect(try await fresh.status(of: .digits)?.revision == 1)
    }

    @Test func whereNothingLoadsNothingRuns() async throws {
        platform.setFault(.hangs, for: versions[0].digest)
        try submit(.deploy(versions[0]))
        try await reconciler.reconcileAll()
        #expect(try outcomes() == [.failed(reason: "digits:1 took too long to load")])
        #expect(try await running() == nil)
    }

    @Test func aRollbackBringsTheOldStateBack() async throws {
        for request in [ReleaseRequest.deploy(versions[0]), .deploy(versions[1]), .rollback(), .rollback(), .undeploy] {
            try submit(request)
            try await reconciler.reconcileAll()
        }
        #expect(try outcomes() == Array(repeating: .healthy, count: 5))
        #expect(try await running() == nil)
    }

    @Test func callersAtOnceAreServedInTurn() async throws {
        try submit(.deploy(versions[0]))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask { if let name = try? EndpointName("digits") { await reconciler.reconcile(name) } }
            }
        }
        #expect(platform.journal.count { $0 == .swap } == 1)
    }

    @Test func aPlatformThatCannotBeReachedLeavesTheRevisionPending() async throws {
        try submit(.deploy(versions[0]))
        let lost = Reconciler(deployments: harbour.deployments, platform: LostPlatform(), logger: Harbour.logger)
        try await lost.reconcileAll()
        #expect(try outcomes() == [.pending])
    }

    /// A platform that nobody answers from.
    private struct LostPlatform: Platform {
        func apply(_ revision: Revision) async throws(ReleaseError) -> PassageReport {
            throw ReleaseError(.failed, "gone")
        }
        func giveWay(at endpoint: EndpointName, to revision: Int) async {}
        func status(of endpoint: EndpointName) async throws(ReleaseError) -> EndpointStatus? { nil }
        func withdraw(_ endpoint: EndpointName) async throws(ReleaseError) {}
    }
}
