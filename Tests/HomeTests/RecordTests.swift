import Home
import Testing

/// Aliases, referrers, revisions, marks, tokens and settings.
@Suite struct RecordTests {
    private let home: TemporaryHome
    private let database: HomeDatabase

    init() throws {
        home = try TemporaryHome()
        database = try HomeDatabase.open(home.directory)
        try database.write { (transaction) throws in
            for digest in ["a", "b"] {
                _ = try transaction.insert(NewVersion(model: "digits", manifestDigest: digest))
            }
        }
    }

    @Test func anAliasMovesAndItsHistoryStays() throws {
        try database.write { (transaction) throws in
            #expect(try transaction.setAlias("prod", of: "digits", to: 1) == nil)
            #expect(try transaction.setAlias("prod", of: "digits", to: 2, note: "better") == 1)
            #expect(try transaction.setAlias("prod", of: "digits", to: 2) == 2)
            #expect(try transaction.setAlias("prod", of: "digits", to: nil) == 2)
            #expect(try transaction.setAlias("test", of: "digits", to: 1) == nil)
        }
        try database.read { (snapshot) throws in
            #expect(try snapshot.aliases(of: "digits").map(\.name) == ["test"])
            let history = try snapshot.aliasHistory(of: "digits", name: "prod")
            #expect(history.map(\.previous) == [2, 1, nil])
            #expect(history.map(\.number) == [nil, 2, 1])
            #expect(history.map(\.note) == ["", "better", ""])
            #expect(try snapshot.aliasHistory(of: "digits").count == 4)
        }
    }

