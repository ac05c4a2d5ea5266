import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// Images, read by skopeo, unpacked by umoci and run by podman.
    @Suite
    struct ContainerTests {
        private static func tool(_ name: String, _ arguments: String..., within seconds: Int = 60) async throws
            -> Slipway.Outcome
        {
            let outcome = try await Slipway.command(name, arguments, within: seconds)
            #expect(outcome.exitCode == 0, "\(name) \(arguments): \(outcome)")
            return outcome
        }

        @Test
        func anImageIsTheSameTwiceIsReadByOthersAndRuns() async throws {
            try await DockerRegistry.running { registry in
                let slipway = try await Slipway.withDigits()
                let place = "\(registry.name)/serve/digits"
                let made = try await slipway.json("package", "digits:1", "--image", place)
                let digest = try #require(made["digest"]?.stringValue)
                #expect(made["outcome"]?.stringValue == "pushed" && made["remote"]?.stringValue == "\(place):1")
                #expect(made["blobs"]?["sent"]?.intValue == 5)
                #expect(try #require(made["bytes"]?.intValue) < 160_000_000)

                // Packed anew, and by another home.
                let archive = slipway.scratch.file("digits.slipway")
                try await slipway.expect("export", "digits:1", archive, "--bare")
                let other = try Slipway()
                try await other.expect("import", archive)
                let layout = other.scratch.file("layout")
                let again = try await other.json("package", "digits:1", "--layout", layout)
                #expect(again["digest"]?.stringValue == digest, "\(made)\n\(again)")
                let pushed = try await other.json("package", "digits:1", "--image", place)
                #expect(pushed["outcome"]?.stringValue == "present" && pushed["blobs"]?["sent"]?.intValue == 0)

                // Another model shares three layers.
                let mounted = try await other.json(
                    "package", "digits:1", "--image", "\(registry.name)/serve/other", "--mount-from", "serve/digits")
                #expect(mounted["blobs"]?["mounted"]?.intValue == 5)

                try await Self.isRead(layout: layout, place: place, digest: digest, other)
                try await Self.runs("\(registry.name)/serve/running", slipway)
            }
        }

        /// Others understand what was pushed and written.
        private static func isRead(layout: String, place: String, digest: String, _ other: Slipway) async throws {
            let inspected = try await tool("skopeo", "inspect", "--tls-verify=false", "docker://\(place):1")
            #expect(inspected.json?["Digest"]?.stringValue == digest)
            #expect(inspected.json?["Labels"]?["dev.slipway.model.reference"]?.stringValue == "digits:1")
            _ = try await tool("umoci", "unpack", "--image", "\(layout):1", other.scratch.file("bundle"))
            let root = other.scratch.file("bundle/rootfs")
            #expect(Set(TextFile.list(root)).isSuperset(of: ["etc", "lib64", "opt", "tmp"]))
            #expect(TextFile.list("\(root)/opt/slipway").sorted() == ["bin", "engines", "model", "sbom.spdx.json"])
            let software = try JSONValue.parse(try TextFile.bytes("\(root)/opt/slipway/sbom.spdx.json"))
            let names = software["packages"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            #expect(names.contains("slipway") && names.contains { $0.contains("libc.so.6") })
            #expect(names.contains("swift-nio") && names.contains("swift-crypto"))
        }

        /// As nobody, with no capability, on a root that cannot be written to.
        private static func runs(_ place: String, _ slipway: Slipway) async throws {
            let port = try DockerRegistry.freePort()
            try await slipway.expect("package", "digits:1", "--image", place, "--port", "\(port)")
            let storage = [
                "--root", slipway.scratch.file("storage"), "--runroot", slipway.scratch.file("running"),
                "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "runc",
            ]
            let name = "slipway-test-\(port)"
            let started = try await Slipway.command(
                "podman",
                storage + [
                    "run", "--detach", "--name", name, "--network=host", "--read-only", "--cap-drop=all",
                    "--security-opt=no-new-privileges", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096",
                    "--tls-verify=false", "\(place):1",
                ])
            #expect(started.exitCode == 0, "\(started)")
            do {
                let digits = try DigitsExample()
                let client = InferenceClient(HTTPClient(try ServerAddress("127.0.0.1:\(port)")))
                try await wait(for: "the container to be ready") { (try? await client.isReady()) == true }
                let reply = try await client.infer(try digits.request(0))
                #expect(reply.modelName == "digits" && reply["logits"] != nil)
                try await slipway.expect("ping", "127.0.0.1:\(port)")
                let processes = try await Slipway.command("podman", storage + ["top", name, "huser", "args"])
                #expect(processes.output.contains("10001") && !processes.output.contains("root"), "\(processes)")
                let stopped = try await Slipway.command("podman", storage + ["stop", "--time", "20", name])
                #expect(stopped.exitCode == 0, "\(stopped)")
                let code = try await Slipway.command(
                    "podman", storage + ["inspect", "--format", "{{.State.ExitCode}}", name])
                #expect(code.output == "0\n", "it drains: \(code)")
            } catch {
                Issue.record("\(error): \(try await Slipway.command("podman", storage + ["logs", name]))")
            }
            _ = try await Slipway.command("podman", storage + ["rm", "--force", name])
            _ = try await Slipway.command("podman", storage + ["rmi", "--all", "--force"])
        }

        /// Built from the Dockerfile by podman, and run with what the compose file says.
        @Test(.timeLimit(.minutes(3)))
        func othersBuildTheImageFromItsFolder() async throws {
            let slipway = try await Slipway.withDigits()
            let folder = slipway.scratch.file("build")
            let port = try DockerRegistry.freePort()
            let made = try await slipway.json("package", "digits:1", "--dockerfile", folder, "--port", "\(port)")
            #expect(made["files"]?.arrayValue?.count == 4, "\(made.encodedString())")
            #expect(TextFile.list(folder).contains("compose.yaml") && TextFile.list(folder).contains("kubernetes.yaml"))
            try await slipway.expect("package", "digits:1", "--dockerfile", folder, "--port", "\(port)")
            let inTheWay = try await slipway("package", "digits:1", "--dockerfile", Slipway.example("digits"))
            #expect(inTheWay.exitCode == 5 && inTheWay.talk.contains("empty directory"), "\(inTheWay)")
            let storage = [
                "--root", slipway.scratch.file("storage"), "--runroot", slipway.scratch.file("running"),
                "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--runtime", "runc",
            ]
            let built = try await Slipway.command(
                "podman", storage + ["build", "--isolation", "chroot", "--tag", "digits:1", folder], within: 120)
            try #require(built.exitCode == 0, "\(built)")
            let name = "slipway-test-\(port)"
            let started = try await Slipway.command(
                "podman",
                storage + [
                    "run", "--detach", "--name", name, "--network=host", "--read-only", "--cap-drop=all",
                    "--security-opt=no-new-privileges", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096",
                    "localhost/digits:1",
                ])
            #expect(started.exitCode == 0, "\(started)")
            let client = InferenceClient(HTTPClient(try ServerAddress("127.0.0.1:\(port)")))
            do {
                try await wait(for: "the container to be ready") { (try? await client.isReady()) == true }
                let reply = try await client.infer(try DigitsExample().request(0))
                #expect(reply["logits"] != nil)
            } catch {
                Issue.record("\(error): \(try await Slipway.command("podman", storage + ["logs", name]))")
            }
            _ = try await Slipway.command("podman", storage + ["rm", "--force", name])
            _ = try await Slipway.command("podman", storage + ["rmi", "--all", "--force"])
        }

        @Test
        func whatCannotBeMadeIsSaid() async throws {
            let slipway = try await Slipway.withDigits()
            let cases: [([String], Int32, String)] = [
                (["package", "digits:1"], 64, "--layout"),
                (["package", "digits:7", "--layout", slipway.scratch.file("a")], 3, "digits"),
                (["package", "digits:1", "--layout", Slipway.example("digits")], 5, "empty directory"),
                (["package", "digits:1", "--image", "digits"], 64, "registry first"),
                (["ping", "127.0.0.1:1"], 6, "is a server running?"),
            ]
            for (arguments, code, help) in cases {
                let outcome = try await slipway.run(arguments)
                #expect(outcome.exitCode == code && outcome.talk.contains(help), "\(arguments): \(outcome)")
            }
        }
    }
}
