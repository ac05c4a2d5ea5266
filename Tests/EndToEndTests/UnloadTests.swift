import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    /// More versions than memory: those that nobody uses leave, and come back when they are asked for.
    @Suite
    struct UnloadTests {
        private static let width = 2048

        /// A model with 16 MB of weights that gives back its input.
        private static func identity(_ slipway: Slipway, _ name: String) async throws {
            let file = slipway.scratch.file("\(name).onnx")
            try TextFile.write(MadeModel.chain(layers: 1, width: width), to: file)
            try await slipway.expect("import", file, "--name", name, "--no-run", "--note", name)
        }

        private static func infer(_ name: String, _ client: HTTPClient) async throws -> HTTPReply {
            let row = (0..<width).map { String($0 % 7) }.joined(separator: ",")
            return try await client.request(
                "POST", "/v2/models/\(name)/infer",
                body: Array(
                    #"{"inputs":[{"name":"x","shape":[1,\#(width)],"datatype":"FP32","data":[\#(row)]}]}"#.utf8))
        }

        @Test
        func versionsThatDoNotFitTogetherAreServedAll() async throws {
            let slipway = try Slipway()
            let names = ["a", "b", "c", "d", "e", "f", "g", "h"]
            for name in names {
                try await Self.identity(slipway, name)
                try await slipway.expect("deploy", "\(name):1")
            }
            // Program and engine take 70 to 110 MB, each version 17, and 67 when it is loaded first: eight do not fit.
            try await slipway.serving(["serve", "--memory", "190MB"]) { server in
                let client = try server.dataPlane()
                func metrics() async throws -> Exposition {
                    Exposition(try await client.request("GET", "/metrics").text)
                }
                let before = try await metrics()
                #expect(before.sum("slipway_version_unloads_total") ?? 0 > 0, "one left at the start already")
                #expect(try await client.request("GET", "/v2/health/ready").status == 200)
                for _ in 0..<3 {
                    for name in names {
                        #expect(try await client.request("GET", "/v2/models/\(name)/ready").status == 200)
                        let reply = try await Self.infer(name, client)
                        let answer = try JSONValue.parse(reply.body)["outputs"]?.arrayValue?.first?["data"]?.arrayValue
                        #expect(
                            answer?.prefix(9).map(\.doubleValue) == [0, 1, 2, 3, 4, 5, 6, 0, 1],
                            "\(reply.text.prefix(300))")
                    }
                }
                let after = try await metrics()
                #expect(after.sum("slipway_version_loads_total") ?? 0 > Double(names.count))
                #expect(after.sum("slipway_reload_wait_seconds_count") ?? 0 > 0)
                #expect(after.sum("slipway_process_resident_memory_bytes") ?? .infinity < 210e6)
                let status = try await slipway.expect("status").output
                #expect(status.contains("unloaded (idle)"), "\(status)")
            }
        }

        @Test
        func idleVersionsGiveTheirMemoryBackAndPinnedOnesStay() async throws {
            let slipway = try Slipway()
            for name in ["kept", "idle"] { try await Self.identity(slipway, name) }
            try await slipway.expect("deploy", "kept:1", "--pin")
            try await slipway.expect("deploy", "idle:1")
            try await slipway.serving(["serve", "--unload-idle", "2s"]) { server in
                let client = try server.dataPlane()
                func sum(_ metric: String) async throws -> Double {
                    Exposition(try await client.request("GET", "/metrics").text).sum(metric) ?? 0
                }
                #expect(try await Self.infer("idle", client).status == 200)
                let before = try await sum("slipway_process_resident_memory_bytes")
                try await wait(for: "the idle version to leave") {
                    try await sum("slipway_sessions") == 1
                }
                let freed = try await before - sum("slipway_process_resident_memory_bytes")
                #expect(freed > 12e6, "of 16 MB of weights \(freed) bytes came back")
                #expect(try await slipway.expect("status", "idle").output.contains("unloaded (idle)"))
                #expect(try await !slipway.expect("status", "kept").output.contains("unloaded"))
                #expect(try await Self.infer("idle", client).status == 200)
                #expect(try await sum("slipway_sessions") == 2)
            }
            let wrong = try await slipway.run(["serve", "--unload-idle", "soon"])
            #expect(wrong.exitCode == 64 && wrong.talk.contains("--unload-idle is a time from 1s to 30d"), "\(wrong)")
        }

        /// What a server has of the machine.
        private struct Footprint: Sendable, CustomStringConvertible {
            let resident: Int
            let files: Int
            let threads: Int

            init(_ process: Int32) throws {
                let status = try TextFile.read("/proc/\(process)/status").split(separator: "\n")
                func number(_ name: String) -> Int {
                    status.first { $0.hasPrefix(name) }.flatMap { Int($0.filter(\.isNumber)) } ?? 0
                }
                resident = number("VmRSS:") << 10
                threads = number("Threads:")
                files = TextFile.list("/proc/\(process)/fd").count
            }

            var description: String { "\(resident >> 10) KB, \(files) files, \(threads) threads" }
        }

        /// Every deployment loads one version and unloads another.
        @Test(.timeLimit(.minutes(4)))
        func aThousandLoadsAndUnloadsLeaveMemoryFlat() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            try await slipway.serving { server in
                let control = try server.controlPlane()
                let client = InferenceClient(try server.dataPlane())
                let digits = try DigitsExample()
                func cycle(_ number: Int) async throws {
                    let version = number % 2 + 1
                    let reply = try await control.request(
                        "POST", "/api/v1/endpoints/digits/deploy",
                        headers: [HTTPHeader("content-type", "application/json")],
                        body: Array(#"{"version":"digits:\#(version)"}"#.utf8))
                    try #require(reply.status == 200, "\(reply.text)")
                    let answer = try await client.infer(digits.request(number % 100))
                    #expect(answer.modelVersion == String(version))
                }
                // What is kept once is there after some.
                for number in 1...200 { try await cycle(number) }
                let before = try Footprint(server.worker)
                for number in 201...1000 { try await cycle(number) }
                let after = try Footprint(server.worker)
                print("a thousand loads and unloads: \(before) after 200, \(after) after 1000")
                // Measured 2.5 KB a cycle: the database's page caches fill up, and the engine keeps some.
                #expect(after.resident - before.resident < 4 << 20, "\(before), then \(after)")
                #expect(after.files <= before.files + 2 && after.threads <= before.threads + 4)
            }
        }
    }
}
