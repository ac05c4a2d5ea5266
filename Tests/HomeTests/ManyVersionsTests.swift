import Testing

@testable import Home

/// Row 96 of the attack list: 200,000 versions of one model, of which every third is removed.
@Suite struct ManyVersionsTests {
    private static let count = 200_000
    private let home: TemporaryHome
    private let database: HomeDatabase

    init() throws {
        home = try TemporaryHome()
        database = try HomeDatabase.open(home.directory)
        try database.write { (transaction) throws in
            for model in ["few", "many"] {
                _ = try transaction.insert(NewVersion(model: model, manifestDigest: "first of \(model)"))
            }
            try transaction.execute(
                """
                WITH RECURSIVE counting (number) AS (
                    SELECT 2 UNION ALL SELECT number + 1 FROM counting WHERE number < \(Self.count)
                )
                INSERT INTO versions (model, number, manifest_digest, created_at, note, labels, source, size, deleted_at)
                SELECT 'many', number, printf('sha256:%064x', number), '\(transaction.now)', '', '{}', '', 1,
                    iif(number % 3, NULL, '\(transaction.now)')
                FROM counting
                """)
            try transaction.execute("UPDATE models SET next_number = \(Self.count + 1) WHERE name = 'many'")
        }
    }

    /// Pages are no larger than asked for, follow each other without a gap, and have every version once.
    @Test(arguments: [(VersionStanding.present, 133_334), (.removed, 66_666)])
    func pagesAreBoundedAndTogetherComplete(_ standing: VersionStanding, _ expected: Int) throws {
        var (cursor, last, count): (Int?, Int, Int) = (nil, .max, 0)
        repeat {
            let page = try database.read { try $0.versions(of: "many", before: cursor, limit: 1000, standing) }
            #expect(page.items.count <= 1000)
            for item in page.items {
                guard item.number < last, (item.deletedAt == nil) == (standing == .present) else {
                    Issue.record("version \(item.number) after \(last)")
                    return
                }
                last = item.number
            }
            count += page.items.count
            cursor = page.next
        } while cursor != nil
        #expect(count == expected)
        #expect(last == (standing == .present ? 1 : 3))
    }

    /// What a list shows is found by an index, without sorting and without going through the rows of other pages.
    @Test func everyListIsFoundByAnIndex() throws {
        let plans: [(String, [String])] = try database.read { snapshot in
            let pages = [
                VersionStanding.present.page, VersionStanding.removed.page, VersionStanding.all.page, ModelRow.page,
                ReferrerRow.page,
            ]
            return try pages.map { page in
                let question = "EXPLAIN QUERY PLAN \(page.replacing("?", with: "9"))"
                return (page, try snapshot.all(question) { try $0.text("detail") })
            }
        }
        for (page, plan) in plans {
            #expect(!plan.isEmpty)
            // What is known about one digest is sorted: that is a handful.
            let isAboutOne = page == ReferrerRow.page
            for step in plan where !step.hasPrefix("CORRELATED SCALAR SUBQUERY") {
                let isSorting = isAboutOne && step == "USE TEMP B-TREE FOR ORDER BY"
                #expect(step.hasPrefix("SEARCH") || isSorting, "\(page): \(plan)")
            }
        }
    }

    @Test func whateverIsAskedForAPageIsSmall() throws {
        try database.read { (snapshot) throws in
            for limit in [Int.min, -1, 0, 1, 1_000_000_000, Int.max] {
                let count = try snapshot.versions(of: "many", limit: limit).items.count
                #expect(count == min(max(limit, 1), 1000))
            }
            #expect(try snapshot.versions(of: "many", before: 0).items.isEmpty)
            #expect(try snapshot.versions(of: "many", before: .min).items.isEmpty)
            let models = try snapshot.models().items
            #expect(models.map(\.name) == ["few", "many"])
            #expect(models.map(\.versionCount) == [1, 133_334])
            #expect(models.map(\.newest) == [1, Self.count])
        }
        let next = try database.write { try $0.insert(NewVersion(model: "many", manifestDigest: "next")).number }
        #expect(next == Self.count + 1)
    }
}