    @Test func anAliasOfNoVersionIsRefused() throws {
        let error = try #require(throws: HomeError.self) {
            try database.write { try $0.setAlias("prod", of: "digits", to: 9) }
        }
        #expect(error.code == .conflict)
        #expect(try database.read { try $0.aliasHistory(of: "digits").isEmpty })
    }

    @Test func referrersAreFoundByKindAndNameNewestFirst() throws {
        try database.write { (transaction) throws in
            for (kind, name, payload) in [("accuracy", "x", "1"), ("accuracy", "y", "2"), ("accuracy", "x", "3")] {
                try transaction.attachReferrer(to: "a", kind: kind, name: name, payload: payload)
            }
            let gone = try transaction.attachReferrer(to: "a", kind: "lineage", name: "", payload: "{}")
            try transaction.removeReferrer(id: gone.id)
        }
        try database.read { (snapshot) throws in
            #expect(try snapshot.referrers(of: "a").map(\.payload) == ["3", "2", "1"])
            #expect(try snapshot.referrers(of: "a", kind: "accuracy", name: "x").map(\.payload) == ["3", "1"])
            #expect(try snapshot.referrers(of: "a", limit: 1).map(\.payload) == ["3"])
            #expect(try snapshot.referrers(of: "b").isEmpty)
        }
    }

    @Test func revisionsAreNumberedPerEndpointAndActivated() throws {
        try database.write { (transaction) throws in
            #expect(try transaction.appendRevision(of: "e", spec: "{}", digests: ["a"], cause: "deploy").number == 1)
            #expect(try transaction.appendRevision(of: "f", spec: "{}", digests: ["a"], cause: "deploy").number == 1)
            #expect(
                try transaction.appendRevision(of: "e", spec: "{}", digests: ["b", "b"], cause: "deploy").number == 2)
            #expect(try transaction.endpoint("e")?.active == nil)
            try transaction.activate(2, of: "e")
            try transaction.setOutcome("succeeded", ofRevision: 2, of: "e")
        }
        try database.read { (snapshot) throws in
            #expect(try snapshot.endpoint("e")?.active == 2)
            #expect(try snapshot.revisions(of: "e").items.map(\.outcome) == ["succeeded", nil])
            #expect(try snapshot.revisions(of: "e", limit: 1).next == 2)
            #expect(try snapshot.revision(1, of: "e")?.cause == "deploy")
            #expect(try snapshot.endpoints().map(\.name) == ["e", "f"])
        }
        #expect(throws: HomeError.self) { try database.write { try $0.activate(7, of: "e") } }
        #expect(throws: HomeError.self) { try database.write { try $0.setOutcome("x", ofRevision: 7, of: "e") } }
    }

    @Test func usesTellWhatAVersionIsNeededFor() throws {
        try database.write { (transaction) throws in
            for (index, digest) in ["a", "b", "c", "d"].enumerated() {
                try transaction.appendRevision(of: "e", spec: "{}", digests: [digest], cause: "deploy")
                if index < 3 { try transaction.activate(index + 1, of: "e") }
            }
        }
        try database.read { (snapshot) throws in
            let standings = try ["a", "b", "c", "d"].map { try snapshot.uses(ofDigest: $0).map(\.standing) }
            #expect(standings == [[], [.previous], [.active], [.pending]])
        }
        try database.write { try $0.removeEndpoint("e") }
        try database.read { (snapshot) throws in
            #expect(try snapshot.uses(ofDigest: "c").isEmpty)
            #expect(try snapshot.endpoints().isEmpty)
            #expect(try snapshot.endpoints(includingRemoved: true).map(\.active) == [nil])
        }
        #expect(throws: HomeError.self) { try database.write { try $0.removeEndpoint("e") } }
        let again = try database.write {
            try $0.appendRevision(of: "e", spec: "{}", digests: ["a"], cause: "deploy").number
        }
        #expect(again == 5)
    }

    @Test func whatWasEnteringAtACrashIsQuarantined() throws {
        try database.write { (transaction) throws in
            try transaction.setMark(.entering, ofDigest: "a", at: "e")
            try transaction.setMark(.entering, ofDigest: "b", at: "e")
            try transaction.setMark(.healthy, ofDigest: "b", at: "e")
        }
        let reopened = try HomeDatabase.open(home.directory)
        let quarantined = try reopened.write { try $0.quarantineEntering(reason: "signal 11") }
        #expect(quarantined.map(\.digest) == ["a"])
        try reopened.read { (snapshot) throws in
            #expect(try snapshot.mark(ofDigest: "a", at: "e")?.state == .quarantined)
            #expect(try snapshot.mark(ofDigest: "a", at: "e")?.reason == "signal 11")
            #expect(try snapshot.mark(ofDigest: "b", at: "e")?.state == .healthy)
            #expect(try snapshot.marks(.quarantined).count == 1)
            #expect(try snapshot.marks().count == 2)
        }
        try reopened.write { try $0.clearMark(ofDigest: "a", at: "e") }
        #expect(try reopened.read { try $0.mark(ofDigest: "a", at: "e") } == nil)
    }

    @Test func aTokensNameIsFreeAgainOnceItIsRevoked() throws {
        let expiry = Timestamp(milliseconds: 5)
        try database.write { try $0.insertToken(name: "ci", hash: "h1", role: "deployer", expiresAt: expiry) }
        let error = try #require(throws: HomeError.self) {
            try database.write { try $0.insertToken(name: "ci", hash: "h2", role: "admin", expiresAt: nil) }
        }
        #expect(error.code == .conflict)
        try database.write { (transaction) throws in
            try transaction.revokeToken("ci")
            try transaction.insertToken(name: "ci", hash: "h2", role: "admin", expiresAt: nil)
        }
        try database.read { (snapshot) throws in
            #expect(try snapshot.tokens().map(\.hash) == ["h2"])
            #expect(try snapshot.tokens(includingRevoked: true).map(\.expiresAt) == [expiry, nil])
        }
        #expect(throws: HomeError.self) { try database.write { try $0.revokeToken("nobody") } }
    }

    @Test func settingsAreReplacedListedAndRemoved() throws {
        try database.write { (transaction) throws in
            try transaction.setSetting("a.x", to: "1")
            try transaction.setSetting("a.x", to: "2")
            try transaction.setSetting("a%y", to: "3")
            try transaction.setSetting("b", to: "4")
        }
        #expect(try database.read { try $0.settings(withPrefix: "a.").map(\.value) } == ["2"])
        #expect(try database.read { try $0.settings(withPrefix: "a%").map(\.value) } == ["3"])
        try database.write { try $0.setSetting("b", to: nil) }
        #expect(try database.read { try $0.setting("b") } == nil)
    }
}
