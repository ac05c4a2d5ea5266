import Home
import Tensors
import TestSupport
import Testing

extension EndToEnd.LostWriteTests {
    private static func backups(of slipway: Slipway) -> String { slipway.scratch.file("backups") }

    static func backUp(_ slipway: Slipway) -> Step {
        Step(name: "backup", arguments: ["backup", backups(of: slipway), "--keep", "3"]) { $0 == $1 }
    }

    /// A backup that has its name is whole, whenever its process was killed; one that was not killed has cleared up after the others.
    static func expectSoundBackups(_ slipway: Slipway, wasKilled: Bool) async throws {
        let folder = backups(of: slipway)
        let listed = try await slipway.run(["backup", "list", folder, "--json"])
        // Killed before the first one began.
        if wasKilled, listed.exitCode == 3 { return }
        #expect(listed.exitCode == 0 && (wasKilled || listed.json?.arrayValue?.isEmpty == false), "\(listed)")
        for backup in listed.json?.arrayValue ?? [] {
            let check = try await slipway.run(["backup", "check", backup["path"]?.stringValue ?? ""])
            #expect(check.exitCode == 0, "\(check)")
        }
        if !wasKilled { #expect(TextFile.list("\(folder)/tmp") == []) }
    }

    /// What a backup brings back at the end is what the home has recorded.
    static func expectWholeBackup(of record: Record, _ slipway: Slipway) async throws {
        try await slipway.expect("backup", backups(of: slipway))
        let there = try Slipway()
        try await there.expect("backup", "restore", backups(of: slipway))
        let database = try HomeDatabase.open(HomeDirectory(path: there.home.path))
        #expect(try Record(database) == record)
        try database.close()
        try await there.expect("fsck")
    }
}
