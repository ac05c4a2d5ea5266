import Client
import Glibc
import ModelGraph
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct ModelAttackTests {
        /// Rows 56 to 70 and 77 to 82 of the attack list, imported beside a server that is serving.
        @Test
        func everyHostileModelIsRefusedInWordsAndHarmsNothing() async throws {
            let slipway = try await Slipway.withDigits()
            let versions = try await slipway.json("list")
            let ended = try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                for (index, attack) in ModelAttack.all.enumerated() {
                    try await Self.expectRefused(attack, at: index, attacked)
                }
                try await Self.attackWithArrays(attacked)
                try await Self.attackReferences(attacked)
                try await attacked.expectQuietAgain()
            }
            #expect(ended.exitCode == 0)
            #expect(try await slipway.json("list") == versions)
        }

        private static func expectRefused(_ attack: ModelAttack, at index: Int, _ attacked: AttackedServer) async throws
        {
            let folder = attacked.slipway.scratch.file("attack-\(index)/model")
            let made = try await attacked.slipway.shell(
                "mkdir -p '\(folder)' && cd '\(folder)' && { \(attack.planting); }")
            try #require(made.exitCode == 0, "\(attack): \(made)")
            let file = "\(folder)/model.onnx"
            try TextFile.write(try attack.bytes(), to: file)
            let outcome = try await attacked.slipway.run(["import", file, "--name", "hostile", "--no-run"], within: 30)
            #expect(outcome.exitCode == attack.exitCode, "\(attack): \(outcome)")
            #expect(outcome.talk.contains(attack.words), "\(attack): \(outcome)")
            let first = outcome.talk.split(separator: "\n").first ?? ""
            #expect(first.wholeMatch(of: /error\[SW7\d\d\d\]: .+/) != nil, "\(attack): \(outcome)")
            // The walls are the second line: none of these gets as far as to need them.
            #expect(!outcome.talk.contains("SW7003") && !outcome.talk.contains("signal"), "\(attack): \(outcome)")
            attacked.expectDiscreet(outcome.talk, attack.description)
            #expect(!TextFile.list(folder).contains("executed"), "\(attack)")
            try await attacked.expectUnharmed(attack.description)
        }

        /// Row 77 and its kin: arrays for an evaluation.
        private static func attackWithArrays(_ attacked: AttackedServer) async throws {
            for folder in ["npz", "npy", "csv"] {
                for name in TextFile.list("\(Slipway.root)/Tests/Fuzz/Corpus/\(folder)") {
                    let copy = attacked.slipway.scratch.file("\(name).\(folder)")
                    try TextFile.write(TextFile.bytes("\(Slipway.root)/Tests/Fuzz/Corpus/\(folder)/\(name)"), to: copy)
                    let outcome = try await attacked.slipway.run(["evaluate", "digits:1", "--data", copy], within: 20)
                    let code = outcome.exitCode ?? 139
                    #expect(code != 0 && code < 128, "\(name): \(outcome)")
                    #expect(outcome.talk.contains("error[SW"), "\(name): \(outcome)")
                }
            }
            try await attacked.expectUnharmed("row 77")
        }

        /// Rows 84 and 93: references that cannot be, and a version that somebody needs.
        private static func attackReferences(_ attacked: AttackedServer) async throws {
            let hex = String(repeating: "a", count: 64)
            for reference in [
                "digits@sha256:../../etc/x", "digits@sha256:\(hex.uppercased())", "digits@sha256:\(hex.dropLast())",
                "digits@sha256:\(hex)a", "digits@md5:abc", "digits@", "digits@sha256:\(hex)?x=1", "digits:0",
                "digits:-1",
                "../digits:1", "digits:1e3", "dig\u{1b}[31mits:1", "digits'--", "digits:18446744073709551616",
            ] {
                let outcome = try await attacked.slipway.run(["show", reference], within: 20)
                #expect([3, 64].contains(outcome.exitCode), "\(reference): \(outcome)")
                #expect(!outcome.talk.contains("\u{1b}"), "\(reference): \(outcome)")
            }
            let removed = try await attacked.slipway("rm", "digits:1")
            #expect(removed.exitCode == 5, "\(removed)")
            try await attacked.slipway.expect("show", "digits:1")
        }

        /// Row 67: what no rule of the format forbids is told by the engines, in the limited child. One of these crashes an
        /// engine.
        @Test
        func whatOnlyAnEngineNoticesIsRefusedInWords() async throws {
            let slipway = try await Slipway.withDigits()
            let versions = try await slipway.json("list")
            try await slipway.serving { server in
                let attacked = try await AttackedServer(slipway, server)
                for attack in EngineAttack.all {
                    let file = slipway.scratch.file("\(attack.name).onnx")
                    try TextFile.write(try attack.model().encoded(), to: file)
                    let outcome = try await slipway.run(["import", file, "--name", "hostile"], within: 60)
                    #expect(outcome.exitCode == 7, "\(attack.name): \(outcome)")
                    #expect(outcome.talk.contains("error[SW7005]"), "\(attack.name): \(outcome)")
                    #expect(outcome.talk.contains("no engine runs this model"), "\(attack.name): \(outcome)")
                    attacked.expectDiscreet(outcome.talk.replacing(file, with: "FILE"), attack.name)
                    try await attacked.expectUnharmed(attack.name)
                }
                try await attacked.expectQuietAgain()
            }
            #expect(try await slipway.json("list") == versions)
        }

        /// Row 78: a message of more than two gigabytes, of which the disk has next to nothing.
        @Test
        func moreThanTwoGigabytesOfZerosAreRefused() async throws {
            let slipway = try Slipway()
            let file = slipway.scratch.file("zeros.onnx")
            #expect(try await slipway.shell("truncate -s 2147483649 '\(file)'").exitCode == 0)
            let outcome = try await slipway.run(["import", file, "--no-run"], within: 60)
            #expect(outcome.exitCode == 7 && outcome.talk.contains("error[SW7"), "\(outcome)")
            #expect(TextFile.list(slipway.home.file("tmp")) == [])
            #expect(try await slipway.json("list") == .array([]))
        }

        /// Row 60: the bytes of a registered version are replaced behind our back.
        @Test
        func aVersionWhoseBytesWereReplacedIsNotLoaded() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let digits = try DigitsExample()
            let ended = try await slipway.serving { server in
                // The convolutional network is the only blob of this size: same size, another bit.
                let blobs = TextFile.list(slipway.home.file("blobs/sha256")).map {
                    slipway.home.file("blobs/sha256/\($0)")
                }
                let graph = try #require(try blobs.first { try TextFile.bytes($0).count > 100_000 })
                var bytes = try TextFile.bytes(graph)
                bytes[bytes.count / 2] ^= 1
                try TextFile.write(bytes, to: graph)
                let deployed = try await slipway("deploy", "digits:2")
                #expect(deployed.exitCode != 0, "\(deployed)")
                #expect(deployed.talk.contains("blob"), "\(deployed)")
                let reply = try await InferenceClient(try server.dataPlane()).infer(digits.request(0))
                #expect(reply.modelVersion == "1")
            }
            #expect(ended.exitCode == 0)
        }

        /// Row 81: the same file from many at once is one version.
        @Test
        func importsOfOneFileAtOnceAreOneVersion() async throws {
            let slipway = try Slipway()
            try await slipway.expect("list")
            let file = Slipway.example("iris/iris.onnx")
            let outcome = try await slipway.shell(
                """
                for i in 1 2 3 4 5 6 7 8 9 10 11 12; do "\(try Slipway.binary())" import '\(file)' --no-run & p="$p $!"; done
                for i in $p; do wait $i || exit 1; done
                """)
            #expect(outcome.exitCode == 0, "\(outcome)")
            #expect(try await slipway.json("list").arrayValue?.count == 1)
            #expect(try await slipway.json("list", "iris").arrayValue?.count == 1)
            #expect(TextFile.list(slipway.home.file("tmp")) == [])
        }
    }
}
