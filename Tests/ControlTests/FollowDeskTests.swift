import Glibc
import Home
import Registry
import Release
import Tensors
import TestSupport
import Testing

@testable import Control

/// A list that is looked at while a server runs; a look is a call, and another desk is another life of the server.
@Suite struct FollowDeskTests {
    private let harbour: Harbour
    private let folder: TemporaryDirectory
    private let path: String

    init() throws {
        harbour = try Harbour()
        folder = try TemporaryDirectory()
        path = folder.file("list.json")
    }

    private func desk() -> FollowDesk {
        let path = path
        let work = FollowWork(registry: harbour.registry, engineDirectory: "") { _ in .null }
        let declared = DeclaredList(path: path, every: .seconds(1), work: work) {
            try EndpointList(json: JSONValue.parse(Array(TextFile.read(path).utf8)))
        }
        return FollowDesk(declared, deployments: harbour.deployments, carryOut: { _ in }, logger: Harbour.logger)
    }

    private func write(_ entry: String) throws {
        try TextFile.write(#"{"endpoints":[\#(entry)]}"#, to: folder.file(".next"))
        rename(folder.file(".next"), path)
    }

    private static func naming(_ version: String) -> String {
        #"{"endpoint":"digits","version":"\#(version)"}"#
    }

    private var traffic: [String] {
        get throws {
            try harbour.deployments.history(of: .digits).entries.map { HistoryText.traffic($0.revision.spec) }
        }
    }

    /// Says that the newest revision has come through.
    private func carryOut() throws {
        let entry = try #require(try harbour.deployments.history(of: .digits).entries.last)
        if entry.outcome == .pending { try harbour.deployments.record(.healthy, of: entry.revision) }
    }

    private func events(_ kind: String) -> Int {
        EventLog(harbour.registry.database.home).newest(100).count { $0.kind == kind }
    }

    @Test func whatIsNamedIsDeployedOnceAndWhatPeopleDoStandsUntilTheFileChanges() async throws {
        let versions = try (1...3).map { try harbour.version("runs \($0)") }
        try write(Self.naming("digits:1"))
        let first = desk()
        await first.begin()
        #expect(try traffic == ["digits:1 100%"], "it is there before the server is ready")
        try carryOut()
        _ = try harbour.deployments.submit(.deploy(versions[1]), for: .digits)
        try carryOut()
        let second = desk()
        for desk in [first, second] { for _ in 0..<3 { await desk.look() } }
        #expect(try traffic == ["digits:1 100%", "digits:2 100%"])
        // The same in other words is no change of what it says; another version is one.
        try write(" " + Self.naming("digits:1"))
        for _ in 0..<3 { await second.look() }
        #expect(try traffic.count == 2)
        try write(Self.naming("digits:3"))
        for _ in 0..<3 { await second.look() }
        #expect(try traffic.last == "digits:3 100%" && traffic.count == 3)
        #expect(try harbour.deployments.history(of: .digits).entries.last?.revision.author == "list")
    }

    @Test func aFileThatBreaksOrVanishesIsNamedOnceAndWhatItSaidHolds() async throws {
        _ = try (1...2).map { try harbour.version("runs \($0)") }
        try write(Self.naming("digits:1"))
        let desk = desk()
        await desk.look()
        try carryOut()
        try write("{")
        for _ in 0..<4 { await desk.look() }
        let trouble = await desk.json()["trouble"]?.stringValue
        #expect(trouble?.contains("list.json") == true && trouble?.contains("what it said last holds") == true)
        #expect(events("list.refused") == 1 && events("list.read") == 1)
        rename(path, folder.file("away"))
        for _ in 0..<4 { await desk.look() }
        #expect(await desk.json()["trouble"]?.stringValue?.contains("is not there") == true)
        #expect(events("list.refused") == 2)
        #expect(try traffic == ["digits:1 100%"])
        try write(Self.naming("digits:2"))
        for _ in 0..<2 { await desk.look() }
        #expect(await desk.json()["trouble"] == .null)
        #expect(try traffic.last == "digits:2 100%")
        // Away and back again, as it was.
        rename(path, folder.file("away"))
        await desk.look()
        rename(folder.file("away"), path)
        await desk.look()
        #expect(await desk.json()["trouble"] == .null)
    }

    @Test func whatCannotBeYetWaitsAndIsTriedAgain() async throws {
        try harbour.version("runs 1")
        try write(Self.naming("digits:2"))
        let desk = desk()
        for _ in 0..<2 { await desk.look() }
        let waiting = await desk.json()["waiting"]?.arrayValue
        #expect(waiting?.count == 1 && waiting?.first?["reason"]?.stringValue?.contains("no version 2") == true)
        #expect(try traffic.isEmpty)
        try harbour.version("runs 2")
        await desk.look()
        #expect(try traffic == ["digits:2 100%"])
        #expect(await desk.json()["waiting"] == .array([]))
    }

    @Test func whatIsFollowedIsRolledOutAndShown() async throws {
        let version = try harbour.version("runs 1")
        let follow = #"{"endpoint":"digits","follow":{"alias":"digits@staging"}}"#
        try write(follow)
        let desk = desk()
        await desk.look()
        func text() async -> String? { await desk.json()["following"]?.arrayValue?.first?["text"]?.stringValue }
        #expect(await text() == "digits@staging names nothing yet")
        try harbour.registry.setAlias(try AliasName("staging"), to: try Reference("\(version.version)"))
        await desk.look()
        #expect(try traffic == ["digits:1 100%"])
        #expect(await text() == "digits:1 is on its way, revision 1")
        try carryOut()
        try write(follow + "," + #"{"endpoint":"other","follow":{"alias":"digits@other"}}"#)
        for _ in 0..<2 { await desk.look() }
        #expect(await text() == "digits:1 in service", "who was followed already is not begun anew")
        #expect(await desk.json()["following"]?.arrayValue?.count == 2)
    }

    @Test func anEvaluationsErrorIsItsReason() {
        let talk = "1,797 rows …\nerror[SW7006]: the set does not fit\n  cause: row 3\n  cause: row 4\n   help: look\n"
        #expect(FollowWork.reason(talk) == "the set does not fit; row 3; row 4")
        #expect(FollowWork.reason("Segmentation fault") == nil)
    }
}
