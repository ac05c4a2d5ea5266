import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Versions on their way from one home to another, out of the registry and back.
    @Suite
    struct ArchiveTests {
        @Test
        func aVersionTravelsWithItsDigestAndItsEvaluation() async throws {
            let slipway = try Slipway()
            let rows = Slipway.example("digits/held-out.npz")
            try await slipway.expect(
                "import", Slipway.example("digits/mlp.onnx"), "--name", "digits", "--note", "first")
            try await slipway.expect("evaluate", "digits:1", "--data", rows, "--keep")
            let archive = slipway.scratch.file("digits.slipway")
            let written = try await slipway.json("export", "digits:1", archive)

            let there = try Slipway()
            let brought = try await there.json("import", archive)
            #expect(brought["digest"] == written["digest"] && brought["outcome"] == "added")
            #expect(brought["note"] == "first")
            #expect(try await there.json("evaluate", "digits:1")["accuracy"] != nil)
            try await there.expect("fsck")
            let again = there.scratch.file("again.slipway")
            try await there.expect("export", "digits:1", again)
            // Where it arrived it was evaluated once more, with the same result, so that nothing new is known.
            #expect(try TextFile.bytes(again) == TextFile.bytes(archive))

            let refused = try await slipway("export", "digits:1", archive)
            #expect(refused.exitCode == 5 && refused.talk.contains("--force"), "\(refused)")
            try await slipway.expect("export", "digits:1", archive, "--force", "--bare")
        }

        @Test
        func anArchiveThatLiesIsRefusedAndLeavesNothing() async throws {
            let slipway = try await Slipway.withDigits()
            let archive = slipway.scratch.file("digits.slipway")
            try await slipway.expect("export", "digits:1", archive)
            let there = try Slipway()
            var bytes = try TextFile.bytes(archive)
            let middle = bytes.count / 2
            bytes[middle] ^= 1
            try TextFile.write(bytes, to: archive)
            let altered = try await there("import", archive)
            #expect(altered.exitCode == 7, "\(altered)")
            try TextFile.write(Array(bytes[..<middle]), to: archive)
            let cut = try await there("import", archive)
            #expect(cut.exitCode == 7 && cut.talk.contains("help: it was not copied as a whole"), "\(cut)")
            #expect(try await there.json("list") == .array([]))
            #expect(try await there.json("gc")["keptBlobs"] == 0)
        }

        @Test
        func whatIsRemovedComesBackUntilItIsCollected() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let removed = try await slipway("rm", "digits:2")
            #expect(removed.talk.contains("slipway restore digits:2"), "\(removed)")
            let list = try await slipway.json("list", "--removed").arrayValue ?? []
            #expect(list.map { $0["reference"] } == ["digits:2"])
            #expect(list.first?["restorableUntil"]?.stringValue != nil)
            try await slipway.expect("restore", "digits:2")
            try await slipway.expect("rm", "digits:2")
            #expect(try await slipway.json("gc")["versions"] == .array([]))
            let plan = try await slipway.json("gc", "--undo-window", "0", "--dry-run")
            let freed = try await slipway.json("gc", "--undo-window", "0")
            #expect(freed["versions"]?.arrayValue?.first?["reference"] == "digits:2")
            #expect(freed["freedBytes"] == plan["freedBytes"] && plan["dryRun"] == true)
            let late = try await slipway("restore", "digits:2")
            #expect(late.exitCode == 5 && late.talk.contains("import the same file again"), "\(late)")
            let needed = try await slipway("rm", "digits:1")
            #expect(needed.exitCode == 5 && needed.talk.contains("endpoint 'digits'"), "\(needed)")
            try await slipway.importDigits("cnn")
            #expect(try await slipway.json("list").arrayValue?.map { $0["reference"] } == ["digits:2", "digits:1"])
        }

        @Test
        func damageIsFoundAndTheExitCodeTellsIt() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.expect("fsck")
            for name in TextFile.list(slipway.home.file("blobs/sha256")).prefix(1) {
                let path = slipway.home.file("blobs/sha256/\(name)")
                chmod(path, 0o600)
                var bytes = try TextFile.bytes(path)
                bytes[0] ^= 1
                try TextFile.write(bytes, to: path)
            }
            let found = try await slipway("fsck", "--json")
            #expect(found.exitCode == 7, "\(found)")
            #expect(found.json?["damaged"] == true)
            #expect(found.json?["findings"]?.arrayValue?.first?["code"] == "blob-altered")
            #expect(try await slipway("fsck", "--repair").exitCode == 7)
            try await slipway.importDigits("mlp")
            try await slipway.expect("fsck")
        }

        @Test
        func longListsComeInPages() async throws {
            let slipway = try Slipway()
            let file = slipway.scratch.file("a.onnx")
            try TextFile.write(MadeModel.echo(input: "x"), to: file)
            for number in 1...3 {
                try await slipway.expect("import", file, "--name", "m", "--no-run", "--label", "n=\(number)")
            }
            let first = try await slipway("list", "m", "--limit", "2", "-o", "name")
            #expect(first.output == "m:3\nm:2\n")
            let hint = try await slipway("list", "m", "--limit", "2")
            #expect(hint.talk.contains("more: slipway list m --after 2"), "\(hint)")
            let rest = try await slipway.json("list", "m", "--limit", "2", "--after", "m:2")
            #expect(rest.arrayValue?.map { $0["version"] } == [1])
            #expect(try await slipway.json("list", "--all").arrayValue?.count == 3)
            #expect(try await slipway("list", "m", "--after", "x").exitCode == 64)

            for number in 1...3 { try await slipway.expect("deploy", "m:\(number)") }
            let history = try await slipway.json("history", "m", "--limit", "2").arrayValue
            #expect(history?.map { $0["revision"] } == [3, 2])
            #expect(try await slipway("history", "m", "--after", "2", "-o", "name").output == "1\n")
        }
    }
}
