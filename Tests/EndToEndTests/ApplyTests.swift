import Glibc
import ModelGraph
import Subprocess
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// A list of endpoints as pipelines apply it, and as it is followed.
    @Suite(.timeLimit(.minutes(2)))
    struct ApplyTests {
        private static func list(_ slipway: Slipway, _ rollout: String, version: String = "table:2") throws -> String {
            let file = slipway.scratch.file("slipway.yaml")
            try TextFile.write(
                """
                endpoints:
                  - endpoint: table
                    version: \(version)   # what is served
                    rollout: \(rollout)
                """, to: file)
            return file
        }

        @Test
        func aPipelineLearnsFromTheExitCodeWhatBecameOfItsVersion() async throws {
            let slipway = try await RolloutTable(second: Array(repeating: 2, count: 16)).slipway
            let long = try Self.list(slipway, "{strategy: canary, steps: [\"50%\"], stepDuration: 1h}")
            let alone = try await slipway("apply", "-f", long, "--wait")
            #expect(alone.exitCode == 6 && alone.talk.contains("SW6004"), "\(alone)")
            try await slipway.serving { _ in
                let rehearsed = try await slipway("apply", "-f", long, "--dry-run", "--detailed-exitcode", "--json")
                #expect(rehearsed.exitCode == 2, "\(rehearsed)")
                let plan = slipway.scratch.file("plan.json")
                try TextFile.write(rehearsed.output, to: plan)
                // Somebody else is faster, and goes back: the endpoint is where it was, but not at the revision of the plan.
                try await slipway.expect("deploy", "table:2")
                try await slipway.expect("rollback", "table")
                let stale = try await slipway("apply", "-f", long, "--plan", plan)
                #expect(stale.exitCode == 5 && stale.talk.contains("planned at revision 1"), "\(stale)")
                try TextFile.write(
                    try await slipway.expect("apply", "-f", long, "--dry-run", "--json").output, to: plan)
                let late = try await slipway(
                    "apply", "-f", long, "--plan", plan, "--wait", "--timeout", "1ms", "--json")
                #expect(late.exitCode == 9, "\(late)")
                let state = late.json?["outcomes"]?.arrayValue?.first
                #expect(state?["over"]?.boolValue == false && state?["outcome"]?.stringValue != "pending", "\(late)")
                // Again: nothing changes, and what is on its way is waited for.
                let talk = slipway.scratch.file("talk")
                async let waiting = slipway.shell("'\(try Slipway.binary())' apply -f '\(long)' --wait 2>'\(talk)'")
                try await wait(for: "the pipeline to wait") {
                    (try? TextFile.read(talk))?.contains("running") == true
                }
                try await slipway.expect("rollout", "abort", "table")
                let back = try await waiting
                #expect(back.exitCode == 8 && back.output.contains("rolled back"), "\(back)")
                #expect(try TextFile.read(talk).contains("SW6007"))
                let short = try Self.list(slipway, "{strategy: blue-green, duration: 100ms, stepRequests: 0}")
                let promoted = try await slipway.run(["apply", "-f", short, "--wait", "--json"])
                #expect(promoted.exitCode == 0, "\(promoted)")
                #expect(promoted.json?["outcomes"]?.arrayValue?.first?["outcome"]?.stringValue == "promoted")
                let again = try await slipway.run(["apply", "-f", short, "--wait", "--json"])
                #expect(again.exitCode == 0 && again.json?["revisions"] == .array([]), "\(again)")
            }
        }

        /// Files that are written in pieces and moved into place, an alias that moves, and a process that is killed.
        @Test
        func whatAppearsIsRolledOutOnceWhoeverIsKilled() async throws {
            let slipway = try await RolloutTable(second: Array(repeating: 2, count: 16)).slipway
            let (file, models) = (slipway.scratch.file("slipway.yaml"), slipway.scratch.file("models"))
            mkdir(models, 0o700)
            try TextFile.write(
                """
                endpoints:
                  - endpoint: table
                    follow: {directory: models, model: table}
                    rollout: {strategy: blue-green, duration: 100ms, stepRequests: 0}
                  - endpoint: other
                    follow: {alias: table@staging}
                    rollout: {strategy: canary, steps: ["50%"], stepDuration: 1h}
                """, to: file)
            try await slipway.expect("alias", "table@staging", "table:1")
            try await slipway.serving { server in
                @Sendable func traffic(_ endpoint: String) async throws -> String? {
                    let status = try await slipway.json("status", endpoint)
                    return status["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue
                }
                let watch = ["apply", "-f", file, "--watch", "--every", "50ms"]
                let killed = try await slipway.starting(watch) { running in
                    #expect(running.line.contains("table ← "), "\(running.line)")
                    let bytes = try RolloutTable.model(Array(repeating: 3, count: 16)).encoded()
                    let writer = open("\(models)/a.onnx", O_WRONLY | O_CREAT, 0o600)
                    #expect(write(writer, bytes, bytes.count / 2) == bytes.count / 2)
                    // Both endpoints are looked at in turn: whoever sees the alias has seen the half file, too.
                    try await wait(for: "the alias to be served") { try await slipway("status", "other").exitCode == 0 }
                    try await slipway.expect("alias", "table@staging", "table:2")
                    try await wait(for: "the alias's canary") {
                        try await traffic("other")?.hasPrefix("table:1 50%, table:2 50%") == true
                    }
                    let early = try await slipway.expect("events", "--type", "follow", "--json").output
                    #expect(!early.contains("a.onnx"), "\(early)")
                    let rest = Array(bytes[(bytes.count / 2)...])
                    #expect(write(writer, rest, rest.count) == rest.count)
                    close(writer)
                    try await wait(for: "the file to be served") { try await traffic("table") == "table:3 100%" }
                    let reply = try await RolloutTable.ask(server.dataPlane())
                    #expect(reply.text.contains("[3"), "\(reply.text)")
                    try TextFile.write(
                        try RolloutTable.model(Array(repeating: 4, count: 16)).encoded(), to: "\(models)/.b")
                    rename("\(models)/.b", "\(models)/b.onnx")
                    try await wait(for: "something of the second file") {
                        try await slipway.json("list", "table").arrayValue?.count ?? 0 > 3
                    }
                    running.leave()
                    kill(running.process.value, SIGKILL)
                }
                #expect(killed.exitCode == nil)
                let ended = try await slipway.starting(watch) { _ in
                    try await wait(for: "the second file to be served") {
                        try await traffic("table") == "table:4 100%"
                    }
                    try await wait(for: "its end to be told") {
                        try await slipway.expect("events", "--type", "follow.ended").output.contains("table:4")
                    }
                }
                #expect(ended.exitCode == 0, "\(ended.talk)")
                let lines = try await slipway.expect("events", "--type", "follow").output
                    .split(separator: "\n").map(String.init)
                func told(_ event: String) -> Int { lines.count { $0.contains(event) && $0.contains("table:4") } }
                #expect(told("follow.ended") == 1, "\(lines)")
                // Killed between the transaction and its events, these are lost.
                #expect(told("follow.started") <= 1, "\(lines)")
                #expect(!lines.contains { $0.contains("follow.refused") }, "\(lines)")
                #expect(try await slipway.json("list", "table").arrayValue?.count == 4)
            }
        }

        /// A server that follows by itself: killed in the middle it goes on where it was, and what somebody did by hand stands.
        @Test
        func aServerFollowsAndRollsOutOnceWhereverItIsKilled() async throws {
            let slipway = try await RolloutTable(second: Array(repeating: 2, count: 16)).slipway
            let (file, models) = (slipway.scratch.file("slipway.yaml"), slipway.scratch.file("models"))
            mkdir(models, 0o700)
            let list = """
                endpoints:
                  - endpoint: table
                    follow: {directory: models, model: table}
                    rollout: {strategy: blue-green, duration: 300ms, stepRequests: 0}
                  - endpoint: other
                    version: table:1
                """
            let missing = try await slipway("serve", "-f", file)
            #expect(missing.exitCode == 3 && missing.talk.contains("slipway.yaml"), "\(missing)")
            try TextFile.write(list, to: file)
            @Sendable func put(_ value: Float, _ name: String) throws {
                let bytes = try RolloutTable.model(Array(repeating: value, count: 16)).encoded()
                try TextFile.write(bytes, to: "\(models)/.next")
                rename("\(models)/.next", "\(models)/\(name)")
            }
            let ended = try await slipway.serving(["serve", "-f", file, "--every", "50ms"]) { server in
                @Sendable func traffic(_ endpoint: String) async throws -> String? {
                    let status = try await slipway("status", endpoint, "--json").json
                    return status?["endpoints"]?.arrayValue?.first?["traffic"]?.stringValue
                }
                #expect(try await traffic("other") == "table:1 100%", "what is named is there with the ready line")
                try await slipway.expect("deploy", "table:2", "--endpoint", "other")
                try put(3, "a.onnx")
                try await wait(for: "the first file to be served") { try await traffic("table") == "table:3 100%" }
                try put(4, "b.onnx")
                // Killed while it enters service it would be quarantined: nobody can tell who killed the process.
                try await wait(for: "the second file to enter service") {
                    try await traffic("table")?.contains("table:4") == true
                }
                #expect(kill(server.worker, SIGKILL) == 0)
                try await wait(for: "the second file to be served") { try await traffic("table") == "table:4 100%" }
                try await wait(for: "its end to be told") {
                    try await slipway.expect("events", "--type", "follow.ended").output.contains("table:4")
                }
                #expect(try await traffic("other") == "table:2 100%", "by hand, and the file says nothing else since")
                // An archive that was exported is the version that it was.
                try await slipway.expect("export", "table:1", "\(models)/.archive")
                rename("\(models)/.archive", "\(models)/c.slipway")
                try await wait(for: "the archive to be served") { try await traffic("table") == "table:1 100%" }
                try TextFile.write("endpoints: [", to: file)
                try await wait(for: "the broken file to be named") {
                    let status = try await slipway.run(["status"])
                    return status.talk.contains("cannot be used, and what it said last holds")
                        && status.talk.contains("table ← ")
                }
                #expect(try await RolloutTable.ask(server.dataPlane()).text.contains("[1"))
            }
            #expect(ended.exitCode == 0, "\(ended.talk)")
            let lines = try await slipway.expect("events", "--limit", "200").output.split(separator: "\n").map(
                String.init)
            for event in ["follow.imported", "follow.started", "follow.ended"] {
                #expect(lines.filter { $0.contains(event) && $0.contains("table:4") }.count == 1, "\(event): \(lines)")
            }
            #expect(!lines.contains { $0.contains("follow.refused") }, "\(lines)")
            #expect(try await slipway.json("list", "table").arrayValue?.count == 4)
        }
    }
}
