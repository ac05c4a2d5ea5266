import Glibc
import Home
import Registry
import Release
import Synchronization
import Tensors
import TestSupport
import Testing
import Workshop

@testable import Control

/// One endpoint that follows, over a home; imports are made up, and a look is a call.
@Suite struct FollowerTests {
    private let harbour: Harbour
    private let folder: TemporaryDirectory
    private let told = ToldLines()
    private static let canary = #"{"strategy":"canary","steps":["10%"],"stepDuration":"1h"}"#

    init() throws {
        harbour = try Harbour()
        folder = try TemporaryDirectory()
    }

    private func follower(_ follow: String, rollout: String? = canary) throws -> Follower {
        let text =
            #"{"endpoints":[{"endpoint":"digits","follow":"# + follow + (rollout.map { #","rollout":"# + $0 } ?? "")
            + "}]}"
        let list = try EndpointList(json: JSONValue.parse(Array(text.utf8)))
        let (harbour, told) = (harbour, told)
        return try #require(
            Follower(list.entries[0], harbour.deployments) { path, shown in
                let words = try TextFile.read(path)
                guard words.hasPrefix("runs") else { throw WorkshopError(.rejected, "no model") }
                let addition = try harbour.registry.addVersion(
                    of: try ModelName("digits"),
                    package: PackageContents(graph: .bytes(Array(words.utf8)), signature: .digits))
                return (addition.record, addition.isNew)
            } judge: { _ in
                "accuracy is 0.5"
            } tell: {
                told.add($0.text)
            } say: {
                told.add($0)
            })
    }

    private func alias(to candidate: Candidate) throws {
        try harbour.registry.setAlias(
            try AliasName("staging"), to: try Reference("\(candidate.version)"))
    }

    private var entries: [EndpointHistory.Entry] { get throws { try harbour.deployments.history(of: .digits).entries } }

    /// Says that the newest revision has come through.
    private func carryOut() throws {
        let entry = try #require(try entries.last)
        if entry.outcome == .pending { try harbour.deployments.record(.healthy, of: entry.revision) }
    }

    private func end(_ phase: String) throws {
        let record = try #require(try harbour.deployments.latestRollout(of: .digits))
        let state = try JSONValue.parse(
            Array(Rollout(record.policy, RolloutBaseline(requests: 1000, errors: 5), at: 0).json.encodedString().utf8))
        guard case .object(var members) = state else { return }
        members.removeAll { $0.key == "phase" }
        members.append(.init(key: "phase", value: .string(phase)))
        let rollout = try Rollout(json: .object(members))
        try harbour.deployments.keep(rollout, number: record.number)
    }

    @Test func anAliasThatMovesBeginsARollout() async throws {
        let versions = try (1...2).map { try harbour.version("runs \($0)") }
        let follower = try follower(#"{"alias":"digits@staging"}"#)
        await follower.look()
        #expect(try entries.isEmpty && told.lines == ["digits: digits@staging names nothing yet"])
        try alias(to: versions[0])
        await follower.look()
        try carryOut()
        await follower.look()
        #expect(try entries.map { HistoryText.traffic($0.revision.spec) } == ["digits:1 100%"])
        try alias(to: versions[1])
        for _ in 0..<3 { await follower.look() }
        try carryOut()
        for _ in 0..<3 { await follower.look() }
        #expect(try entries.last.map { HistoryText.traffic($0.revision.spec) } == "digits:1 90%, digits:2 10% (canary)")
        #expect(try entries.count == 2 && entries.last?.revision.author == "follow")
        #expect(
            told.lines.dropFirst() == [
                "digits:1 begins, revision 1", "digits:1 in service", "digits:2 begins, revision 2",
            ])
    }

    /// Each look is by another process that knows nothing but the home.
    @Test func nothingIsDoneTwiceWhoeverIsKilledInBetween() async throws {
        try TextFile.write("runs one", to: folder.file("a.onnx"))
        let follow = #"{"directory":"\#(folder.path)","model":"digits"}"#
        for _ in 0..<5 {
            let follower = try follower(follow)
            await follower.look()
            await follower.look()
        }
        #expect(try entries.count == 1)
        #expect(try harbour.registry.versions(of: ModelName("digits")).items.count == 1)
        #expect(told.lines == ["digits:1 imported from a.onnx", "digits:1 begins, revision 1"])
        let events = EventLog(harbour.registry.database.home).newest(100).map(\.kind)
        #expect(events.filter { $0.hasPrefix("follow") } == ["follow.imported", "follow.started"])
    }

    @Test func theSameBytesAreOneVersionAndAVanishedFolderChangesNothing() async throws {
        let follower = try follower(#"{"directory":"\#(folder.path)","model":"digits"}"#, rollout: nil)
        try TextFile.write("runs one", to: folder.file("a.onnx"))
        for _ in 0..<2 { await follower.look() }
        try carryOut()
        try TextFile.write("runs one", to: folder.file("b.onnx"))
        for _ in 0..<3 { await follower.look() }
        #expect(try harbour.registry.versions(of: ModelName("digits")).items.count == 1)
        #expect(told.lines.suffix(2) == ["b.onnx is digits:1, which is there already", "digits:1 is served already"])
        let before = try entries
        rename(folder.path, folder.path + "-away")
        for _ in 0..<3 { await follower.look() }
        #expect(told.lines.last == "digits: '\(folder.path)' cannot be read; what is served stays")
        #expect(told.lines.filter { $0.contains("cannot be read") }.count == 1)
        rename(folder.path + "-away", folder.path)
        for _ in 0..<3 { await follower.look() }
        #expect(try entries == before)
    }

    @Test func whatWasRolledBackIsNotTriedAgainAndIsToldOnce() async throws {
        let versions = try (1...2).map { try harbour.version("runs \($0)") }
        let follower = try follower(#"{"alias":"digits@staging"}"#)
        for version in versions {
            try alias(to: version)
            await follower.look()
            try carryOut()
            await follower.look()
        }
        try end("rolled back")
        _ = try harbour.deployments.submit(.rollback(to: 1), for: .digits)
        try carryOut()
        for _ in 0..<3 { await follower.look() }
        #expect(told.lines.last?.hasPrefix("digits:2 rolled back") == true, "\(told.lines)")
        let count = try entries.count
        try alias(to: versions[0])
        await follower.look()
        try alias(to: versions[1])
        for _ in 0..<3 { await follower.look() }
        #expect(told.lines.filter { $0.contains("not tried again") }.count == 1, "\(told.lines)")
        #expect(try entries.count == count)
    }

    @Test func aFileThatIsNoModelIsRefusedOnceAndAGateHolds() async throws {
        let gate = #","evaluation":{"atLeast":{"accuracy":0.9}}"#
        let follower = try follower(#"{"directory":"\#(folder.path)","model":"digits"\#(gate)}"#)
        try TextFile.write("half a mod", to: folder.file("a.onnx"))
        for _ in 0..<4 { await follower.look() }
        #expect(told.lines == ["a.onnx refused: no model"])
        try TextFile.write("runs well enough", to: folder.file("a.onnx"))
        for _ in 0..<4 { await follower.look() }
        #expect(told.lines.suffix(2) == ["digits:1 imported from a.onnx", "digits:1 refused: accuracy is 0.5"])
        #expect(try entries.isEmpty)
    }

    @Test func twoThatFollowForOneEndpointAreNoticed() async throws {
        let database = harbour.registry.database
        let state = FollowState(source: "a")
        try database.write { try $0.keep(state, of: .digits, before: nil, telling: []) }
        #expect(throws: ControlError.self) {
            try database.write { try $0.keep(state, of: .digits, before: nil, telling: [.served("digits:1")]) }
        }
        #expect(!EventLog(database.home).newest(100).contains { $0.kind == "follow.served" })
    }

    @Test func aPlanThatSomebodyOvertookIsRefused() throws {
        let versions = try (1...2).map { try harbour.version("runs \($0)") }
        let plan = try harbour.deployments.plan(.deploy(versions[0]), for: .digits)
        _ = try harbour.deployments.submit(.deploy(versions[1]), for: .digits)
        let error = #expect(throws: ReleaseError.self) {
            try harbour.deployments.submit(.deploy(versions[0]), for: .digits, planned: plan)
        }
        #expect(error?.code == .stale && error?.message.contains("no revision, and it is at revision 1 now") == true)
        #expect(try entries.count == 1)
    }

    @Test(arguments: [
        (#"{"alias":"digits:3"}"#, "expected an alias"), (#"{}"#, "either 'alias' or 'directory'"),
        (#"{"alias":"digits@a","directory":"x"}"#, "either 'alias' or 'directory'"),
        (#"{"directory":"x"}"#, "'model' is missing"), (#"{"folder":"x"}"#, "no member 'folder'"),
        (#"{"alias":"digits@a","model":"digits"}"#, "go with 'directory'"),
        (#"{"alias":"digits@a","shape":"N,4"}"#, "go with 'directory'"),
        (#"{"directory":"x","model":"digits","shape":["N,4",2]}"#, "shape: expected a list of texts"),
        (#"{"alias":"digits@a","evaluation":{}}"#, "there is no bound"),
        (#"{"alias":"digits@a","evaluation":{"atLeast":{"accuracy":"high"}}}"#, "expected an object of numbers"),
    ])
    func whatCannotBeFollowedIsSaidWithItsPlace(_ follow: String, _ words: String) throws {
        let text = #"{"endpoints":[{"endpoint":"digits","follow":"# + follow + "}]}"
        let error = #expect(throws: ReleaseError.self) {
            try EndpointList(json: JSONValue.parse(Array(text.utf8)))
        }
        #expect(
            error?.message.contains(words) == true && error?.message.contains("endpoint 1") == true,
            "\(String(describing: error))")
    }

    @Test(arguments: [
        (#"{"endpoint":"digits","verson":"digits:1"}"#, "no member 'verson'", "did you mean 'version'?"),
        (#"{"endpont":"digits","version":"digits:1"}"#, "no member 'endpont'", "did you mean 'endpoint'?"),
        (#"{"version":"digits:1","outlier":"count"}"#, "no member 'outlier'", "did you mean 'outliers'?"),
        (#"{"version":"digits:1","what is this":1}"#, "no member 'what is this'", "known are batching, "),
        (#"{"endpoint":"digits"}"#, "'version' is missing", "or 'follow'"),
        (#"{"version":"digits:1","rollout":{"strtegy":"canary"}}"#, "unknown member 'strtegy'", "strategy"),
    ])
    func whatIsMisspeltIsSaidWithWhatWasMeant(_ entry: String, _ words: String, _ help: String) throws {
        let error = #expect(throws: ReleaseError.self) {
            try EndpointList(json: JSONValue.parse(Array("{\"endpoints\":[\(entry)]}".utf8)))
        }
        #expect(
            error?.message.contains(words) == true && error?.help?.contains(help) == true,
            "\(String(describing: error))")
    }

    @Test(
        arguments: [
            (0.95, 0.1, nil), (0.9, 0.2, nil), (0.89, 0.1, "accuracy is 0.89, and at least 0.9 is asked for"),
            (0.95, 0.3, "loss is 0.3, and at most 0.2 is asked for"),
            (Double.nan, 0.1, "accuracy is nan, and at least 0.9 is asked for"),
        ] as [(Double, Double, String?)])
    func aGateHoldsItsBounds(_ accuracy: Double, _ loss: Double, _ objection: String?) throws {
        let json: JSONValue = ["atLeast": ["accuracy": 0.9], "atMost": ["loss": 0.2]]
        let gate = try EvaluationGate(json: json, place: "", base: "")
        #expect(gate.objection(to: ["accuracy": .number(accuracy), "loss": .number(loss)]) == objection)
        #expect(gate.objection(to: ["loss": 0.1]) == "the evaluation has no measure 'accuracy'")
    }
}

/// Lines, in the order they were told.
private final class ToldLines: Sendable {
    private let all = Mutex<[String]>([])
    var lines: [String] { all.withLock { $0 } }
    func add(_ line: String) { all.withLock { $0.append(line) } }
}
