import Monitor
import Testing

@testable import Control

/// What is remembered of an endpoint's versions, with times from outside.
@Suite struct TrafficSamplerTests {
    private typealias Version = TrafficSampler.Version

    private static func sample(_ requests: Int, at time: Double) -> TrafficSample {
        let latency = HistogramSnapshot(edges: [0.05], counts: [UInt64(requests), 0], sum: Double(requests) * 0.01)
        return TrafficSample(time: time, requests: requests, errors: requests / 10, latency: latency)
    }

    /// Looks once: those that answer, and what the counters of all that are looked at say.
    private static func look(
        _ known: inout TrafficSampler.Versions, _ present: [Version], _ counters: [Version: Int], at time: Double
    ) -> Set<Version> {
        let counted = known.note(present, at: time)
        known.add(counted.map { ($0, sample(counters[$0] ?? 0, at: time)) }, at: time, rest: 60)
        return Set(counted)
    }

    @Test func modelsWhoseVersionsHaveTheSameNumberAreToldApart() {
        var known = TrafficSampler.Versions()
        let (one, other) = (Version(model: "a", number: "1"), Version(model: "b", number: "1"))
        _ = Self.look(&known, [one, other], [one: 10, other: 20], at: 0)
        _ = Self.look(&known, [one, other], [one: 15, other: 120], at: 10)
        #expect(known.windows[one]?.summary()?.requests == 5)
        #expect(known.windows[other]?.summary()?.requests == 100)
        #expect(known.window.summary()?.requests == 105 && known.latest?.requests == 135)
        #expect(known.latest?.errors == 13 && known.latest?.latency.count == 135)
    }

    @Test func aVersionThatLeftCountsOnAndIsLookedAtNoMore() {
        var known = TrafficSampler.Versions()
        let versions = (1...5).map { Version(model: "a", number: "\($0)") }
        for (index, version) in versions.enumerated() {
            let counters = Dictionary(uniqueKeysWithValues: versions[...index].map { ($0, 100) })
            let start = Double(index) * 100
            _ = Self.look(&known, [version], counters, at: start)
            // What was under way when it left is counted for a minute yet.
            #expect(Self.look(&known, [version], counters, at: start + 50).count == min(2, index + 1))
            #expect(known.latest?.requests == 100 * (index + 1))
            _ = Self.look(&known, [version], counters, at: start + 99)
        }
        #expect(known.recent.count == 1 && known.windows.count == 1 && known.gone.count == 4)
        #expect(known.latest?.requests == 500 && known.latest?.time == 499)
    }

    @Test func aVersionThatComesBackIsCountedOnce() {
        var known = TrafficSampler.Versions()
        let (one, two) = (Version(model: "a", number: "1"), Version(model: "a", number: "2"))
        _ = Self.look(&known, [one], [one: 100], at: 0)
        _ = Self.look(&known, [two], [one: 100, two: 1], at: 61)
        #expect(known.recent == [two: 61] && known.latest?.requests == 101)
        #expect(Self.look(&known, [one, two], [one: 100, two: 2], at: 62) == [one, two])
        #expect(known.latest?.requests == 102 && known.gone.isEmpty)
        _ = Self.look(&known, [one, two], [one: 103, two: 2], at: 63)
        #expect(known.latest?.requests == 105 && known.windows[one]?.summary()?.requests == 3)
    }
}
