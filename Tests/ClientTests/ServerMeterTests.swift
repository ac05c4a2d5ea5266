import Testing

@testable import Client

@Suite struct ServerMeterTests {
    private func text(cpu: Double, runs: Double, requests: Double) -> String {
        """
        # HELP slipway_runs_total Runs.
        slipway_process_cpu_seconds \(cpu)
        slipway_process_resident_memory_bytes 1000
        slipway_runs_total{endpoint="d",version="1",mode="inline"} \(runs)
        slipway_runs_total{endpoint="d",version="1",mode="threads"} 1
        slipway_runs_total{endpoint="other",version="1",mode="inline"} 999
        slipway_requests_total{endpoint="d",model="d",version="1",code="200"} \(requests)
        slipway_requests_total{endpoint="d",model="d",version="1",code="503"} 77
        slipway_requests_total{endpoint="other",model="d",version="1",code="200"} 888
        """
    }

    @Test func onlyWhatTheEndpointTookIsCounted() throws {
        let before = ServerMeter.reading(text(cpu: 1, runs: 10, requests: 20), endpoint: "d")
        let after = ServerMeter.reading(text(cpu: 3, runs: 35, requests: 70), endpoint: "d")
        let cost = try #require(ServerMeter.cost(before, after))
        #expect(cost.processorSeconds == 2 && cost.requests == 50 && cost.runs == 25)
        #expect(cost.perRequest == 0.04 && cost.requestsPerRun == 2 && cost.residentBytes == 1000)
    }

    @Test func otherServersHaveNoSuchMetrics() {
        #expect(ServerMeter.reading("python_info 1\nhttp_requests 7", endpoint: "d") == nil)
        let later = ServerMeter.reading(text(cpu: 5, runs: 0, requests: 0), endpoint: "d")
        let anew = ServerMeter.reading(text(cpu: 1, runs: 0, requests: 0), endpoint: "d")
        #expect(ServerMeter.cost(later, anew) == nil && ServerMeter.cost(nil, later) == nil)
        #expect(ServerMeter.cost(anew, later)?.perRequest == nil)
    }

    @Test(
        arguments: [
            ([5, 5, 5, 5], 1.0), ([10, 0, 0, 0], 0.25), ([0, 0], 1.0), ([7], 1.0), ([1, 3], 0.8),
        ] as [([Int], Double)]) func fairnessIsJains(lanes: [Int], fairness: Double)
    {
        var tally = LoadTally(lanes: lanes.count)
        for (lane, count) in lanes.enumerated() {
            for index in 0..<count {
                tally.answer(index, lane: lane, at: 1, latency: 1, ReplyJudge.Verdict(version: nil, fault: nil))
            }
        }
        let report = LoadReport(tally, latency: nil, spread: [], elapsed: 1)
        #expect(abs(report.fairness - fairness) < 1e-9 && report.connections == lanes)
    }
}
