import Home
import Registry
import Release
import Tensors
import Testing

@testable import Control

@Suite struct DeploymentTests {
    private let harbour: Harbour
    private let versions: [Candidate]

    init() throws {
        let harbour = try Harbour()
        self.harbour = harbour
        versions = try (1...3).map { try harbour.version("runs \($0)") }
    }

    private var deployments: Deployments { harbour.deployments }

    private func state() throws -> String? {
        try deployments.history(of: .digits).current.map { HistoryText.traffic($0.spec) }
    }

    /// Writes a revision and records that it came through.
    @discardableResult
    private func carryOut(_ request: ReleaseRequest) throws -> Revision? {
        let (_, revision) = try deployments.submit(request, for: .digits)
        if let revision { try deployments.record(.healthy, of: revision) }
        return revision
    }

    @Test func aPlanWritesNothing() throws {
        let plan = try deployments.plan(.deploy(versions[0]), for: .digits)
        #expect(plan.base == nil && !plan.isEmpty)
        #expect(try deployments.endpoints().isEmpty)
        #expect(try deployments.history(of: .digits).entries.isEmpty)
    }

    @Test func aRevisionIsPendingUntilItsOutcomeIsRecorded() throws {
        let (plan, revision) = try deployments.submit(.deploy(versions[0]), for: .digits, author: "ada", note: "first")
        let written = try #require(revision)
        #expect(plan.next == written.spec)
        let entry = try #require(try deployments.history(of: .digits).entries.first)
        #expect(entry.revision == written && entry.outcome == .pending)
        #expect(written.author == "ada" && written.note == "first" && written.number == 1 && written.parent == nil)
        #expect(try harbour.registry.database.read { try $0.endpoint("digits")?.active } == nil)
        try deployments.record(.healthy, of: written)
        #expect(try deployments.history(of: .digits).entries.map(\.outcome) == [.healthy])
        #expect(try harbour.registry.database.read { try $0.endpoint("digits")?.active } == 1)
        #expect(try deployments.endpoints().map(\.text) == ["digits"])
    }

    /// However long ago that was.
    @Test(arguments: [0, 7, 8, 70])
    func whatIsInForceIsAmongWhatWasOfLate(_ failures: Int) throws {
        try carryOut(.deploy(versions[0]))
        try carryOut(.deploy(versions[1]))
        for _ in 0..<failures {
            let revision = try #require(try deployments.submit(.deploy(versions[2]), for: .digits).revision)
            try deployments.record(.failed(reason: "no"), of: revision)
        }
        let recent = try deployments.recentHistory(of: .digits)
        #expect(recent.current?.number == 2 && recent.nextNumber == failures + 3)
        #expect(recent.entries.count <= max(8, 8 * failures))
        #expect(try deployments.plan(.rollback(to: nil), for: .digits).next.arms.first?.version == versions[0].version)
    }

    @Test func aFailedRevisionIsPassedOver() throws {
        try carryOut(.deploy(versions[0]))
        let revision = try #require(try deployments.submit(.deploy(versions[1]), for: .digits).revision)
        try deployments.record(.failed(reason: "line one\nline two"), of: revision)
        #expect(try state() == "digits:1 100%")
        #expect(try deployments.history(of: .digits).entries.last?.outcome == .failed(reason: "line one\nline two"))
        #expect(try harbour.registry.database.read { try $0.endpoint("digits")?.active } == 1)
        #expect(try carryOut(.deploy(versions[2]))?.parent == 1)
    }

    @Test func askingForWhatIsSoWritesNothing() throws {
        try carryOut(.deploy(versions[0]))
        let (plan, revision) = try deployments.submit(.deploy(versions[0]), for: .digits)
        #expect(plan.isEmpty && revision == nil)
        #expect(try deployments.history(of: .digits).entries.count == 1)
    }

    @Test func rollingBackTwiceReturns() throws {
        try carryOut(.deploy(versions[0]))
        try carryOut(.deploy(versions[1]))
        try carryOut(.rollback())
        #expect(try state() == "digits:1 100%")
        try carryOut(.rollback())
        #expect(try state() == "digits:2 100%")
        try carryOut(.rollback(to: 1))
        #expect(try state() == "digits:1 100%")
        #expect(try deployments.history(of: .digits).entries.map(\.revision.number) == [1, 2, 3, 4, 5])
    }

    @Test func aCanaryIsPromotedOrEnded() throws {
        try carryOut(.deploy(versions[0]))
        try carryOut(.canary(versions[1], share: Share("10%")))
        #expect(try state() == "digits:1 90%, digits:2 10% (canary)")
        let error = #expect(throws: ReleaseError.self) { try carryOut(.deploy(versions[2])) }
        #expect(error?.code == .conflict)
        try carryOut(.promote)
        #expect(try state() == "digits:2 100%")
        try carryOut(.undeploy)
        #expect(try state() == "withdrawn")
        try carryOut(.rollback())
        #expect(try state() == "digits:2 100%")
    }

