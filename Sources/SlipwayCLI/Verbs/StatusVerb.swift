import ArgumentParser
import Control
import Home
import Release
import Tensors

struct StatusVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what is served: versions, traffic, latency, errors.")

    @Argument(help: "Only this endpoint.", completion: Candidates.endpoints)
    var endpoint: String?

    @Option(help: ArgumentHelp("Wait until a server answers, at most this long.", valueName: "seconds"))
    var wait: Double?

    @OptionGroup var homeOptions: HomeOptions
    @OptionGroup var answer: AnswerOptions

    func validate() throws {
        guard wait.map({ (0...86_400).contains($0) }) ?? true else {
            throw ValidationError("--wait takes 0 to 86400 seconds")
        }
    }

    func run() async throws {
        if let wait { try await waitForServer(seconds: wait) }
        guard let client = ControlClient(try homeOptions.directory()) else { return try recorded() }
        let status = try await client.status()
        let endpoints = (status["endpoints"]?.arrayValue ?? []).filter {
            endpoint == nil || $0["endpoint"]?.stringValue == endpoint
        }
        if let endpoint, endpoints.isEmpty { throw Self.unknown(endpoint) }
        answer.answer(
            .object([
                ("server", status["server"] ?? .null), ("endpoints", .array(endpoints)),
                ("list", status["list"] ?? .null),
            ]),
            name: endpoints.compactMap { $0["endpoint"]?.stringValue }.joined(separator: "\n")
        ) { Self.table(endpoints) }
        // Two versions are in memory: one of them may be on its way.
        for case let name? in endpoints.filter({ $0["arms"]?.arrayValue?.count ?? 0 > 1 }).map({
            $0["endpoint"]?.stringValue
        }) {
            if let rollout = try? await client.rollout(name), rollout["over"]?.boolValue == false {
                answer.say("rollout of \(RolloutText.head(rollout))")
            }
        }
        FollowText.standing(status["list"], of: endpoint).forEach { answer.say(InertText.line($0)) }
        answer.say(Self.footer(status["server"] ?? .null))
    }

    private static func table(_ endpoints: [JSONValue]) -> String {
        var table = Table("ENDPOINT", "STATE", "TRAFFIC", ">REQ/S", ">P50", ">P99", ">ERRORS", ">ANSWERED", "REVISION")
        for endpoint in endpoints {
            let minute = endpoint["lastMinute"]
            func seconds(_ key: String) -> String {
                minute?[key]?.doubleValue.map { Quantity.seconds($0) } ?? "–"
            }
            table.add(
                endpoint["endpoint"]?.stringValue ?? "?", endpoint["state"]?.stringValue ?? "?",
                endpoint["traffic"]?.stringValue ?? "–",
                minute?["requestsPerSecond"]?.doubleValue.map { Quantity.fixed($0, 1) } ?? "–", seconds("p50"),
                seconds("p99"), minute?["errorRatio"]?.doubleValue.map { Quantity.percent($0) } ?? "–",
                Quantity.count(endpoint["requests"]?.intValue ?? 0),
                endpoint["revision"]?.intValue.map(String.init) ?? "–")
        }
        return table.isEmpty
            ? "nothing is deployed"
            : ([table.rendered()] + endpoints.flatMap(labelled)).joined(separator: "\n")
    }

    /// The versions of an endpoint that labels came for.
    private static func labelled(_ endpoint: JSONValue) -> [String] {
        (endpoint["arms"]?.arrayValue ?? []).compactMap { arm in
            QualityText.realised(arm["quality"]).map { "\(arm["version"]?.stringValue ?? "?"): \($0)" }
        }
    }

    private static func footer(_ server: JSONValue) -> String {
        let scheme = server["tls"]?.boolValue == true ? "https" : "http"
        return "server \(server["pid"]?.intValue ?? 0), up \(server["uptimeSeconds"]?.intValue ?? 0) s, "
            + "data plane \(scheme)://\(server["data"]?.stringValue ?? "?")"
    }

    /// Without a server: what is recorded.
    private func recorded() throws {
        let deployments = try homeOptions.deployments()
        let histories = try deployments.endpoints().filter { endpoint == nil || $0.text == endpoint }
            .map { try deployments.history(of: $0) }
        if let endpoint, histories.isEmpty { throw Self.unknown(endpoint) }
        var table = Table("ENDPOINT", "STATE", "TRAFFIC", "REVISION")
        for history in histories {
            guard let current = history.current else { continue }
            table.add(
                history.endpoint.text, "not running", HistoryText.traffic(current.spec), String(current.number))
        }
        answer.answer(
            .object([
                ("server", .null),
                ("endpoints", .array(histories.compactMap { $0.entries.last.map(HistoryText.json) })),
            ]), name: histories.map(\.endpoint.text).joined(separator: "\n")
        ) { table.isEmpty ? "nothing is deployed" : table.rendered() }
        answer.say("no server is running on this home; start one with: slipway serve")
    }

    private static func unknown(_ endpoint: String) -> Failure {
        Failure(6003, .notFound, "there is no endpoint '\(endpoint)'", help: "'slipway status' lists them")
    }

    private func waitForServer(seconds: Double) async throws {
        let deadline = ContinuousClock.now + .milliseconds(Int(seconds * 1000))
        while ContinuousClock.now < deadline {
            if let client = ControlClient(try homeOptions.directory()),
                (try? await client.status())?["ready"]?.boolValue == true
            {
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Failure(
            6004, .unavailable, "no server answered within \(seconds) s", help: "start one with: slipway serve")
    }
}
