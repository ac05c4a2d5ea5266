import Client
import Glibc
import Home
import Synchronization
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct BackupTests {
        /// Imports, moves of an alias, removals and collections, one after another, until it is told to stop.
        private final class Writer: Sendable {
            private let isOver = Atomic(false)
            /// The last version of `iris` whose import was acknowledged.
            let imported = Atomic(0)

            func stop() { isOver.store(true, ordering: .relaxed) }

            func run(_ slipway: Slipway) async throws {
                var number = 0
                while !isOver.load(ordering: .relaxed) {
                    number += 1
                    try await slipway.expect(
                        "import", Slipway.example("iris/iris.onnx"), "--name", "iris", "--label", "n=\(number)",
                        "--no-run")
                    imported.store(number, ordering: .relaxed)
                    try await slipway.expect("alias", "iris@last", "iris:\(number)")
                    guard number > 1 else { continue }
                    try await slipway.expect("rm", "iris:\(number - 1)")
                    try await slipway.expect("gc", "--undo-window", "0")
                }
            }
        }

        /// Fault F41.
        @Test
        func aBackupUnderWritesBringsBackWhatWasDoneBeforeIt() async throws {
            let slipway = try await Slipway.withDigits()
            let there = try Slipway()
            let digits = try DigitsExample()
            let folder = slipway.scratch.file("backups")
            let writer = Writer()
            try await slipway.serving { _ in
                async let writing: Void = writer.run(slipway)
                var before = 0
                for round in 1...2 {
                    let needed = before + 1
                    try await wait(for: "version \(needed) of iris") {
                        writer.imported.load(ordering: .relaxed) >= needed
                    }
                    before = writer.imported.load(ordering: .relaxed)
                    let made = try await slipway.json("backup", folder)
                    #expect((made["copiedBlobs"]?.intValue ?? 0) >= 1, "round \(round): \(made)")
                    let path = try #require(made["path"]?.stringValue)
                    #expect(try await slipway.json("backup", "check", path)["sound"]?.boolValue == true)
                }
                writer.stop()
                try await writing
                let refused = try await slipway("backup", "restore", folder, "--yes")
                #expect(refused.exitCode == 75 && refused.talk.contains("slipway stop"), "\(refused)")

                let restored = try await slipway.json("backup", "restore", folder, "--home", there.home.path)
                #expect(restored["damaged"]?.boolValue == false, "\(restored)")
                #expect(restored["findings"]?.arrayValue?.isEmpty == true, "\(restored)")
                // What was acknowledged before the backup began is there, or was removed by what came after it.
                let versions = try await there.json("list", "iris").arrayValue ?? []
                let newest = versions.compactMap { $0["version"]?.intValue }.max()
                #expect((newest ?? 0) >= before, "\(versions)")
            }
            try await there.expect("fsck")
            try await there.serving { server in
                let client = InferenceClient(try server.dataPlane())
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
            }
        }

        @Test
        func whatWasChangedIsRefusedAndAHomeThatIsThereGoesAside() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = slipway.scratch.file("backups")
            try await slipway.expect("backup", folder)
            let again = try await slipway.expect("backup", folder, "--keep", "1")
            #expect(again.output.contains("none of them new") && again.output.contains("1 older backup"), "\(again)")
            let listed = try await slipway.json("backup", "list", folder).arrayValue ?? []
            let path = try #require(listed.first?["path"]?.stringValue)
            let digest = try #require(listed.first?["digest"]?.stringValue)
            #expect(listed.count == 1)

            let occupied = try await slipway("backup", "restore", path)
            #expect(occupied.exitCode == 5 && occupied.talk.contains("--yes"), "\(occupied)")
            let other = try await slipway("backup", "restore", path, "--yes", "--expect", "sha256:00")
            #expect(other.exitCode == 7 && other.talk.contains("SW6107"), "\(other)")
            let restored = try await slipway.json("backup", "restore", path, "--yes", "--expect", digest)
            let aside = try HomeDirectory(path: restored["aside"]?.stringValue ?? "")
            defer { aside.removeEverything() }
            #expect(aside.path.hasPrefix("\(slipway.home.path).before-") && aside.exists, "\(restored)")
            try await slipway.expect("show", "digits:1")

            let descriptor = open("\(path)/slipway.db", O_WRONLY)
            #expect(pwrite(descriptor, "x", 1, 5000) == 1)
            close(descriptor)
            let bad = try await slipway("backup", "check", folder)
            #expect(bad.exitCode == 7 && bad.output.contains("slipway.db holds other bytes"), "\(bad)")
            let refused = try await slipway("backup", "restore", folder, "--home", slipway.scratch.file("new"))
            #expect(refused.exitCode == 7 && access(slipway.scratch.file("new"), F_OK) != 0, "\(refused)")
        }
    }
}