    @Test func aQuarantinedVersionIsRefusedUntilItIsReleased() throws {
        try carryOut(.deploy(versions[0]))
        try harbour.registry.database.write {
            try $0.setMark(.quarantined, ofDigest: versions[1].digest, at: "digits", reason: "test")
            try $0.setMark(.quarantined, ofDigest: versions[2].digest, at: "elsewhere", reason: "test")
        }
        let error = #expect(throws: ReleaseError.self) { try carryOut(.deploy(versions[1])) }
        #expect(error?.code == .quarantined)
        #expect(throws: ReleaseError.self) {
            try deployments.plan(.canary(versions[1], share: Share("1%")), for: .digits)
        }
        #expect(try carryOut(.deploy(versions[2])) != nil)
        try deployments.release(versions[1].digest, at: .digits)
        #expect(try carryOut(.deploy(versions[1])) != nil)
    }

    /// A fallback version is looked up by its name, kept with its digest, and refused where it cannot be asked the same.
    @Test func aFallbackVersionTakesTheSameInputs() throws {
        func settings(_ number: Int) throws -> EndpointSettings {
            EndpointSettings(
                watching: WatchingChoice(outliers: try WatchingChoice.Outliers("fallback:digits:\(number)")))
        }
        let request = ReleaseRequest.deploy(versions[1], settings: try settings(1))
        try carryOut(request)
        #expect(try state() == "digits:2 100%, digits:1 (fallback)")
        let spec = try #require(try deployments.history(of: .digits).current?.spec)
        #expect(spec.fallback?.digest == versions[0].digest)
        #expect(try carryOut(request) == nil, "asking for what is so writes nothing")
        var wide = Signature.digits
        wide.inputs[0].dimensions = [.symbol("N"), .fixed(3)]
        let other = try harbour.version("runs wide", signature: wide)
        for request in [
            ReleaseRequest.deploy(versions[1], settings: try settings(4)), .deploy(other),
            .canary(other, share: try Share(basisPoints: 100)),
        ] {
            #expect { try deployments.plan(request, for: .digits) } throws: {
                ($0 as? ReleaseError)?.message.contains("cannot answer in place of") == true
            }
        }
        #expect(throws: RegistryError.self) {
            try deployments.plan(.deploy(versions[1], settings: settings(9)), for: .digits)
        }
        try carryOut(.shadow(other, share: Share(basisPoints: 100)))
        #expect(try state() == "digits:2 100%, digits:4 1% (shadow), digits:1 (fallback)")
        try carryOut(.undeploy)
        #expect(try state() == "withdrawn")
    }

    @Test func endpointsDoNotShareRevisions() throws {
        try carryOut(.deploy(versions[0]))
        let other = try EndpointName("other")
        #expect(try deployments.submit(.deploy(versions[1]), for: other).revision?.number == 1)
        #expect(try deployments.endpoints().map(\.text) == ["digits", "other"])
        #expect(try deployments.history(of: .digits).entries.count == 1)
    }

    @Test func writersOfManyProcessesNumberOnce() async throws {
        let (home, versions) = (harbour.registry.database.home, versions)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let own = Deployments(ModelRegistry(try HomeDatabase.open(home)))
                    for turn in 0..<12 { _ = try own.submit(.deploy(versions[turn % 3]), for: .digits) }
                }
            }
            try await group.waitForAll()
        }
        let entries = try deployments.history(of: .digits).entries
        #expect(entries.map(\.revision.number) == Array(1...entries.count))
        #expect(zip(entries, entries.dropFirst()).allSatisfy { $0.revision.spec != $1.revision.spec })
    }

    @Test func aReferenceBecomesACandidate() throws {
        #expect(try deployments.candidate(Reference("digits:2")) == versions[1])
        let error = #expect(throws: RegistryError.self) { try deployments.candidate(Reference("digits:9")) }
        #expect(error?.code == .notFound)
    }

    @Test func historyIsToldAsJSON() throws {
        try carryOut(.deploy(versions[0]))
        let revision = try #require(
            try deployments.submit(.canary(versions[1], share: Share("10%")), for: .digits, author: "ada", note: "try")
                .revision)
        try deployments.record(.failed(reason: "why"), of: revision)
        let json = HistoryText.json(try #require(try deployments.history(of: .digits).entries.last))
        #expect(json["endpoint"] == "digits" && json["revision"] == 2 && json["cause"] == "canary")
        #expect(json["outcome"] == "failed" && json["reason"] == "why" && json["parent"] == 1)
        #expect(json["author"] == "ada" && json["note"] == "try")
        #expect(json["traffic"] == "digits:1 90%, digits:2 10% (canary)")
        #expect(json["arms"]?.arrayValue?.map { $0["weight"] } == [9000, 1000])
        #expect(json["createdAt"]?.stringValue?.hasSuffix("Z") == true)
    }
}
