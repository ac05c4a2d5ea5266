import Client
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct SoakTests {
        /// Seconds of steady load.
        private static let length = 30.0
        private static let rounds = 5

        @Test
        func releasesUnderSteadyLoadCostNoRequestAndNoAnswer() async throws {
            let slipway = try await Slipway.withDigits("cnn")
            let digits = try DigitsExample()
            let ended = try await slipway.serving { server in
                let address = try ServerAddress(server.dataAddress)
                let generator = LoadGenerator(address, samples: try digits.samples(for: address))
                let maximum = try await Self.maximum(generator)
                var steady = LoadConfiguration()
                steady.pace = .perSecond(maximum / 2)
                let load = try await generator.start(steady)
                for round in 1...Self.rounds {
                    try await slipway.expect("deploy", "digits:2", "--canary", "10%")
                    try await Self.someAnswers(load)
                    try await slipway.expect("promote", "digits")
                    try await Self.someAnswers(load)
                    try await slipway.expect("rollback", "digits")
                    try await Self.someAnswers(load)
                    try await slipway.expect("deploy", "digits:1")
                    let share = Double(round) * Self.length / Double(Self.rounds)
                    try await wait(for: "\(share) s of load", atMost: .seconds(Self.length)) {
                        load.snapshot().elapsed >= share
                    }
                }
                let report = await load.stop()
                print(
                    "soak: \(Int(maximum))/s at most, then \(report.ok) answers in \(report.elapsed) s,",
                    "\(report.failed) failed, \(report.wrong) wrong, p50 \(report.latency?.p50 ?? 0) s")
                #expect(report.failed == 0, "\(report.messages)")
                #expect(report.wrong == 0, "\(report.messages)")
                #expect(report.elapsed >= Self.length)
                #expect(report.ok == report.sent)
                // Half of what it can do must really have arrived, and both versions must have had their part in it.
                #expect(Double(report.ok) > 0.8 * maximum / 2 * Self.length)
                #expect(report.versions["1"] ?? 0 > 0 && report.versions["2"] ?? 0 > 0)
            }
            #expect(ended.exitCode == 0)
        }

        /// Answers a second when every connection asks again as soon as it is answered.
        private static func maximum(_ generator: LoadGenerator) async throws -> Double {
            let load = try await generator.start()
            try await wait(for: "three seconds of load") { load.snapshot().elapsed >= 3 }
            let report = await load.stop()
            #expect(report.failed == 0 && report.wrong == 0, "\(report.messages)")
            return report.rate
        }

        /// Waits until the state that was just reached has answered for a while.
        private static func someAnswers(_ load: LoadRun) async throws {
            let before = load.snapshot()
            try await wait(for: "answers") {
                load.snapshot().elapsed > before.elapsed + 0.5 && load.snapshot().ok > before.ok
            }
        }
    }
}
