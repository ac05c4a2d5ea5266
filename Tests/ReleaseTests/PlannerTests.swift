import Release
import Testing

@Suite struct PlannerTests {
    private func story(_ tell: (inout Story) throws -> Void) throws -> EndpointHistory {
        var story = try Story()
        try tell(&story)
        return story.history
    }

    private func code(_ request: ReleaseRequest, _ history: EndpointHistory, quarantined: Set<String> = [])
        -> ReleaseError.Code?
    {
        do {
            _ = try Planner.plan(request, history: history, quarantined: quarantined)
            return nil
        } catch { return error.code }
    }

    @Test func deployingReplacesTheStableVersion() throws {
        let plan = try Planner.plan(.deploy(candidate(2)), history: story { try $0.deploy(1) })
        #expect(plan.next == (try settled(2)))
        #expect(plan.base == 1)
        #expect(plan.cause == .deploy)
        #expect(plan.changes.map(\.description) == ["+ arm digits:2: stable 100%", "- arm digits:1: stable 100%"])
    }

    @Test func deployingKeepsSettingsUnlessTheyAreGiven() throws {
        let settings = EndpointSettings(
            engine: .named(NamedEngine(name: "openvino")), objectives: [.errors(ratio: 0.1)])
        let history = try story { try $0.then(.deploy(candidate(1), settings: settings)) }
        #expect(try Planner.plan(.deploy(candidate(2)), history: history).next.settings == settings)
        let plan = try Planner.plan(.deploy(candidate(1), settings: EndpointSettings()), history: history)
        #expect(plan.changes.map(\.description) == ["~ engine: openvino → auto", "- objective errors: 10%"])
    }

    @Test func whatIsAlreadySoIsAnEmptyPlan() throws {
        let deployed = try story { try $0.deploy(1) }
        #expect(try Planner.plan(.deploy(candidate(1)), history: deployed).isEmpty)
        #expect(try Planner.plan(.rollback(to: 1), history: deployed).isEmpty)
        let canary = try story {
            try $0.deploy(1)
            try $0.canary(2)
        }
        #expect(try Planner.plan(.canary(candidate(2), share: Share("10%")), history: canary).isEmpty)
        let withdrawn = try story {
            try $0.deploy(1)
            try $0.then(.undeploy)
        }
        #expect(try Planner.plan(.undeploy, history: withdrawn).isEmpty)
    }

    @Test func aCanaryTakesItsShareFromTheStableVersion() throws {
        var story = try Story()
        try story.deploy(1)
        try story.canary(2)
        #expect(story.state == (try split(1, canary: 2)))
        let plan = try Planner.plan(.canary(candidate(2), share: Share("25%")), history: story.history)
        #expect(
            plan.changes.map(\.description) == [
                "~ arm digits:1: stable 90% → stable 75%", "~ arm digits:2: canary 10% → canary 25%",
            ])
    }

    @Test func promotingMakesTheCanaryStable() throws {
        let history = try story {
            try $0.deploy(1)
            try $0.canary(2)
        }
        let plan = try Planner.plan(.promote, history: history)
        #expect(plan.next == (try settled(2)))
        #expect(plan.cause == .promote)
    }

    @Test func conflictsAreNamed() throws {
        let empty = try story { _ in }
        let deployed = try story { try $0.deploy(1) }
        let canary = try story {
            try $0.deploy(1)
            try $0.canary(2)
        }
        let withdrawn = try story {
            try $0.deploy(1)
            try $0.then(.undeploy)
        }
        let tenth = try Share("10%")
        let cases: [(ReleaseRequest, EndpointHistory, ReleaseError.Code)] = try [
            (.promote, empty, .conflict), (.promote, deployed, .conflict), (.promote, withdrawn, .conflict),
            (.deploy(candidate(3)), canary, .conflict), (.deploy(candidate(2)), canary, .conflict),
            (.deploy(candidate(1)), canary, .conflict), (.canary(candidate(1), share: tenth), deployed, .conflict),
            (.canary(candidate(3), share: tenth), canary, .conflict),
            (.canary(candidate(1), share: tenth), canary, .conflict),
            (.canary(candidate(1), share: tenth), empty, .conflict),
            (.canary(candidate(1), share: tenth), withdrawn, .conflict),
            (.canary(candidate(2), share: Share("0%")), deployed, .invalid),
            (.canary(candidate(2), share: Share("100%")), deployed, .invalid), (.rollback(), empty, .notFound),
            (.rollback(), deployed, .notFound), (.rollback(to: 2), deployed, .notFound),
            (.rollback(to: 1), empty, .notFound), (.undeploy, empty, .notFound),
        ]
        for (request, history, expected) in cases {
            #expect(code(request, history) == expected, "\(request)")
        }
    }

    @Test func everyRefusalSaysWhatToDo() throws {
        let canary = try story {
            try $0.deploy(1)
            try $0.canary(2)
        }
        #expect { try Planner.plan(.deploy(candidate(3)), history: canary) } throws: { error in
            "\(error)".contains("digits:2 has 10%") && "\(error)".contains("'promote' or 'rollback'")
        }
    }

    @Test func quarantinedVersionsStayOut() throws {
        let canary = try story {
            try $0.deploy(1)
            try $0.deploy(2)
            try $0.canary(3)
        }
        let deployed = try story { try $0.deploy(1) }
        let cases: [(ReleaseRequest, EndpointHistory, Set<String>)] = try [
            (.deploy(candidate(2)), deployed, ["sha256:2"]),
            (.canary(candidate(2), share: Share("1%")), deployed, ["sha256:2"]), (.promote, canary, ["sha256:3"]),
            (.rollback(to: 1), canary, ["sha256:1"]),
        ]
        for (request, history, quarantined) in cases {
            #expect(code(request, history, quarantined: quarantined) == .quarantined, "\(request)")
            #expect(code(request, history) == nil, "\(request)")
        }
        #expect(code(.rollback(), canary, quarantined: ["sha256:2"]) == nil)
        #expect(code(.rollback(), canary, quarantined: ["sha256:2", "sha256:1"]) == .notFound)
    }

    @Test func shadowsStayUnlessTheirVersionIsPutToWork() throws {
        let name = try EndpointName("digits")
        let spec = try EndpointSpec(arms: [arm(1), arm(3, 100, .shadow), arm(4, 100, .shadow)])
        let history = try EndpointHistory(
            name,
            entries: [.init(Revision(endpoint: name, number: 1, spec: spec, cause: .deploy, createdAt: 0), .healthy)])
        #expect(try Planner.plan(.deploy(candidate(3)), history: history).next.shadows.map(\.version.number) == [4])
        let canary = try Planner.plan(.canary(candidate(4), share: Share("1%")), history: history)
        #expect(canary.next.shadows.map(\.version.number) == [3])
    }
}
