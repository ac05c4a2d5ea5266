import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct BatchingTests {
        /// How many clients ask at the same time, and how often each.
        private static let (clients, rounds) = (12, 25)
        private static let width = 512

        /// Requests of one to four rows from many clients: run together, and each is answered with its own rows.
        @Test(.timeLimit(.minutes(2)))
        func manyClientsShareRunsAndGetTheirOwnRows() async throws {
            let slipway = try Slipway()
            let model = slipway.scratch.file("chain.onnx")
            // Products with the unit matrix: what goes in comes out, bit for bit.
            try TextFile.write(MadeModel.chain(layers: 24, width: Self.width), to: model)
            try await slipway.expect("import", model, "--name", "chain")
            try await slipway.expect("deploy", "chain:1", "--batch", "64", "--batch-delay", "5000", "--cache", "0")
            let plan = try await slipway("plan", "chain:1", "--batch", "off")
            #expect(plan.output.contains("~ batching: up to 64 delay=5000us → off"), "\(plan)")
            try await slipway.serving { server in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<Self.clients {
                        group.addTask { try await Self.ask(server, UInt64(client)) }
                    }
                    try await group.waitForAll()
                }
                let metrics = Exposition(try await server.dataPlane().request("GET", "/metrics").text)
                let requests = Double(Self.clients * Self.rounds)
                #expect(metrics.sum("slipway_requests_total", ["code=\"200\""]) == requests)
                #expect(metrics.sum("slipway_batched_requests_total") ?? 0 > requests / 2)
                let runs = try #require(metrics.sum("slipway_runs_total", ["mode=\"threads\""]))
                // However slowly clients come: within five milliseconds most of them are there.
                #expect(runs < requests / 2, "\(runs) runs for \(requests) requests")
                print("batching: \(Int(requests)) requests in \(Int(runs)) runs")
            }
        }

        private static func ask(_ server: Slipway.Server, _ seed: UInt64) async throws {
            let client = InferenceClient(try server.dataPlane())
            var random = SeededGenerator(seed: seed)
            for _ in 0..<rounds {
                let rows = Int.random(in: 1...4, using: &random)
                let values = (0..<rows * width).map { _ in Float.random(in: -8...8, using: &random) }
                let input = try Tensor(.float32, Shape([rows, width]), values: values)
                let reply = try await client.infer(
                    InferenceRequest(
                        endpoint: "chain", inputs: [(name: "x", tensor: input)], outputs: ["y"], isBinary: true))
                #expect(reply["y"]?.values(as: Float.self) == values)
            }
        }

        @Test
        func equalRequestsAreAnsweredFromTheCache() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.expect("deploy", "digits:1", "--cache", "8MB")
            let digits = try DigitsExample()
            try await slipway.serving { server in
                let client = InferenceClient(try server.dataPlane())
                let first = try await client.infer(digits.request(0))
                for _ in 0..<3 {
                    let again = try await client.infer(digits.request(0))
                    #expect(again["logits"]?.values(as: Float.self) == first["logits"]?.values(as: Float.self))
                }
                let metrics = Exposition(try await server.dataPlane().request("GET", "/metrics").text)
                #expect(metrics.sum("slipway_cache_requests_total", ["result=\"hit\""]) == 3)
                #expect(metrics.sum("slipway_cache_requests_total", ["result=\"miss\""]) == 1)
            }
        }
    }
}
