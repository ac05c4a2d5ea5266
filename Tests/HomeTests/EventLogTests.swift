import Foundation
import Tensors
import Testing

@testable import Home

@Suite struct EventLogTests {
    @Test func whatIsDoneIsToldOnceAndWhatIsTakenBackIsNot() throws {
        let home = try TemporaryHome()
        let database = try HomeDatabase.open(home.directory)
        _ = try database.write { try $0.insert(NewVersion(model: "digits", manifestDigest: "sha256:1")) }
        try database.write { try $0.insertToken(name: "ci", hash: "h", role: "deployer", expiresAt: nil) }
        try database.rehearse { try $0.revokeToken("ci") }
        #expect(throws: HomeError.self) {
            try database.write { transaction in
                try transaction.revokeToken("ci")
                try transaction.revokeToken("none")
            }
        }
        try database.write { transaction in
            for cause in ["deploy", "promote", "rollback to 1"] {
                let row = try transaction.appendRevision(
                    of: "digits", spec: "{}", digests: ["sha256:1"], cause: cause)
                try transaction.activate(row.number, of: "digits")
            }
            try transaction.setOutcome(#"{"kind":"failed","reason":"no room"}"#, ofRevision: 3, of: "digits")
            try transaction.setMark(.entering, ofDigest: "sha256:1", at: "digits")
            try transaction.setMark(.quarantined, ofDigest: "sha256:1", at: "digits", reason: "died")
        }
        let events = database.events.newest(100)
        #expect(
            events.map(\.kind) == [
                "version.imported", "token.created", "revision.written", "endpoint.deployed", "revision.written",
                "endpoint.promoted", "revision.written", "endpoint.rolledback", "revision.failed",
                "version.quarantined",
            ])
        #expect(events[0].subject == "digits:1" && events[8].data["reason"]?.stringValue == "no room")
        #expect(!(try String(contentsOfFile: database.events.path, encoding: .utf8)).contains("\"h\""))
    }

    /// Source: CloudEvents 1.0.2, sections 3.1 and 3.2.
    @Test func eachLineIsACloudEvent() throws {
        let home = try TemporaryHome()
        try home.directory.create()
        let log = EventLog(home.directory)
        let event = HomeEvent("drift.began", "endpoints/digits", at: .now(), [("count", 3), ("none", nil)])
        #expect(log.append([event]))
        let line = try JSONValue.parse([UInt8](Data(contentsOf: URL(fileURLWithPath: log.path))))
        #expect(line["specversion"]?.stringValue == "1.0" && line["type"]?.stringValue == "slipway.drift.began")
        #expect(line["source"]?.stringValue?.hasPrefix("//") == true && line["id"]?.stringValue?.isEmpty == false)
        #expect(line["datacontenttype"]?.stringValue == "application/json")
        #expect(line["data"] == ["count": 3])
        #expect(log.newest(1) == [event])
        let attributes = try FileManager.default.attributesOfItem(atPath: log.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func filesTakeTurnsAndTheOldestGoes() throws {
        let home = try TemporaryHome()
        try home.directory.create()
        let log = EventLog(home.directory, largestFile: 2000)
        for number in 0..<200 { log.append([HomeEvent("test", "n/\(number)", at: .now())]) }
        let folder = home.directory.path + "/events"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jsonl") }
        #expect(files.count == EventLog.kept + 1)
        for file in files {
            let size = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(file)")[.size] as? Int
            #expect(size ?? .max <= 2000)
        }
        let kept = log.newest(.max)
        #expect(kept.last?.subject == "n/199" && (20..<60).contains(kept.count))
        #expect(kept.map(\.subject) == (200 - kept.count..<200).map { "n/\($0)" })
        let middle = kept[kept.count - 12]
        #expect(log.newest(.max, after: middle.id).map(\.subject) == (189..<200).map { "n/\($0)" })
        #expect(log.newest(.max, after: "gone").count == kept.count)
        #expect(log.newest(3).map(\.subject) == ["n/197", "n/198", "n/199"])
    }

    @Test func whatADamagedFileHasLeftIsRead() throws {
        let home = try TemporaryHome()
        try home.directory.create()
        let log = EventLog(home.directory)
        log.append([HomeEvent("one", "a", at: .now())])
        let handle = try #require(FileHandle(forWritingAtPath: log.path))
        handle.seekToEndOfFile()
        handle.write(Data("{\"specversion\":\"1.0\",\"id\":\"cut o".utf8))
        try handle.close()
        log.append([HomeEvent("two", "b", at: .now())])
        #expect(log.newest(10).map(\.kind) == ["one", "two"])
        let long = HomeEvent("long", "c", at: .now(), [("text", .string(String(repeating: "x", count: 100_000)))])
        #expect(log.append([long]) && log.newest(1)[0].data["text"]?.stringValue?.count == 257)
    }

    @Test func manyWritersLoseNothing() async throws {
        let home = try TemporaryHome()
        try home.directory.create()
        let directory = home.directory
        await withTaskGroup(of: Void.self) { tasks in
            for writer in 0..<4 {
                tasks.addTask {
                    let log = EventLog(directory, largestFile: 20_000)
                    for number in 0..<50 { log.append([HomeEvent("test", "\(writer)/\(number)", at: .now())]) }
                }
            }
        }
        #expect(Set(EventLog(directory).newest(.max).map(\.subject)).count == 200)
    }
}
