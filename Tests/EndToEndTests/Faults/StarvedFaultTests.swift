import Client
import Glibc
import Synchronization
import TestSupport
import Testing

extension EndToEnd {
    /// Faults F28 and F30: names that lead nowhere, and a twentieth of a processor.
    @Suite
    struct StarvedFaultTests {
        /// F30: the server runs for 5 of every 100 ms. It answers what it can and says so of the rest; nobody takes it for
        /// dead, and when it has its processor back all is as before.
        @Test
        func withATwentiethOfAProcessorItAnswersOrRefusesAndRecovers() async throws {
            let slipway = try await Slipway.withDigits()
            let digits = try DigitsExample()
            let ended = try await slipway.serving { server in
                let address = try ServerAddress(server.dataAddress)
                var configuration = LoadConfiguration()
                configuration.pace = .perSecond(100)
                configuration.connections = 4
                let starving = Mutex(true)
                let worker = server.worker
                let hunger = Task.detached {
                    while starving.withLock({ $0 }) {
                        kill(worker, SIGSTOP)
                        try await Task.sleep(for: .milliseconds(95))
                        kill(worker, SIGCONT)
                        try await Task.sleep(for: .milliseconds(5))
                    }
                }
                let load = try await LoadGenerator(address, samples: try digits.samples(for: address))
                    .start(configuration)
                try await wait(for: "six hungry seconds") { load.snapshot().elapsed >= 6 }
                starving.withLock { $0 = false }
                try await hunger.value
                let report = await load.stop()
                let p99 = report.latency?.p99 ?? .infinity
                print("with a twentieth of a processor: \(report.ok) of \(report.sent) answered, p99 \(p99) s")
                // Refusals are honest; what breaks or never ends is not.
                for failure in report.failures.keys {
                    #expect([.status(503), .status(429), .status(504)].contains(failure), "\(report.failures)")
                }
                #expect(report.ok > report.sent / 2 && report.wrong == 0 && p99 < 5)
                #expect(kill(worker, 0) == 0)
                let start = ContinuousClock.now
                let reply = try await InferenceClient(try server.dataPlane()).infer(digits.request(0))
                #expect(reply.modelVersion == "1" && ContinuousClock.now - start < .seconds(5))
            }
            #expect(ended.exitCode == 0)
            #expect(!ended.talk.contains("was killed") && !ended.talk.contains("back on"), "\(ended.talk)")
        }

        /// F28: a name that is none is said so, soon.
        @Test(arguments: ["registry.invalid/team/x:1", "nothing.here.invalid:5000/x:1"])
        func aRegistryWhoseNameLeadsNowhereIsGivenUp(_ place: String) async throws {
            let slipway = try await Slipway.withDigits()
            for arguments in [["pull", place], ["push", "digits:1", place]] {
                let outcome = try await slipway.run(arguments, within: 60)
                #expect(outcome.exitCode == 6 && outcome.talk.hasPrefix("error[SW6"), "\(outcome)")
            }
            #expect(TextFile.list(slipway.home.file("tmp")) == [])
        }
    }
}
