import Glibc
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Against Debian's registry, read and filled by skopeo, too.
    @Suite
    struct RegistryTests {
        private static func digest(_ slipway: Slipway, _ version: String = "digits:1") async throws -> String {
            try #require(try await slipway.json("show", version)["digest"]?.stringValue)
        }

        private static func skopeo(_ arguments: String...) async throws -> Slipway.Outcome {
            let outcome = try await Slipway.command("skopeo", arguments)
            #expect(outcome.exitCode == 0, "skopeo \(arguments): \(outcome)")
            return outcome
        }

        @Test
        func aVersionGoesThroughARegistryAndSkopeoAndKeepsItsDigest() async throws {
            try await DockerRegistry.running { registry in
                let slipway = try await Slipway.withDigits()
                try await slipway.expect(
                    "evaluate", "digits:1", "--data", Slipway.example("digits/held-out.npz"), "--answers", "labels")
                let digest = try await Self.digest(slipway)
                let pushed = try await slipway.json("push", "digits:1", "\(registry.name)/models/digits")
                #expect(pushed["digest"]?.stringValue == digest && pushed["outcome"]?.stringValue == "pushed")
                #expect(pushed["remote"]?.stringValue == "\(registry.name)/models/digits:1")

                let raw = try await Self.skopeo(
                    "inspect", "--raw", "--tls-verify=false", "docker://\(registry.name)/models/digits:1")
                let blob = "\(slipway.home.path)/blobs/sha256/\(digest.dropFirst(7))"
                #expect(try TextFile.read(blob) == raw.output)

                let layout = "oci:\(slipway.scratch.file("layout")):copied"
                _ = try await Self.skopeo(
                    "copy", "--src-tls-verify=false", "docker://\(registry.name)/models/digits:1", layout)
                _ = try await Self.skopeo(
                    "copy", "--dest-tls-verify=false", layout, "docker://\(registry.name)/copied/net:a")

                let other = try Slipway()
                let copied = try await other.json("pull", "\(registry.name)/copied/net:a", "--name", "copied")
                #expect(copied["digest"]?.stringValue == digest && copied["referrers"]?.intValue == 0)
                let pulled = try await other.json("pull", "\(registry.name)/models/digits@\(digest)")
                #expect(pulled["digest"]?.stringValue == digest && (pulled["referrers"]?.intValue ?? 0) >= 1)
                #expect(pulled["blobs"]?["fetched"]?.intValue == 0, "the blobs are those of the copy")
                let shown = try await other.expect("show", "digits:1")
                #expect(shown.output.contains("accuracy 98.44 %"), "\(shown)")
                let again = try await other.json("pull", "\(registry.name)/models/digits")
                #expect(again["outcome"]?.stringValue == "present")
            }
        }

        @Test
        func errorsSayWhatToDo() async throws {
            try await DockerRegistry.running { registry in
                let slipway = try await Slipway.withDigits("cnn")
                try await slipway.expect("push", "digits:1", "\(registry.name)/digits")
                let cases: [([String], Int32, String)] = [
                    (["pull", "\(registry.name)/digits:9"], 3, "there are the tags 1"),
                    (["pull", "\(registry.name)/absent:1"], 3, "check the name"),
                    (["pull", "127.0.0.1:1/digits:1"], 6, "check the registry's name and port"),
                    (["pull", "digits:1"], 64, "write the registry first"),
                    (["push", "digits:2", "\(registry.name)/digits:1"], 5, "--force"),
                    (["push", "digits:9", "\(registry.name)/digits"], 3, "digits:2"),
                ]
                for (arguments, code, help) in cases {
                    let outcome = try await slipway.run(arguments)
                    #expect(outcome.exitCode == code && outcome.talk.contains(help), "\(arguments): \(outcome)")
                }
            }
        }

        @Test
        func aRegistryWithAPasswordWantsIt() async throws {
            try await DockerRegistry.running(.password) { registry in
                let slipway = try await Slipway.withDigits()
                let place = "\(registry.name)/team/digits:1"
                let config = slipway.scratch.file("auth.json")
                try TextFile.write(#"{"auths":{}}"#, to: config)
                let push = "REGISTRY_AUTH_FILE=\(config) \(try Slipway.binary()) push digits:1 \(place)"
                #expect(try await slipway.shell(push).exitCode == 4)
                let user = "--username captain --password-stdin"
                #expect(try await slipway.shell("echo wrong | \(push) \(user)").exitCode == 4)
                let right = try await slipway.shell("echo harbour | \(push) \(user)")
                #expect(right.exitCode == 0, "\(right)")

                // base64 of captain:harbour
                let auth = #"{"auths":{"\#(registry.name)":{"auth":"Y2FwdGFpbjpoYXJib3Vy"}}}"#
                try TextFile.write(auth, to: config)
                let other = try Slipway(environment: ["REGISTRY_AUTH_FILE": config])
                try await other.expect("pull", place)
            }
        }

        @Test
        func aCertificateThatNobodyVouchesForIsRefused() async throws {
            try await DockerRegistry.running(.encrypted) { registry in
                let slipway = try await Slipway.withDigits()
                try await DockerRegistry.makeCertificate("wrong", in: slipway.scratch)
                let place = "\(registry.name)/digits"
                let refused = try await slipway("push", "digits:1", place, "--ca", slipway.scratch.file("wrong.pem"))
                #expect(refused.exitCode == 7 && refused.talk.contains("could not prove who it is"), "\(refused)")
                try await slipway.expect("push", "digits:1", place, "--ca", registry.certificate)
            }
        }

        // MARK: - Killed in the middle

        /// A model whose weights fill several requests.
        private static func withBigModel() async throws -> Slipway {
            let slipway = try Slipway()
            let file = slipway.scratch.file("big.onnx")
            try TextFile.write(MadeModel.chain(layers: 1, width: 1024), to: file)
            try await slipway.expect("import", file, "--no-run")
            return slipway
        }

        /// Starts a command, kills it when the proxy has stopped and the home holds this much of a blob, and waits for its
        /// end.
        private static func killed(
            _ slipway: Slipway, _ proxy: StallingProxy, _ command: String, holding bytes: Int = 0
        ) async throws {
            let file = slipway.scratch.file("pid")
            let line = "\(try Slipway.binary()) \(command) & echo $! > \(file); wait $!"
            async let ended = slipway.shell(line)
            try await wait(for: "the proxy to stop") { proxy.isStalled && largestTemporary(slipway) >= bytes }
            let process = try #require(Int32(try TextFile.read(file).filter(\.isNumber)))
            kill(process, SIGKILL)
            #expect(try await ended.exitCode == 137)
        }

        /// Bytes of the largest file that is being written.
        private static func largestTemporary(_ slipway: Slipway) -> Int {
            let directory = "\(slipway.home.path)/tmp"
            return TextFile.list(directory).map { name in
                var status = stat()
                return stat("\(directory)/\(name)", &status) == 0 ? Int(status.st_size) : 0
            }.max() ?? 0
        }

        @Test
        func aKilledPushGoesOnWhereItStood() async throws {
            try await DockerRegistry.running { registry in
                let slipway = try await Self.withBigModel()
                let proxy = try StallingProxy(to: registry.port)
                proxy.stall(at: .request("PATCH", 4))
                let push = "push big:1 \(proxy.name)/big --chunk 1000000"
                try await Self.killed(slipway, proxy, push)
                #expect(TextFile.list("\(slipway.home.path)/tmp").contains { $0.hasPrefix("push-") })

                // Of five parts three are there: two requests are enough for the rest.
                proxy.stall(at: .request("PATCH", 3))
                let rest = try await slipway.run(push.split(separator: " ").map(String.init), within: 20)
                #expect(rest.exitCode == 0, "\(rest)")
                #expect(!proxy.isStalled)
                #expect(TextFile.list("\(slipway.home.path)/tmp") == [])
                let other = try Slipway()
                let pulled = try await other.json("pull", "\(registry.name)/big:1", "--no-run")
                #expect(pulled["digest"]?.stringValue == (try await Self.digest(slipway, "big:1")))
            }
        }

        @Test
        func aKilledPullGoesOnWhereItStood() async throws {
            try await DockerRegistry.running { registry in
                let slipway = try await Self.withBigModel()
                try await slipway.expect("push", "big:1", "\(registry.name)/big")
                let other = try Slipway()
                let proxy = try StallingProxy(to: registry.port)
                proxy.stall(at: .bytesFromServer(3_000_000))
                try await Self.killed(other, proxy, "pull \(proxy.name)/big:1 --no-run", holding: 2_500_000)
                #expect(try await other.json("list").arrayValue?.isEmpty == true)
                #expect(TextFile.list("\(other.home.path)/blobs/sha256") == [])

                // Less than half of the 4.2 MB is left.
                proxy.stall(at: .bytesFromServer(2_000_000))
                let rest = try await other.run(["pull", "\(proxy.name)/big:1", "--no-run", "--json"], within: 20)
                #expect(rest.exitCode == 0 && !proxy.isStalled, "\(rest)")
                #expect(rest.json?["digest"]?.stringValue == (try await Self.digest(slipway, "big:1")))
                #expect(TextFile.list("\(other.home.path)/tmp") == [])
            }
        }
    }
}
