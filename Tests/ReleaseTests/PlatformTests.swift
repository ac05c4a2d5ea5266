import Monitor
import Release
import Testing

/// What every platform keeps; so far asked of the simulated one.
@Suite struct PlatformTests {
    private let platform = SimulatedPlatform()

    private func revision(_ number: Int, _ spec: EndpointSpec) throws -> Revision {
        Revision(endpoint: try EndpointName("digits"), number: number, spec: spec, cause: .deploy, createdAt: 0)
    }

    @Test func appliedRevisionsAreInForce() async throws {
        let report = try await platform.apply(revision(1, settled(1)))
        #expect(report.outcome == .healthy)
        #expect(report.loaded.map(\.description) == ["digits:1"])
        let status = try await platform.status(of: EndpointName("digits"))
        #expect(status == EndpointStatus(revision: 1, arms: [ArmStatus(arm: try arm(1), state: .ready)]))
    }

    @Test(arguments: [
        (SimulatedPlatform.Fault.failsToLoad(reason: "bad"), "digits:2: bad"),
        (.failsToWarm(reason: "NaN"), "digits:2: NaN"),
        (.hangs, "digits:2 took too long to load"),
    ]) func aBadVersionLeavesTheEndpointAsItWas(fault: SimulatedPlatform.Fault, reason: String) async throws {
        _ = try await platform.apply(revision(1, settled(1)))
        let before = try await platform.status(of: EndpointName("digits"))
        platform.setFault(fault, for: "sha256:2")
        let report = try await platform.apply(revision(2, settled(2)))
        #expect(report.outcome == .failed(reason: reason))
        #expect(try await platform.status(of: EndpointName("digits")) == before)
        platform.setFault(nil, for: "sha256:2")
        #expect(try await platform.apply(revision(3, settled(2))).outcome == .healthy)
    }

    @Test func applyingTheSameRevisionAgainLoadsNothing() async throws {
        _ = try await platform.apply(revision(1, settled(1)))
        let report = try await platform.apply(revision(1, settled(1)))
        #expect(report.loaded.isEmpty && report.unloaded.isEmpty && report.outcome == .healthy)
    }

    @Test func withdrawnEndpointsAreUnknown() async throws {
        let name = try EndpointName("digits")
        #expect(try await platform.status(of: name) == nil)
        try await platform.withdraw(name)
        _ = try await platform.apply(revision(1, settled(1)))
        try await platform.withdraw(name)
        #expect(try await platform.status(of: name) == nil)
        _ = try await platform.apply(revision(2, settled(1)))
        _ = try await platform.apply(revision(3, EndpointSpec(arms: [])))
        #expect(try await platform.status(of: name) == nil)
        let session = try settled(1).sessions[0]
        #expect(platform.journal.count { $0 == .load(session) } == 2)
        #expect(platform.journal.count { $0 == .unload(session) } == 2)
    }

    @Test func evidenceIsWhatHappenedSinceAMoment() async throws {
        let source = SimulatedEvidence()
        let name = try EndpointName("digits")
        func total(_ requests: Int, _ errors: Int) -> ArmEvidence {
            ArmEvidence(
                requests: requests, errors: errors,
                latency: HistogramSnapshot(edges: [1], counts: [UInt64(requests), 0], sum: Double(requests)))
        }
        #expect(try await source.evidence(for: "sha256:1", of: name, since: 0) == nil)
        source.set(total(10, 1), for: "sha256:1", of: name, at: 100)
        source.set(total(30, 5), for: "sha256:1", of: name, at: 300)
        source.set(total(25, 4), for: "sha256:1", of: name, at: 200)
        #expect(try await source.evidence(for: "sha256:1", of: name, since: 0) == total(30, 5))
        #expect(try await source.evidence(for: "sha256:1", of: name, since: 250) == total(5, 1))
        #expect(try await source.evidence(for: "sha256:1", of: name, since: 900)?.requests == 0)
        #expect(try await source.evidence(for: "sha256:2", of: name, since: 0) == nil)
        #expect(total(5, 0).since(total(6, 0)) == nil)
    }
}
