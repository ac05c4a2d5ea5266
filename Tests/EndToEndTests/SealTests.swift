import Client
import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Signed and encrypted versions, with the program itself.
    @Suite
    struct SealTests {
        private struct Keys {
            let secret: String
            var open: String { secret + ".pub" }

            init(_ slipway: Slipway, _ name: String, _ options: String...) async throws {
                secret = slipway.scratch.file(name)
                let outcome = try await slipway.run(["key", "new", secret] + options)
                #expect(outcome.exitCode == 0, "\(outcome)")
            }
        }

        @Test
        func nothingUnsignedAndNothingOlderGoesIntoService() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let keys = try await Keys(slipway, "release.pem")
            try await slipway.expect("sign", "digits:1", "--key", keys.secret)
            try await slipway.serving(["serve", "--require-signature", keys.open]) { server in
                let unsigned = try await slipway("deploy", "digits:2")
                #expect(unsigned.exitCode == 4 && unsigned.talk.contains("SW5105"), "\(unsigned)")
                #expect(unsigned.talk.contains("slipway sign digits:2 --key"), "\(unsigned)")
                let asked = try await server.controlPlane().request(
                    "POST", "/api/v1/endpoints/digits/deploy",
                    headers: [HTTPHeader("content-type", "application/json")],
                    body: Array(#"{"version":"digits:2"}"#.utf8))
                #expect(asked.status == 403, "\(asked)")

                try await slipway.expect("sign", "digits:2", "--key", keys.secret)
                try await slipway.expect("deploy", "digits:2")
                let older = try await slipway("deploy", "digits:1")
                #expect(older.exitCode == 5 && older.talk.contains("SW5106"), "\(older)")
                try await slipway.expect("alias", "digits@prod", "digits:2")
                #expect(try await slipway("alias", "digits@prod", "digits:1").exitCode == 5)
                try await slipway.expect("rollback", "digits")
                try await slipway.expect("deploy", "digits:2")
                try await slipway.expect("deploy", "digits:1", "--allow-older")
                let history = try await slipway.json("history", "digits").arrayValue ?? []
                #expect(history.map { $0["outcome"] }.allSatisfy { $0 == "healthy" }, "\(history)")
                #expect(history.first?["note"]?.stringValue?.contains("older than digits:2") == true, "\(history)")
                #expect(history.contains { $0["cause"]?.stringValue?.hasPrefix("rollback") == true })
            }
        }

        /// What was recorded while nobody asked for seals is not loaded by a server that does.
        @Test
        func aServerLoadsOnlyWhatIsSigned() async throws {
            let slipway = try await Slipway.withDigits()
            let keys = try await Keys(slipway, "release.pem")
            let other = try await Keys(slipway, "other.pem", "--curve", "p384")
            let refused = try await slipway.run(["run", "digits:1", "--port", "0", "--require-signature", keys.open])
            #expect(refused.exitCode != 0 && refused.talk.contains("has no seal"), "\(refused)")
            try await slipway.expect("sign", "digits:1", "--key", other.secret)
            let wrong = try await slipway.run(["run", "digits:1", "--port", "0", "--require-signature", keys.open])
            #expect(wrong.exitCode != 0 && wrong.talk.contains("another key"), "\(wrong)")
            try await slipway.serving([
                "run", "digits:1", "--require-signature", keys.open, "--require-signature", other.open,
            ]) { server in
                let ready = try await server.dataPlane().request("GET", "/v2/health/ready")
                #expect(ready.status == 200)
            }
        }

        @Test
        func aSealTravelsWithAnEncryptedArchive() async throws {
            let slipway = try await Slipway.withDigits()
            let keys = try await Keys(slipway, "release.pem")
            let reader = try await Keys(slipway, "reader.pem", "--for", "encryption")
            let archive = slipway.scratch.file("digits.slipway")
            try await slipway.expect("sign", "digits:1", "--key", keys.secret)
            try await slipway.expect("export", "digits:1", archive, "--encrypt", reader.open)
            var bytes = try TextFile.bytes(archive)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("model.onnx"))

            let there = try Slipway()
            let locked = try await there("import", archive)
            #expect(locked.exitCode == 4 && locked.talk.contains("--identity"), "\(locked)")
            let wrong = try await there("import", archive, "--identity", keys.secret)
            #expect(wrong.exitCode == 4 && wrong.talk.contains("X25519"), "\(wrong)")
            try await there.expect("import", archive, "--identity", reader.secret)
            let verified = try await there.json("verify", "digits:1", "--key", keys.open)
            #expect(verified["signedAs"] == "digits:1")

            let elsewhere = try Slipway()
            bytes[bytes.count - 1] ^= 1
            try TextFile.write(bytes, to: archive)
            let altered = try await elsewhere("import", archive, "--identity", reader.secret)
            #expect(altered.exitCode == 7 && altered.talk.contains("SW5107"), "\(altered)")
            #expect(try await elsewhere.json("list") == .array([]))
            #expect(try await elsewhere.json("gc")["keptBlobs"] == 0)
        }

        @Test
        func foldersAreSignedAndCheckedAndKeysAreGuarded() async throws {
            let slipway = try Slipway()
            let keys = try await Keys(slipway, "release.pem")
            let again = try await slipway("key", "new", keys.secret)
            #expect(again.exitCode == 4 && again.talk.contains("never overwritten"), "\(again)")
            let folder = slipway.scratch.file("model")
            mkdir(folder, 0o755)
            try TextFile.write(Array("weights".utf8), to: "\(folder)/weights.bin")
            try await slipway.expect("sign", folder, "--key", keys.secret)
            try await slipway.expect("verify", folder, "--key", keys.open)
            try TextFile.write(Array("Weights".utf8), to: "\(folder)/weights.bin")
            let changed = try await slipway("verify", folder, "--key", keys.open)
            #expect(changed.exitCode == 7 && changed.talk.contains("'weights.bin' was changed"), "\(changed)")
            chmod(keys.secret, 0o644)
            let readable = try await slipway("sign", folder, "--key", keys.secret, "--force")
            #expect(readable.exitCode == 4 && readable.talk.contains("chmod 600"), "\(readable)")
            let certificate = try await slipway("verify", folder, "--certificate-chain", "root.pem")
            #expect(certificate.exitCode == 7 && certificate.talk.contains("SW5102"), "\(certificate)")
        }

        /// Seals that the reference client of the standard made.
        @Test(arguments: ["p256", "p384", "p521"])
        func whatTheReferenceClientSignedHolds(curve: String) async throws {
            let slipway = try Slipway()
            let fixtures = "\(Slipway.root)/Tests/SealsTests/Fixtures"
            try await slipway.expect(
                "verify", "\(fixtures)/model", "--key", "\(fixtures)/\(curve).pub", "--signature",
                "\(fixtures)/reference-\(curve).sig")
        }
    }
}
