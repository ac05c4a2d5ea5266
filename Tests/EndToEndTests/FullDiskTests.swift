import Client
import Glibc
import Home
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// A home on a small file system that fills up while a server runs on it.
    @Suite
    struct FullDiskTests {
        /// Whether this process may mount file systems.
        private static let canMount: Bool = {
            guard geteuid() == 0, let directory = try? TemporaryDirectory() else { return false }
            return mount(on: directory.path, bytes: 1 << 20) && unmount(directory.path)
        }()

        /// - Parameter again: for one that is mounted there, which gets another size.
        private static func mount(on path: String, bytes: Int, again: Bool = false) -> Bool {
            let remount: UInt = 32
            return Glibc.mount("tmpfs", path, "tmpfs", again ? remount : 0, "size=\(bytes),mode=700") == 0
        }

        /// At once, whoever still has files open there.
        @discardableResult private static func unmount(_ path: String) -> Bool {
            let detach: Int32 = 2
            return umount2(path, detach) == 0
        }

        /// Takes what is left of the disk, but for some kilobytes.
        private static func fill(_ slipway: Slipway, leaving kilobytes: Int = 0) async throws {
            let path = slipway.home.file("filler")
            let line =
                "dd if=/dev/zero of='\(path)' bs=64k 2>/dev/null; dd if=/dev/zero bs=1k >>'\(path)' 2>/dev/null; "
                + "truncate -s -\(kilobytes)K '\(path)'"
            _ = try await slipway.shell(line)
        }

        private static func free(_ slipway: Slipway) { unlink(slipway.home.file("filler")) }

        @Test(.enabled(if: canMount, "needs root, to mount a small file system"))
        func everyWriteFailsClearlyReadsGoOnAndSpaceHealsIt() async throws {
            let slipway = try Slipway()
            try #require(Self.mount(on: slipway.home.path, bytes: 24 << 20))
            defer { Self.unmount(slipway.home.path) }
            let digits = try DigitsExample()
            for network in ["mlp", "cnn"] { try await slipway.importDigits(network) }
            try await slipway.expect("deploy", "digits:1")
            let archive = slipway.scratch.file("digits.slipway")
            try await slipway.expect("export", "digits:1", archive)
            let large = slipway.scratch.file("large.onnx")
            try TextFile.write(MadeModel.chain(layers: 1, width: 512), to: large)
            let rows = Slipway.example("digits/held-out.npz")

            try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                #expect(try await client.infer(digits.request(0)).modelVersion == "1")
                try await Self.fill(slipway)
                let note = String(repeating: "n", count: 60_000)
                let writes = [
                    ["import", large, "--name", "large", "--no-run"],
                    ["import", archive, "--name", "copy"],
                    ["export", "digits:1", slipway.home.file("out.slipway")],
                    ["alias", "digits@prod", "digits:1", "--note", note],
                    ["alias", "digits@next", "digits:2", "--note", note],
                    ["evaluate", "digits:1", "--data", rows, "--keep"],
                    ["token", "create", "ada", "--role", "admin"],
                    ["deploy", "digits:2", "--note", note], ["rm", "digits:2", "--force"],
                ]
                var refused = 0
                for arguments in writes {
                    let outcome = try await slipway.run(arguments)
                    #expect(try await client.infer(digits.request(1)).modelVersion == "1", "during \(arguments[0])")
                    if outcome.exitCode == 0 { continue }
                    refused += 1
                    #expect(outcome.exitCode == 6, "\(arguments[0]): \(outcome)")
                    #expect(outcome.talk.contains("help: free some space"), "\(arguments[0]): \(outcome)")
                    #expect(!outcome.talk.contains("SW9999"), "\(outcome)")
                }
                #expect(refused >= 6)
                #expect(TextFile.list(slipway.home.file("tmp")) == [])
                for arguments in [
                    ["list"], ["show", "digits:1"], ["status"], ["history", "digits"], ["gc", "--dry-run"],
                ] {
                    let outcome = try await slipway.run(arguments)
                    #expect(outcome.exitCode == 0, "\(arguments): \(outcome)")
                }
                #expect(try await server.controlPlane().request("GET", "/models").status == 200)
                // Whoever dies meanwhile comes back: what is deployed only has to be read.
                #expect(kill(server.worker, SIGKILL) == 0)
                try await wait(for: "answers again") {
                    (try? await client.infer(digits.request(0)).modelVersion) == "1"
                }

                Self.free(slipway)
                try await slipway.expect("import", large, "--name", "large", "--no-run")
                try await slipway.expect("evaluate", "digits:1", "--data", rows, "--keep")
                _ = try await slipway.run(["restore", "digits:2"])
                try await slipway.expect("deploy", "digits:2")
                try await wait(for: "digits:2") {
                    try await client.infer(digits.request(0)).modelVersion == "2"
                }
                try await slipway.expect("fsck")
            }
        }

        private static func expectRefused(_ outcome: Slipway.Outcome, _ what: String) {
            #expect(outcome.exitCode == 6, "\(what): \(outcome)")
            #expect(outcome.talk.contains("help: free some space"), "\(what): \(outcome)")
            #expect(!outcome.talk.contains("SW9999"), "\(what): \(outcome)")
        }

        @Test(.enabled(if: canMount, "needs root, to mount a small file system"))
        func aPullFailsClearlyLeavesNothingAndWorksWhenThereIsSpace() async throws {
            try await DockerRegistry.running { registry in
                let source = try Slipway()
                let large = source.scratch.file("large.onnx")
                try TextFile.write(MadeModel.chain(layers: 1, width: 512), to: large)
                try await source.expect("import", large, "--no-run")
                let place = "\(registry.name)/large:1"
                let digest = try await source.json("push", "large:1", place)["digest"]?.stringValue

                let slipway = try Slipway()
                try #require(Self.mount(on: slipway.home.path, bytes: 16 << 20))
                defer { Self.unmount(slipway.home.path) }
                try await slipway.expect("list")
                // Nothing; less than the blobs need; just what they need, and nothing for the record.
                for kilobytes in [0, 64, 1028, 1032] {
                    try await Self.fill(slipway, leaving: kilobytes)
                    let outcome = try await slipway.run(["pull", place, "--no-run"])
                    Self.expectRefused(outcome, "\(kilobytes) KB are free")
                    #expect(TextFile.list(slipway.home.file("tmp")) == [], "\(kilobytes)")
                    Self.free(slipway)
                    try await slipway.expect("fsck")
                    try await slipway.expect("gc")
                    #expect(TextFile.list(slipway.home.file("blobs/sha256")) == [], "\(kilobytes)")
                    #expect(try await slipway.json("list").arrayValue?.isEmpty == true)
                }
                #expect(try await slipway.json("pull", place, "--no-run")["digest"]?.stringValue == digest)
                try await slipway.expect("fsck")
            }
        }

        @Test(.enabled(if: canMount, "needs root, to mount a small file system"))
        func aPushNeedsNoSpaceForAVersionAtHome() async throws {
            try await DockerRegistry.running { registry in
                let slipway = try Slipway()
                try #require(Self.mount(on: slipway.home.path, bytes: 16 << 20))
                defer { Self.unmount(slipway.home.path) }
                let large = slipway.scratch.file("large.onnx")
                try TextFile.write(MadeModel.chain(layers: 1, width: 512), to: large)
                try await slipway.expect("import", large, "--no-run")
                let place = "\(registry.name)/large:1"
                try await Self.fill(slipway)
                Self.expectRefused(try await slipway("push", "large:1", place), "nobody has the database open")
                Self.free(slipway)
                // As beside a server: the database is open, and its files beside it have their size.
                let database = try HomeDatabase.open(HomeDirectory(path: slipway.home.path))
                _ = try database.read { try $0.models() }
                try await Self.fill(slipway)
                let pushed = try await slipway.json("push", "large:1", place, "--chunk", "65536")
                #expect(pushed["outcome"]?.stringValue == "pushed", "\(pushed)")
                #expect(pushed["warnings"]?.arrayValue?.count == 1, "\(pushed)")
                #expect(TextFile.list(slipway.home.file("tmp")) == [])

                let other = try Slipway()
                let pulled = try await other.json("pull", place, "--no-run")
                #expect(pulled["digest"] == pushed["digest"])
                Self.free(slipway)
                let again = try await slipway.json("push", "large:1", place)
                #expect(again["outcome"]?.stringValue == "present" && again["warnings"]?.arrayValue == [])
                try await slipway.expect("fsck")
                try database.close()
            }
        }

        @Test(.enabled(if: canMount, "needs root, to mount a small file system"))
        func aBackupToAFullDiskSaysSoAndIsWholeWhenThereIsSpace() async throws {
            let slipway = try await Slipway.withDigits()
            let large = slipway.scratch.file("large.onnx")
            try TextFile.write(MadeModel.chain(layers: 1, width: 512), to: large)
            try await slipway.expect("import", large, "--no-run")
            let disk = try TemporaryDirectory()
            try #require(Self.mount(on: disk.path, bytes: 16 << 10))
            defer { Self.unmount(disk.path) }
            // Nearly nothing; not the database; the database and small models.
            for kilobytes in [16, 100, 640] {
                try #require(Self.mount(on: disk.path, bytes: kilobytes << 10, again: true))
                let outcome = try await slipway.run(["backup", disk.path])
                Self.expectRefused(outcome, "\(kilobytes) KB")
                #expect(TextFile.list(disk.file("tmp")) == [], "\(kilobytes)")
                #expect(!TextFile.list(disk.path).contains { $0.hasPrefix("2") }, "\(kilobytes)")
            }
            try #require(Self.mount(on: disk.path, bytes: 16 << 20, again: true))
            let path = try await slipway.json("backup", disk.path)["path"]?.stringValue
            #expect(try await slipway.json("backup", "check", path ?? "")["sound"]?.boolValue == true)
        }
    }
}
