import Home
import Registry
import Release
import Seals
import Tensors
import Testing
import Trust

@testable import Control

/// Row 99 of the attack table: while seals are asked for, nothing unsigned goes into service, and nothing older in place of
/// something newer, but for a rollback.
@Suite struct SealPolicyTests {
    private let harbour: Harbour
    private let versions: [Candidate]
    private let key = SigningKey()

    init() throws {
        let harbour = try Harbour()
        self.harbour = harbour
        versions = try (1...3).map { try harbour.version("runs \($0)") }
        for (index, version) in versions.prefix(2).enumerated() { try Self.sign(version, harbour, key, at: index + 1) }
        try carryOut(.deploy(versions[1]))
        try SealPolicy.record(SealPolicy(keys: [key.verifyingKey]), in: harbour.registry.database)
    }

    private static func sign(_ version: Candidate, _ harbour: Harbour, _ key: SigningKey, at time: Int) throws {
        let record = try harbour.registry.resolve(Reference("\(version.version)"))
        try harbour.registry.sign(record, with: key, at: time * 1000)
    }

    private var deployments: Deployments { harbour.deployments }

    @discardableResult
    private func carryOut(_ request: ReleaseRequest, allowsOlder: Bool = false) throws -> Revision? {
        let (_, revision) = try deployments.submit(request, for: .digits, note: "mine", allowsOlder: allowsOlder)
        if let revision { try deployments.record(.healthy, of: revision) }
        return revision
    }

    private func refusal(_ request: ReleaseRequest, allowsOlder: Bool = false) throws -> SealError {
        let revisions = try deployments.history(of: .digits).entries.count
        #expect(throws: SealError.self) { try deployments.plan(request, for: .digits, allowsOlder: allowsOlder) }
        let error = try #require(throws: SealError.self) { try carryOut(request, allowsOlder: allowsOlder) }
        #expect(try deployments.history(of: .digits).entries.count == revisions)
        return error
    }

    private func share() throws -> Share { try Share("10%") }

    @Test func anUnsignedVersionIsNotDeployed() throws {
        for request in [ReleaseRequest.deploy(versions[2]), .canary(versions[2], share: try share())] {
            let error = try refusal(request, allowsOlder: true)
            #expect(error.code == .required && error.help?.contains("slipway sign digits:3 --key") == true)
        }
        try Self.sign(versions[2], harbour, key, at: 3)
        try carryOut(.canary(versions[2], share: share()))
        try carryOut(.promote)
    }

    @Test func anotherKeysSealIsNone() throws {
        try Self.sign(versions[2], harbour, SigningKey(), at: 3)
        #expect(try refusal(.deploy(versions[2])).code == .required)
    }

    @Test func anOlderVersionComesBackByARollbackOnly() throws {
        for request in [ReleaseRequest.deploy(versions[0]), .canary(versions[0], share: try share())] {
            let error = try refusal(request)
            #expect(error.code == .older && error.help?.contains("slipway rollback digits") == true)
        }
        // Taking everything out of service in between makes nobody forget.
        try carryOut(.undeploy)
        #expect(try refusal(.deploy(versions[0])).code == .older)
        try carryOut(.deploy(versions[1]))
        let revision = try #require(try carryOut(.deploy(versions[0]), allowsOlder: true))
        #expect(revision.note == "mine; older than digits:2, as was asked for")
        // Forward again needs no words, and a rollback says itself what it is.
        try carryOut(.deploy(versions[1]))
        let rollback = try #require(try carryOut(.rollback()))
        #expect(
            rollback.cause == .rollback(to: revision.number) && rollback.spec.stable?.version == versions[0].version)
        #expect(rollback.note == "mine")
    }

    @Test func aRollbackNeedsASealToo() throws {
        try SealPolicy.record(nil, in: harbour.registry.database)
        try carryOut(.deploy(versions[2]))
        try Self.sign(versions[0], harbour, key, at: 5)
        try carryOut(.deploy(versions[0]))
        try SealPolicy.record(SealPolicy(keys: [key.verifyingKey]), in: harbour.registry.database)
        #expect(try refusal(.rollback()).code == .required)
    }

    /// Signed again, an older version is the newer one: whoever has the key has said so.
    @Test func signingAgainMakesItNewer() throws {
        try Self.sign(versions[0], harbour, key, at: 9)
        try carryOut(.deploy(versions[0]))
        #expect(try refusal(.deploy(versions[1])).code == .older)
    }

    /// The last gate: what is recorded without a seal is not loaded.
    @Test func aServerLoadsNothingUnsigned() async throws {
        let harbour = try Harbour(seals: SealPolicy(keys: [key.verifyingKey]))
        let version = try harbour.version("runs")
        let refused = try await harbour.platform.apply(harbour.revision(1, .only(version)))
        guard case .abandoned(let reason) = refused.result else {
            Issue.record("it was loaded")
            return
        }
        #expect(reason.contains("has no seal"), "\(reason)")
        try Self.sign(version, harbour, key, at: 1)
        #expect(try await harbour.platform.apply(harbour.revision(2, .only(version))).result == .completed)
    }
}
