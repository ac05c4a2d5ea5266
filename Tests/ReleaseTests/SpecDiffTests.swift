import Release
import Testing

@Suite struct SpecDiffTests {
    @Test func differencesAreListedLineByLine() throws {
        let before = try EndpointSpec(
            arms: [arm(1), arm(4, 50, .shadow)], settings: EndpointSettings(objectives: [.errors(ratio: 0.001)]))
        let after = try EndpointSpec(
            arms: [arm(1, 9_000), arm(2, 1_000, .canary)],
            settings: EndpointSettings(
                engine: .named(NamedEngine(name: "openvino", precision: "bf16", threads: 1)),
                objectives: [.latency(quantile: 0.99, seconds: 0.02), .errors(ratio: 0.002)],
                routingKeyHeader: "x-user-id"))
        #expect(
            SpecDiff(from: before, to: after).changes.map(\.description) == [
                "~ arm digits:1: stable 100% → stable 90%", "+ arm digits:2: canary 10%",
                "- arm digits:4: shadow 0.5%", "~ engine: auto → openvino precision=bf16 threads=1",
                "+ objective latency p99: 20 ms", "~ objective errors: 0.1% → 0.2%", "+ routing key: x-user-id",
            ])
    }

    @Test func aNewEndpointShowsItsArms() throws {
        #expect(SpecDiff(from: nil, to: try settled(1)).changes.map(\.description) == ["+ arm digits:1: stable 100%"])
    }

    @Test func statesDifferExactlyWhenTheirDiffIsNotEmpty() throws {
        var random = SeededGenerator(seed: 11)
        var equal = 0
        let specs = try (0..<150).map { _ in try random.spec() }
        for one in specs {
            for other in specs {
                if one == other { equal += 1 }
                #expect((one == other) == SpecDiff(from: one, to: other).changes.isEmpty)
            }
        }
        #expect(equal > 150)
    }
}
