package import Tensors

/// What a load cost the server, by the server's own metrics.
package struct ServerCost: Hashable, Sendable {
    /// Processor seconds, user and system.
    package var processorSeconds: Double
    /// Resident bytes at the end.
    package var residentBytes: Double?
    /// Runs of the graph.
    package var runs: Double?
    /// Requests that the server answered well, those of others among them.
    package var requests: Double?

    /// Processor seconds a request.
    package var perRequest: Double? { requests.flatMap { $0 > 0 ? processorSeconds / $0 : nil } }
    /// Requests that shared a run, on average.
    package var requestsPerRun: Double? {
        guard let runs, let requests, runs > 0 else { return nil }
        return requests / runs
    }

    /// As it is printed.
    package var json: JSONValue {
        func number(_ value: Double?) -> JSONValue { value.map(JSONValue.number) ?? .null }
        return .object([
            ("processorSeconds", .number(processorSeconds)), ("processorSecondsPerRequest", number(perRequest)),
            ("residentBytes", number(residentBytes)), ("requestsPerRun", number(requestsPerRun)),
        ])
    }
}

/// Reads `/metrics` of a Slipway server before and after a load.
package struct ServerMeter: Sendable {
    private let client: HTTPClient
    private let endpoint: String
    private let bearer: String?

    package init(_ client: HTTPClient, endpoint: String, bearer: String? = nil) {
        self.client = client
        self.endpoint = endpoint
        self.bearer = bearer
    }

    /// The counters at one moment.
    package struct Reading: Hashable, Sendable {
        var processorSeconds: Double
        var residentBytes: Double?
        var runs: Double?
        var requests: Double?
    }

    /// - Returns: `nil` from a server that shows no such metrics.
    package func read() async -> Reading? {
        let headers = bearer.map { [HTTPHeader.bearer($0)] } ?? []
        guard let reply = try? await client.request("GET", "/metrics", headers: headers), reply.status == 200 else {
            return nil
        }
        return Self.reading(String(decoding: reply.body, as: UTF8.self), endpoint: endpoint)
    }

    /// What came between two readings; `nil` where one is missing or the server has started anew.
    package static func cost(_ before: Reading?, _ after: Reading?) -> ServerCost? {
        guard let before, let after, after.processorSeconds >= before.processorSeconds else { return nil }
        return ServerCost(
            processorSeconds: after.processorSeconds - before.processorSeconds, residentBytes: after.residentBytes,
            runs: after.runs.map { $0 - (before.runs ?? 0) },
            requests: after.requests.map { $0 - (before.requests ?? 0) })
    }

    /// Sums of the series that matter, of an exposition in Prometheus' text format.
    static func reading(_ text: String, endpoint: String) -> Reading? {
        var sums: [Substring: Double] = [:]
        let own = "endpoint=\"\(endpoint)\""
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                continue
            }
            let name = line.prefix { $0 != "{" && $0 != " " }
            switch name {
            case "slipway_process_cpu_seconds", "slipway_process_resident_memory_bytes": break
            case "slipway_runs_total" where line.contains(own): break
            case "slipway_requests_total" where line.contains(own) && line.contains("code=\"200\""): break
            default: continue
            }
            sums[name, default: 0] += value
        }
        guard let processorSeconds = sums["slipway_process_cpu_seconds"] else { return nil }
        return Reading(
            processorSeconds: processorSeconds, residentBytes: sums["slipway_process_resident_memory_bytes"],
            runs: sums["slipway_runs_total"], requests: sums["slipway_requests_total"])
    }
}
