import Release
import Testing

@Suite struct EndpointHistoryTests {
    @Test func rollbackDuringACanaryEndsIt() throws {
        var story = try Story()
        try story.deploy(1)
        try story.canary(2)
        try story.rollback()
        #expect(story.state == (try settled(1)))
        try story.rollback()
        #expect(story.state == (try split(1, canary: 2)))
    }

    @Test func rollbackAfterPromotionReturnsToTheVersionBefore() throws {
        var story = try Story()
        try story.deploy(1)
        try story.canary(2)
        try story.canary(2, 5_000)
        try story.then(.promote)
        try story.rollback()
        #expect(story.state == (try settled(1)))
        try story.rollback()
        #expect(story.state == (try settled(2)))
    }

    @Test func rollbackOfADeploymentNeverTakesTheEndpointDown() throws {
        var story = try Story()
        try story.deploy(1)
        try story.then(.undeploy)
        try story.deploy(2)
        try story.rollback()
        #expect(story.state == (try settled(1)))
    }

    @Test func rollbackOfAWithdrawalRestoresTheLastVersion() throws {
        var story = try Story()
        try story.deploy(1)
        try story.then(.undeploy)
        try story.rollback()
        #expect(story.state == (try settled(1)))
        try story.rollback()
        #expect(story.state?.isWithdrawn == true)
    }

    @Test func rollbackToANumberIsUndoneToo() throws {
        var story = try Story()
        for number in 1...4 { try story.deploy(number) }
        try story.rollback(to: 2)
        #expect(story.state == (try settled(2)))
        #expect(story.history.current?.cause == .rollback(to: 2))
        try story.rollback()
        #expect(story.state == (try settled(4)))
    }

    @Test func failedRevisionsAreNeitherInForceNorRestored() throws {
        var story = try Story()
        try story.deploy(1)
        try story.deploy(2)
        try story.deploy(3, .failed(reason: "no memory"))
        #expect(story.history.current?.number == 2)
        try story.deploy(4)
        #expect(story.history.current?.parent == 2)
        #expect(story.history.rollbackTarget()?.number == 2)
        try story.history.mark(2, .failed(reason: "crashed"))
        #expect(story.history.rollbackTarget()?.number == 1)
    }

    @Test func avoidedVersionsAreNotRestored() throws {
        var story = try Story()
        for number in 1...3 { try story.deploy(number) }
        #expect(story.history.rollbackTarget(avoiding: ["sha256:2"])?.number == 1)
        #expect(story.history.rollbackTarget(avoiding: ["sha256:2", "sha256:1"]) == nil)
    }

    @Test func aFirstDeploymentHasNothingBeforeIt() throws {
        var story = try Story()
        #expect(story.history.rollbackTarget() == nil)
        try story.deploy(1)
        #expect(story.history.rollbackTarget() == nil)
    }

    @Test func rollingBackTwiceReturnsToWhereOneWas() throws {
        var restored = 0
        for seed in 1...400 {
            var story = try Story()
            try walk(&story, seed: UInt64(seed), steps: 12)
            let before = story.state
            guard story.history.rollbackTarget() != nil else { continue }
            try story.rollback()
            #expect(story.state != before)
            try story.rollback()
            #expect(story.state == before)
            restored += 1
        }
        #expect(restored > 300)
    }

    @Test func revisionsAreOnlyAppended() throws {
        for seed in 1...100 {
            var story = try Story()
            var seen: [Revision] = []
            var random = SeededGenerator(seed: UInt64(seed))
            for _ in 0..<15 {
                try step(&story, &random)
                let revisions = story.history.entries.map(\.revision)
                #expect(revisions.starts(with: seen))
                #expect(
                    revisions.map(\.number) == Array(1...max(1, revisions.count)).prefix(revisions.count).map { $0 })
                #expect(story.history.current.flatMap { story.history.entry($0.number) }?.outcome.isFailed != true)
                seen = revisions
            }
            let entries = story.history.entries
            #expect(try EndpointHistory(story.history.endpoint, entries: entries) == story.history)
        }
    }

    @Test func stalePlansAreRefused() throws {
        var story = try Story()
        try story.deploy(1)
        let plan = try Planner.plan(.deploy(candidate(2)), history: story.history)
        try story.deploy(3)
        #expect { try story.history.append(plan, at: 1) } throws: { ($0 as? ReleaseError)?.code == .stale }
        var other = EndpointHistory(try EndpointName("iris"))
        #expect { try other.append(plan, at: 1) } throws: { ($0 as? ReleaseError)?.code == .stale }
    }

    @Test func historiesThatCannotBeAreRefused() throws {
        let name = try EndpointName("digits")
        func revision(_ number: Int, parent: Int? = nil, of endpoint: EndpointName? = nil) throws
            -> EndpointHistory.Entry
        {
            .init(
                Revision(
                    endpoint: endpoint ?? name, number: number, spec: try settled(1), cause: .deploy, parent: parent,
                    createdAt: 0))
        }
        let cases = try [
            [revision(0)], [revision(2), revision(2)], [revision(3), revision(1)], [revision(2, parent: 2)],
            [revision(1, of: EndpointName("iris"))],
        ]
        for entries in cases {
            #expect { try EndpointHistory(name, entries: entries) } throws: {
                ($0 as? ReleaseError)?.code == .malformed
            }
        }
        #expect(try EndpointHistory(name, entries: [revision(4, parent: 3), revision(7, parent: 4)]).nextNumber == 8)
        var empty = EndpointHistory(name)
        #expect { try empty.mark(1, .healthy) } throws: { ($0 as? ReleaseError)?.code == .notFound }
    }

    private func walk(_ story: inout Story, seed: UInt64, steps: Int) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<steps { try step(&story, &random) }
    }

    /// A request at random; one that conflicts with the present state changes nothing.
    private func step(_ story: inout Story, _ random: inout SeededGenerator) throws {
        let candidate = try candidate(Int.random(in: 1...4, using: &random))
        let requests: [ReleaseRequest] = [
            .deploy(candidate), .deploy(candidate),
            .deploy(candidate, settings: EndpointSettings(engine: .named(NamedEngine(name: "openvino")))),
            .canary(candidate, share: try Share(basisPoints: Int.random(in: 1...9_999, using: &random))), .promote,
            .rollback(), .rollback(to: Int.random(in: 1...8, using: &random)), .undeploy,
        ]
        let request = requests.randomElement(using: &random) ?? .promote
        let fails = Int.random(in: 0..<6, using: &random) == 0
        let before = story.history
        do {
            try story.then(request, fails ? .failed(reason: "chance") : .healthy)
        } catch is ReleaseError {
            #expect(story.history == before)
        }
    }
}
