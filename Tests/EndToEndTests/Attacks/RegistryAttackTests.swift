import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct RegistryAttackTests {
        /// Row 92: a hundred move one alias at once, each expecting what it names now.
        @Test
        func ofAHundredWhoExpectTheSameOneMovesTheAlias() async throws {
            let slipway = try Slipway()
            let file = slipway.scratch.file("a.onnx")
            try TextFile.write(MadeModel.echo(input: "x"), to: file)
            for number in 1...4 {
                try await slipway.expect("import", file, "--name", "m", "--no-run", "--label", "n=\(number)")
            }
            try await slipway.expect("alias", "m@prod", "m:1", "--expect", "none")
            let line = """
                for i in $(seq 100); do
                    ("\(try Slipway.binary())" alias m@prod m:$((i % 3 + 2)) --expect m:1 >/dev/null 2>&1
                    echo $?) & done; wait
                """
            let codes = try await slipway.shell(line).output.split(separator: "\n")
            #expect(codes.count == 100 && codes.filter { $0 == "0" }.count == 1, "\(codes)")
            #expect(codes.allSatisfy { ["0", "5"].contains($0) }, "\(codes)")
            #expect(try await slipway.json("alias", "m@prod").arrayValue?.count == 2)

            let late = try await slipway("alias", "m@prod", "m:1", "--expect", "m:1")
            #expect(late.exitCode == 5 && late.talk.contains("is not what the change expects"), "\(late)")
            #expect(try await slipway("alias", "m@prod", "--remove", "--expect", "m:1").exitCode == 5)
            #expect(try await slipway("alias", "m@prod", "--expect", "m:1").exitCode == 64)
            try await slipway.expect("fsck")
        }

        /// Row 101: archives of a form that is not ours, or not ours any more.
        @Test
        func anArchiveOfANewerFormOrAlteredIsRefusedBeforeAnythingIsStored() async throws {
            let slipway = try await Slipway.withDigits()
            let archive = slipway.scratch.file("digits.slipway")
            try await slipway.expect("export", "digits:1", archive)
            let bytes = try TextFile.bytes(archive)
            let there = try Slipway()
            try await there.expect("list")
            let changes = [
                (#""imageLayoutVersion":"1.0.0""#, #""imageLayoutVersion":"2.0.0""#),
                (#""schemaVersion":2"#, #""schemaVersion":3"#),
                ("application/vnd.cncf.model.", "application/vnd.else.model."),
                ("sha256:", "sha255:"), (#""layers""#, #""slayer""#),
            ]
            for (old, new) in changes {
                try TextFile.write(Self.replacing(old, with: new, in: bytes), to: archive)
                let outcome = try await there("import", archive, "--no-run")
                #expect([7, 64].contains(outcome.exitCode), "\(new): \(outcome)")
                #expect(outcome.talk.hasPrefix("error[SW61") && outcome.talk.contains(archive), "\(new): \(outcome)")
                #expect(TextFile.list(there.home.file("blobs/sha256")) == [], "\(new)")
                #expect(TextFile.list(there.home.file("tmp")) == [], "\(new)")
            }
            #expect(try await there.json("list") == .array([]))
            try TextFile.write(bytes, to: archive)
            try await there.expect("import", archive, "--no-run")
        }

        /// Every occurrence, by text of the same length.
        private static func replacing(_ old: String, with new: String, in bytes: [UInt8]) -> [UInt8] {
            let (pattern, text) = (Array(old.utf8), Array(new.utf8))
            var result = bytes
            var place = 0
            while place + pattern.count <= result.count {
                if result[place] == pattern[0], result[place..<place + pattern.count].elementsEqual(pattern) {
                    result.replaceSubrange(place..<place + text.count, with: text)
                    place += pattern.count
                } else {
                    place += 1
                }
            }
            return result
        }
    }
}
