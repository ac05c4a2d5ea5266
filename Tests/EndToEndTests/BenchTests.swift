import Client
import Tensors
import TestSupport
import Testing

extension EndToEnd {
    @Suite
    struct BenchTests {
        @Test
        func aBenchCountsWhatTheServerAnswers() async throws {
            let slipway = try await Slipway.withDigits()
            try await slipway.serving { server in
                let arguments = ["bench", "digits", "--server", server.dataAddress, "--warm-up", "0"]
                let fixed = try await slipway.run(arguments + ["--seconds", "0.5", "--rate", "200", "--json"])
                #expect(fixed.exitCode == 0, "\(fixed)")
                let ok = try #require(fixed.json?["ok"]?.intValue)
                // On a starved machine the load begins or ends late; the rate is what was asked for all the same.
                let seconds = try #require(fixed.json?["seconds"]?.doubleValue)
                #expect((80...Int(200 * seconds) + 1).contains(ok), "\(fixed)")
                #expect(fixed.json?["failed"]?.intValue == 0, "\(fixed)")
                let spread = fixed.json?["spread"]?.arrayValue?.compactMap { $0["count"]?.intValue } ?? []
                #expect(spread.reduce(0, +) == ok)
                #expect(fixed.json?["versions"]?["1"]?.intValue == ok)
                let metrics = Exposition(try await server.dataPlane().request("GET", "/metrics").text)
                #expect(metrics.sum("slipway_requests_total", ["code=\"200\""]) == Double(ok))

                let text = try await slipway.run(
                    arguments + ["--seconds", "0.3", "--rows", "4", "--json-tensors", "--connections", "2"])
                #expect(text.exitCode == 0 && text.output.contains(" answers in "), "\(text)")
                #expect(text.output.contains("p50 ") && text.output.contains("█"), "\(text)")

                let page = slipway.home.file("bench.html")
                let swept = try await slipway.run(
                    arguments + ["--seconds", "1", "--connections", "3", "--report", page, "--json"])
                #expect(swept.exitCode == 0, "\(swept)")
                #expect(swept.json?["connections"]?["count"]?.intValue == 3)
                #expect((0.5...1).contains(swept.json?["connections"]?["fairness"]?.doubleValue ?? 0))
                #expect((swept.json?["server"]?["processorSecondsPerRequest"]?.doubleValue ?? 0) > 0)
                let rates = swept.json?["sweep"]?.arrayValue?.compactMap { $0["offered"]?.doubleValue } ?? []
                #expect(rates.count == 6 && rates == rates.sorted(), "\(swept)")
                let html = try TextFile.read(page)
                #expect(html.contains("default-src 'none'") && !html.contains("<script") && !html.contains("://"))
                #expect(html.contains("Latency against rate") && html.components(of: "<svg") == 2)

                let unknown = try await slipway.run(["bench", "absent", "--server", server.dataAddress])
                #expect(unknown.exitCode != 0 && unknown.talk.contains("absent"), "\(unknown)")
            }
            let nobody = try await slipway.run(["bench", "digits", "--server", "127.0.0.1:9"])
            #expect(nobody.exitCode == 6 && nobody.talk.contains("127.0.0.1:9"), "\(nobody)")
            for words in [
                ["--seconds", "0"], ["--connections", "0"], ["--sweep", "--rate", "5"], ["--warm-up", "nan"],
            ] {
                let wrong = try await slipway.run(["bench", "digits"] + words)
                #expect(wrong.exitCode == 64, "\(wrong)")
            }
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of part: String) -> Int { ranges(of: part).count }
}
