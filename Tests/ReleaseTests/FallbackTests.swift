import Release
import Tensors
import Testing

/// The version that answers requests far outside the reference of others, in an endpoint's state.
@Suite struct FallbackTests {
    private static func settings(_ number: Int, digest: String? = nil) throws -> EndpointSettings {
        let version = try VersionReference(model: "digits", number: number)
        return EndpointSettings(
            watching: WatchingChoice(
                outliers: .fallback(FallbackVersion(version: version, digest: digest ?? "sha256:\(number)"))))
    }

    @Test(arguments: ["off", "count", "refuse", "fallback:digits:1", "fallback:a.b-c:1234"])
    func aPolicyReadsBackAsItWasWritten(_ text: String) throws {
        #expect(try WatchingChoice.Outliers(text).description == text)
        let settings = try EndpointSettings(json: .object([("outliers", .string(text))]))
        #expect(settings.watching.outliers.description == text && settings.watching.outliers.fallback?.digest == nil)
    }

    @Test(arguments: [
        "", "on", "fallback", "fallback:", "fallback:digits", "fallback:digits:0", "fallback:digits:1:2", "Refuse",
    ])
    func whatIsNoPolicyIsRefused(_ text: String) {
        #expect { try WatchingChoice.Outliers(text) } throws: { ($0 as? ReleaseError)?.code == .invalid }
        #expect {
            try EndpointSettings(json: .object([("outliers", .string(text))]))
        } throws: {
            ($0 as? ReleaseError)?.message.contains("fallback:MODEL:VERSION") == true
        }
    }

    @Test func itIsPartOfTheStateAndOfWhatIsInMemory() throws {
        let spec = try EndpointSpec(arms: [arm(2)], settings: Self.settings(1))
        #expect(try EndpointSpec(json: JSONValue.parse(spec.json.encoded())) == spec)
        #expect(spec.digests == ["sha256:1", "sha256:2"] && spec.isSettled && spec.answering.count == 1)
        #expect(spec.sessions.map(\.version.number) == [2, 1])
        let plain = try EndpointSpec(arms: [arm(2)])
        let passage = Passage(from: plain.sessions, to: spec)
        #expect(passage.entering.map(\.version.number) == [1] && passage.leaving.isEmpty)
        #expect(Passage(from: spec.sessions, to: plain).leaving.map(\.version.number) == [1])
        #expect(SpecDiff(from: plain, to: spec).changes.map(\.description) == ["+ outliers: fallback:digits:1"])
        let other = try EndpointSpec(arms: [arm(2)], settings: Self.settings(1, digest: "sha256:other"))
        #expect(SpecDiff(from: spec, to: other).changes.count == 1)
        let withdrawn = try EndpointSpec(arms: [], settings: spec.settings)
        #expect(withdrawn.sessions.isEmpty && withdrawn.digests.isEmpty && withdrawn.fallback == nil)
    }

    @Test func itIsNoArmAndIsKnownByItsDigest() throws {
        for role in [Arm.Role.canary, .shadow] {
            #expect {
                try EndpointSpec(
                    arms: [arm(2, role == .canary ? 9_000 : 10_000), arm(1, 1_000, role)], settings: Self.settings(1))
            } throws: {
                ($0 as? ReleaseError)?.message.contains("cannot be the \(role.rawValue) version too") == true
            }
        }
        #expect { try EndpointSpec(arms: [arm(1)], settings: Self.settings(3, digest: "sha256:1")) } throws: {
            ($0 as? ReleaseError)?.code == .invalid
        }
        #expect { try EndpointSpec(arms: [arm(2)], settings: Self.settings(1, digest: "")) } throws: {
            ($0 as? ReleaseError)?.message.contains("has no digest") == true
        }
    }

    /// A rollout keeps it; deploying the fallback version itself is refused with what to do.
    @Test func itStaysThroughRolloutsAndGoesWithItsRevision() throws {
        var story = try Story()
        try story.deploy(1)
        try story.then(.deploy(candidate(2), settings: Self.settings(1)))
        try story.canary(3)
        #expect(story.state?.fallback?.digest == "sha256:1")
        try story.then(.promote)
        #expect(story.state?.stable?.version.number == 3 && story.state?.fallback?.version.number == 1)
        #expect { try story.deploy(1) } throws: { ($0 as? ReleaseError)?.help?.contains("--outliers") == true }
        #expect { try story.canary(1) } throws: { ($0 as? ReleaseError)?.code == .invalid }
        try story.rollback(to: 1)
        #expect(story.state?.fallback == nil && story.state?.stable?.version.number == 1)
    }

    @Test func oneInQuarantineIsNotTaken() throws {
        var story = try Story()
        try story.deploy(2)
        #expect {
            try Planner.plan(
                .deploy(candidate(3), settings: Self.settings(1)), history: story.history, quarantined: ["sha256:1"])
        } throws: { ($0 as? ReleaseError)?.code == .quarantined }
    }
}
