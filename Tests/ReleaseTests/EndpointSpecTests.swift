import Release
import Tensors
import Testing

@Suite struct EndpointSpecTests {
    @Test func armsAreOrderedByRole() throws {
        let spec = try EndpointSpec(arms: [arm(3, 5, .shadow), arm(2, 100, .canary), arm(1, 9_900)])
        #expect(spec.arms.map(\.version.number) == [1, 2, 3])
        #expect(spec == (try EndpointSpec(arms: [arm(1, 9_900), arm(2, 100, .canary), arm(3, 5, .shadow)])))
        #expect(spec.split?.weights == [9_900, 100])
        #expect(spec.answering.map(\.version.number) == [1, 2])
        #expect(!spec.isSettled)
    }

    @Test func anEmptySpecIsWithdrawn() throws {
        let spec = try EndpointSpec(arms: [])
        #expect(spec.isWithdrawn)
        #expect(!spec.isSettled)
        #expect(spec.split == nil)
        #expect(spec.sessions.isEmpty)
    }

    @Test func statesThatCannotBeAreRefused() throws {
        let twice = try Arm(version: candidate(2).version, digest: candidate(1).digest, weight: 1_000, role: .canary)
        let nameless = try Arm(version: candidate(1).version, digest: "", weight: 10_000, role: .stable)
        let cases: [[Arm]] = try [
            [arm(1, 9_000)], [arm(1, 9_000), arm(2, 999, .canary)], [arm(1, 10_000, .canary)],
            [arm(1, 5_000), arm(2, 5_000)], [arm(1, 8_000), arm(2, 1_000, .canary), arm(3, 1_000, .canary)],
            [arm(1, 9_000), arm(1, 1_000, .canary)], [arm(1, 9_000), twice], [nameless],
            [arm(1, 10_000), arm(2, 0, .canary)], [arm(1, 10_001), arm(2, -1, .canary)],
            [arm(1), arm(2, 10_001, .shadow)], [arm(1), arm(2, 0, .shadow)], [arm(2, 100, .shadow)],
            [arm(1, Int.max), arm(2, Int.max, .canary)], [arm(1)] + (2...9).map { try arm($0, 1, .shadow) },
        ]
        for arms in cases {
            #expect { try EndpointSpec(arms: arms) } throws: { ($0 as? ReleaseError)?.code == .invalid }
        }
    }

    @Test(arguments: [
        EndpointSettings(engine: .named(NamedEngine(name: ""))),
        EndpointSettings(engine: .named(NamedEngine(name: "auto"))),
        EndpointSettings(engine: .named(NamedEngine(name: "a b"))),
        EndpointSettings(engine: .named(NamedEngine(name: "openvino", device: "cpu\n"))),
        EndpointSettings(engine: .named(NamedEngine(name: "openvino", threads: 0))),
        EndpointSettings(engine: .named(NamedEngine(name: "openvino", instances: 1_025))),
        EndpointSettings(objectives: [.latency(quantile: 1, seconds: 1)]),
        EndpointSettings(objectives: [.latency(quantile: 0.5, seconds: 0)]),
        EndpointSettings(objectives: [.latency(quantile: .nan, seconds: 1)]),
        EndpointSettings(objectives: [.latency(quantile: 0.5, seconds: .infinity)]),
        EndpointSettings(objectives: [.errors(ratio: 1)]), EndpointSettings(objectives: [.errors(ratio: .nan)]),
        EndpointSettings(objectives: [.errors(ratio: 0.1), .errors(ratio: 0.2)]),
        EndpointSettings(routingKeyHeader: ""), EndpointSettings(routingKeyHeader: "X-User"),
        EndpointSettings(routingKeyHeader: "x user"), EndpointSettings(routingKeyHeader: "x:user"),
        EndpointSettings(routingKeyHeader: "x\r\n"),
    ]) func settingsThatCannotBeAreRefused(settings: EndpointSettings) throws {
        #expect { try EndpointSpec(arms: [arm(1)], settings: settings) } throws: {
            ($0 as? ReleaseError)?.code == .invalid
        }
    }

    @Test func latencyBoundsAreTheEdgesOfTheObjectives() {
        let settings = EndpointSettings(objectives: [
            .latency(quantile: 0.5, seconds: 0.005), .errors(ratio: 0.01), .latency(quantile: 0.99, seconds: 0.02),
        ])
        #expect(settings.latencyBounds == [0.005, 0.02])
    }
}
