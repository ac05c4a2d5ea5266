import Testing

@testable import Home

@Suite struct ReapingTests {
    private let home: TemporaryHome
    private let database: HomeDatabase

    init() throws {
        home = try TemporaryHome()
        database = try HomeDatabase.open(home.directory, now: { Timestamp(milliseconds: 1_000_000) })
    }

    private let later = Timestamp(milliseconds: 1_000_001)

    private func add(_ digests: String..., to model: String = "digits") throws {
        try database.write { (transaction) throws in
            for digest in digests {
                _ = try transaction.insert(NewVersion(model: model, manifestDigest: digest))
            }
        }
    }

    private func remove(_ number: Int, of model: String = "digits") throws {
        try database.write { try $0.setRemoved(true, model: model, number: number) }
    }

    @Test func onlyVersionsRemovedBeforeTheMomentAreGivenUp() throws {
        try add("a", "b")
        try remove(1)
        let early = try database.write {
            try $0.reap(removedBefore: Timestamp(milliseconds: 1_000_000))
        }
        #expect(early == Reaping(reaped: [], kept: ["a", "b"]))
        let reaping = try database.write { try $0.reap(removedBefore: later) }
        #expect(reaping.reaped.map(\.manifestDigest) == ["a"])
        #expect(reaping.kept == ["b"])
        #expect(try database.write { try $0.reap(removedBefore: later) }.reaped.isEmpty)
        #expect(try database.read { try $0.version(of: "digits", number: 1)?.reapedAt != nil })
    }

    @Test func aRehearsalChangesNothing() throws {
        try add("a")
        try remove(1)
        #expect(try database.rehearse { try $0.reap(removedBefore: later) }.reaped.count == 1)
        #expect(try database.read { try $0.version(of: "digits", number: 1)?.reapedAt } == nil)
        #expect(try database.read { try $0.keptDigests() } == ["a"])
    }

    @Test func whatIsKnownAboutADigestGoesWithItsLastVersion() throws {
        try add("a")
        try add("a", to: "copy")
        try database.write {
            _ = try $0.attachReferrer(to: "a", kind: "provenance", name: "", payload: "{}")
        }
        try remove(1)
        let first = try database.write { try $0.reap(removedBefore: later) }
        #expect(first.kept == ["a"])
        #expect(try database.read { try $0.allReferrers().count } == 1)
        try remove(1, of: "copy")
        #expect(try database.write { try $0.reap(removedBefore: later) }.kept == [])
        #expect(try database.read { try $0.allReferrers().count } == 0)
    }

    @Test func aVersionThatAnEndpointNeedsIsNotGivenUp() throws {
        try add("a", "b")
        try database.write { (transaction) throws in
            for digest in ["a", "b"] {
                let revision = try transaction.appendRevision(
                    of: "e", spec: "{}", digests: [digest], cause: "deploy")
                try transaction.activate(revision.number, of: "e")
            }
        }
        for number in [1, 2] { try remove(number) }
        #expect(try database.write { try $0.reap(removedBefore: later) }.kept == ["a", "b"])
        try database.write { try $0.removeEndpoint("e") }
        #expect(try database.write { try $0.reap(removedBefore: later) }.kept == [])
    }

    /// Revisions of an endpoint, the last one in force, and which versions are in use then. A version is a letter; `!`
    /// marks a revision that failed, `-` one without versions.
    static let histories: [(revisions: String, used: String)] = [
        ("a b", "ab"), ("a b! c! d", "abcd"), ("a b b", "ab"), ("x a ab b", "ab"), ("x a -", "a"),
        ("a! b! c", "bc"),
    ]

    @Test(arguments: histories)
    func whatARollbackCouldRestoreIsInUse(_ history: (revisions: String, used: String)) throws {
        let healthy = #"{"kind":"healthy"}"#
        try database.write { (transaction) throws in
            for word in history.revisions.split(separator: " ") {
                let digests: [String] = word.filter(\.isLetter).map { String($0) }
                let row = try transaction.appendRevision(
                    of: "e", spec: "{}", digests: digests, cause: "deploy")
                let failed = word.hasSuffix("!")
                let outcome = failed ? #"{"kind":"failed","reason":"r"}"# : healthy
                try transaction.setOutcome(outcome, ofRevision: row.number, of: "e")
                if !failed { try transaction.activate(row.number, of: "e") }
            }
        }
        let found = try database.read { snapshot in
            try ["a", "b", "c", "d", "x"].filter { try !snapshot.uses(ofDigest: $0).isEmpty }
        }
        #expect(found.joined() == history.used)
    }

    @Test func aSoundDatabaseHasNoFaults() throws {
        try add("a", "b")
        try database.write { (transaction) throws in
            try transaction.setAlias("prod", of: "digits", to: 1)
            try transaction.appendRevision(of: "e", spec: "{}", digests: ["a"], cause: "deploy")
            try transaction.activate(1, of: "e")
        }
        #expect(try database.faults() == [])
    }

    @Test func rowsThatContradictEachOtherAreFaults() throws {
        try add("a", "b")
        try database.write { (transaction) throws in
            try transaction.setAlias("prod", of: "digits", to: 1)
            try transaction.appendRevision(of: "e", spec: "{}", digests: ["nowhere"], cause: "deploy")
            try transaction.execute("UPDATE endpoints SET active = 9")
            try transaction.execute("UPDATE models SET next_number = 2")
            try transaction.setRemoved(true, model: "digits", number: 1)
        }
        #expect(
            try database.faults() == [
                .aliasOfRemovedVersion(model: "digits", name: "prod", number: 1),
                .endpointWithoutRevision(endpoint: "e", revision: 9),
                .revisionWithoutVersion(endpoint: "e", revision: 1, digest: "nowhere"),
                .numberInUse(model: "digits", next: 2),
            ])
    }

    /// A page of a list reads its own rows only: by an index, without going through others or sorting.
    @Test(arguments: [VersionStanding.present, .removed, .all])
    func pagesOfVersionsUseAnIndex(_ standing: VersionStanding) throws {
        let index =
            [.present: "versions_in_use", .removed: "versions_removed", .all: "PRIMARY KEY"][standing]
            ?? ""
        let plan = try database.read { snapshot in
            try snapshot.all(
                "EXPLAIN QUERY PLAN \(standing.page.replacing("?", with: "9"))"
            ) { try $0.text("detail") }
        }
        #expect(
            plan.count == 1
                && plan.allSatisfy { $0.hasPrefix("SEARCH versions USING") && $0.contains(index) },
            "\(plan)")
    }

    @Test func thePagesOfManyVersionsAreWholeAndInOrder() throws {
        try database.write { (transaction) throws in
            for number in 1...50 {
                _ = try transaction.insert(NewVersion(model: "digits", manifestDigest: "\(number)"))
            }
            for number in stride(from: 3, through: 50, by: 3) {
                try transaction.setRemoved(true, model: "digits", number: number)
            }
        }
        for (standing, count) in [(VersionStanding.present, 34), (.removed, 16), (.all, 50)] {
            var (numbers, cursor): ([Int], Int?) = ([], nil)
            repeat {
                let page = try database.read {
                    try $0.versions(of: "digits", before: cursor, limit: 7, standing)
                }
                numbers += page.items.map(\.number)
                cursor = page.next
            } while cursor != nil
            #expect(numbers.count == count && numbers == numbers.sorted(by: >))
        }
    }
}
