import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct LauncherTests {
        private static let scripts =
            (["slipway"] + TextFile.list("\(Slipway.root)/scripts").map { "scripts/\($0)" }).filter { path in
                (try? TextFile.read("\(Slipway.root)/\(path)"))?.hasPrefix("#!/bin/sh\n") == true
            }

        @Test
        func theLauncherReachesTheBinaryFromAnywhere() async throws {
            let folder = try TemporaryDirectory()
            let direct = try await Slipway.command(Slipway.binary(), ["--version"])
            let link = folder.file("anything")
            let chain = folder.file("other")
            let outcome = try await Slipway.command(
                "sh", ["-c", "ln -s '\(Slipway.root)/slipway' '\(link)' && ln -s anything '\(chain)'"])
            #expect(outcome.exitCode == 0)
            for path in ["\(Slipway.root)/slipway", link, chain] {
                let launched = try await Slipway.command(
                    "sh", ["-c", "cd / && SLIPWAY_BINARY='\(Slipway.binary())' '\(path)' --version"])
                #expect(launched.exitCode == 0, "\(launched)")
                #expect(launched.output == direct.output)
            }
        }

        @Test
        func theLauncherPassesArgumentsAndExitCodesOn() async throws {
            let slipway = try Slipway(environment: ["SLIPWAY_BINARY": try Slipway.binary()])
            let outcome = try await slipway.shell("'\(Slipway.root)/slipway' show 'no such model:1' --json")
            #expect(outcome.exitCode == 64, "\(outcome)")
            #expect(outcome.talk.contains("'no such model'"), "\(outcome)")
        }

        /// A figure, not a claim: machines that share their processors cannot keep one.
        @Test
        func whatTheLauncherAddsIsMeasured() async throws {
            let binary = try Slipway.binary()
            let direct = try await Self.median { try await Slipway.command(binary, ["--version"]) }
            let launched = try await Self.median {
                try await Slipway.command(
                    "sh", ["-c", "SLIPWAY_BINARY='\(binary)' exec '\(Slipway.root)/slipway' --version"])
            }
            print("launcher: \(direct) alone, \(launched) through the launcher (medians of 11)")
            #expect(launched > .zero)
        }

        private static func median(_ run: () async throws -> Slipway.Outcome) async throws -> Duration {
            var times: [Duration] = []
            for _ in 0..<11 {
                let began = ContinuousClock.now
                let outcome = try await run()
                times.append(ContinuousClock.now - began)
                #expect(outcome.exitCode == 0, "\(outcome)")
            }
            return times.sorted()[5]
        }

        @Test
        func thereAreScripts() { #expect(Self.scripts.contains("slipway") && Self.scripts.contains("scripts/test")) }

        @Test(arguments: scripts)
        func theScriptIsShell(_ script: String) async throws {
            let path = "\(Slipway.root)/\(script)"
            let outcome = try await Slipway.command("sh", ["-n", path])
            #expect(outcome.exitCode == 0, "\(outcome)")
        }

        @Test
        func fetchingEnginesAgainDoesNothing() async throws {
            let picture = "find '\(Slipway.engines)' -printf '%p %s %T@ %C@\\n' | sort"
            let before = try await Slipway.command("sh", ["-c", picture])
            // No proxy listens there: whoever tries the network fails.
            let fetched = try await Slipway.command(
                "sh",
                [
                    "-c",
                    "HTTPS_PROXY=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 '\(Slipway.root)/scripts/fetch-engines'",
                ])
            #expect(fetched.exitCode == 0, "\(fetched)")
            let after = try await Slipway.command("sh", ["-c", picture])
            #expect(before.output == after.output)
            #expect(before.output.contains("libonnxruntime") && before.output.contains("libopenvino_c"))
        }
    }
}
