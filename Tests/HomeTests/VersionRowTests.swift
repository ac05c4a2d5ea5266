import Testing

@testable import Home

@Suite struct VersionRowTests {
    @Test func numbersRiseAndAreNeverUsedAgain() throws {
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        let numbers = try ["a", "b", "c"].map { digest in
            try database.write { try $0.insert(NewVersion(model: "digits", manifestDigest: digest)).number }
        }
        #expect(numbers == [1, 2, 3])
        try database.write { (transaction) throws in
            try transaction.setRemoved(true, model: "digits", number: 3)
            try transaction.execute("DELETE FROM versions WHERE number = 3")
        }
        #expect(try database.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "d")).number } == 4)
        #expect(try database.write { try $0.insert(NewVersion(model: "iris", manifestDigest: "a")).number } == 1)
    }

    @Test func theSameDigestTwiceInAModelIsAConflict() throws {
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        _ = try database.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "a")) }
        let error = try #require(throws: HomeError.self) {
            try database.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "a")) }
        }
        #expect(error.code == .conflict)
        #expect(try database.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "b")).number } == 2)
    }

    @Test func removedVersionsAreLeftOutUnlessAskedFor() throws {
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        try database.write { (transaction) throws in
            for digest in ["a", "b", "c"] {
                _ = try transaction.insert(NewVersion(model: "digits", manifestDigest: digest))
            }
            try transaction.setRemoved(true, model: "digits", number: 2)
            try transaction.setNote("good", model: "digits", number: 3)
        }
        try database.read { (snapshot) throws in
            #expect(try snapshot.versions(of: "digits").items.map(\.number) == [3, 1])
            #expect(try snapshot.versions(of: "digits", .all).items.map(\.number) == [3, 2, 1])
            #expect(try snapshot.version(of: "digits", number: 2)?.deletedAt != nil)
            #expect(try snapshot.version(of: "digits", number: 3)?.note == "good")
            let model = try #require(try snapshot.models().items.first)
            #expect((model.versionCount, model.newest) == (2, 3))
        }
        #expect(throws: HomeError.self) { try database.write { try $0.setRemoved(true, model: "digits", number: 9) } }
    }

    @Test func tenThousandVersionsArePagedByKey() throws {
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        try database.write { (transaction) throws in
            for index in 0..<10_000 {
                _ = try transaction.insert(NewVersion(model: "digits", manifestDigest: "digest-\(index)"))
            }
        }
        try database.read { (snapshot) throws in
            var (seen, before, pages): ([Int], Int?, Int) = ([], nil, 0)
            repeat {
                let page = try snapshot.versions(of: "digits", before: before, limit: 700)
                seen += page.items.map(\.number)
                before = page.next
                pages += 1
            } while before != nil
            #expect(seen == (1...10_000).reversed())
            #expect(pages == 15)
            #expect(try snapshot.versions(of: "digits", limit: .max).items.count == 1000)
            #expect(try snapshot.versions(of: "digits", limit: .min).items.count == 1)
            let plan = try snapshot.all(
                "EXPLAIN QUERY PLAN SELECT * FROM versions WHERE model = 'digits' AND number < 9 ORDER BY number DESC"
            ) { try $0.text("detail") }
            #expect(plan == ["SEARCH versions USING PRIMARY KEY (model=? AND number<?)"])
        }
    }

    @Test func modelsArePagedByName() throws {
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        let names = (0..<25).map { "m\($0)" }.sorted()
        try database.write { (transaction) throws in
            for name in names { _ = try transaction.insert(NewVersion(model: name, manifestDigest: "d")) }
        }
        try database.read { (snapshot) throws in
            let first = try snapshot.models(limit: 20)
            let second = try snapshot.models(after: first.next, limit: 20)
            #expect(first.items.map(\.name) + second.items.map(\.name) == names)
            #expect(second.next == nil)
        }
    }

    @Test func twoConnectionsNeverGiveTheSameNumber() async throws {
        let home = try TemporaryHome()
        let directory = home.directory
        let databases = [try HomeDatabase.open(directory), try HomeDatabase.open(directory)]
        let numbers = try await withThrowingTaskGroup(of: [Int].self) { group in
            for (index, database) in databases.enumerated() {
                group.addTask {
                    try (0..<50).map { round in
                        try database.write {
                            try $0.insert(NewVersion(model: "digits", manifestDigest: "\(index)-\(round)")).number
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(numbers.sorted() == Array(1...100))
    }
}
