import Monitor
import Release
import Tensors
import Testing

@testable import Alerts

@Suite struct AlertRulesTests {
    private static func facts(
        _ seconds: Int, requests: Int, errors: Int, slow: Int = 0, objectives: [Objective] = []
    ) throws -> AlertFacts {
        var facts = AlertFacts(time: seconds * 1000)
        let latency = HistogramSnapshot(
            edges: [0.05], counts: [UInt64(requests - slow), UInt64(slow)], sum: Double(requests) * 0.01)
        facts.endpoints["digits"] = .init(
            objectives: ServiceObjective.all(of: try EndpointName("digits"), objectives),
            sample: TrafficSample(time: Double(seconds), requests: requests, errors: errors, latency: latency))
        return facts
    }

    /// 14.4 times the budget of 0.1 %, in an hour and in five minutes; nobody is woken by three requests.
    @Test func aBudgetThatBurnsIsAnAlertWhileItBurns() throws {
        var rules = AlertRules(AlertSettings())
        #expect(rules.look(at: try Self.facts(0, requests: 0, errors: 0)).isEmpty)
        #expect(rules.look(at: try Self.facts(60, requests: 3, errors: 3)).isEmpty)
        #expect(rules.look(at: try Self.facts(120, requests: 10_000, errors: 50)).isEmpty, "0.5 % is not 0.6 %")
        let burning = rules.look(at: try Self.facts(180, requests: 11_000, errors: 400))
        #expect(burning.map(\.key.detail) == ["1h", "6h"])
        #expect(burning.allSatisfy { $0.key.name == "SlipwayErrorBudgetBurning" && $0.severity == .page })
        var (requests, errors) = (11_000, 400)
        for minute in 4..<10 {
            requests += 1000
            _ = rules.look(at: try Self.facts(minute * 60, requests: requests, errors: errors))
        }
        #expect(rules.look(at: try Self.facts(600, requests: requests, errors: errors)).map(\.key.detail) == ["6h"])
        errors = 0
        #expect(rules.look(at: try Self.facts(660, requests: 5, errors: errors)).isEmpty, "the server began anew")
    }

    @Test func slowRequestsBurnTheBudgetOfTheirPromise() throws {
        let promise = [Objective.latency(quantile: 0.99, seconds: 0.05)]
        var rules = AlertRules(AlertSettings())
        _ = rules.look(at: try Self.facts(0, requests: 0, errors: 0, objectives: promise))
        let found = rules.look(at: try Self.facts(60, requests: 1000, errors: 0, slow: 200, objectives: promise))
        #expect(found.map(\.key.name) == ["SlipwayLatencyBudgetBurning", "SlipwayLatencyBudgetBurning"])
        #expect(found[0].summary.contains("20 %") && found[0].summary.contains("may"))
        let other = [Objective.latency(quantile: 0.99, seconds: 0.07)]
        #expect(rules.look(at: try Self.facts(120, requests: 2000, errors: 0, slow: 900, objectives: other)).isEmpty)
    }

    @Test func whatOthersTellIsAnAlertForAWhile() throws {
        var settings = AlertSettings(off: ["SlipwayRevisionFailed"])
        settings.recent = 60_000
        var rules = AlertRules(settings)
        var facts = AlertFacts(time: 100_000)
        facts.drifts = [
            .init(endpoint: "digits", version: "digits:1", features: ["pixels[3]"]),
            .init(endpoint: "iris", version: "iris:1", features: []),
        ]
        facts.happenings = [
            .init(kind: "endpoint.rolledback", endpoint: "digits", time: 50_000, reason: "errors"),
            .init(kind: "endpoint.rolledback", endpoint: "iris", time: 30_000, reason: ""),
            .init(kind: "revision.failed", endpoint: "digits", time: 90_000, reason: "no room"),
            .init(kind: "endpoint.promoted", endpoint: "digits", time: 90_000, reason: ""),
        ]
        #expect(
            rules.look(at: facts).map(\.key.text) == [
                "SlipwayDrift of 'digits' (digits:1)", "SlipwayRolledBack of 'digits'",
            ])
    }

    @Test(
        arguments: [
            ("nothing", []), ("disk", ["SlipwayDiskFills"]), ("memory", ["SlipwayMemoryShort"]),
            ("descriptors", ["SlipwayDescriptorsShort"]), ("certificate", ["SlipwayCertificateExpires"]),
        ] as [(String, [String])])
    func whatRunsOutIsAnAlert(_ what: String, _ names: [String]) {
        var facts = AlertFacts(time: 0)
        facts.disk = (what == "disk" ? 4 : 6, 100)
        facts.memory = (what == "memory" ? 96 : 94, 100)
        facts.descriptors = (what == "descriptors" ? 91 : 89, 100)
        facts.certificateEnds = (what == "certificate" ? 13 : 15) * 86_400_000
        var rules = AlertRules(AlertSettings())
        #expect(rules.look(at: facts).map(\.key.name) == names)
        #expect(Set(AlertRules.names).isSuperset(of: names))
    }

    /// A file with a mistake says where, before the server starts.
    @Test(arguments: [
        ("[]", "settings: expected an object"), ("{}", "receivers is missing"), (#"{"receivers":{}}"#, "receivers"),
        (#"{"receivers":{"a":{}}}"#, "receivers.a: expected either"),
        (#"{"receivers":{"a":{"webhook":"ftp://x"}}}"#, "receivers.a.webhook"),
        (#"{"receivers":{"a":{"webhook":"https://x","command":["/b"]}}}"#, "receivers.a"),
        (#"{"receivers":{"a":{"webhook":"https://x","limit":"5s"}}}"#, "receivers.a.limit does not go"),
        (#"{"receivers":{"a":{"command":"/bin/x"}}}"#, "receivers.a.command"),
        (#"{"receivers":{"a":{"command":["x"]}}}"#, "receivers.a.command"),
        (#"{"receivers":{"a":{"command":["/x",1]}}}"#, "receivers.a.command"),
        (#"{"receivers":{"a":{"command":["/x"],"limit":"5"}}}"#, "receivers.a.limit: expected a time"),
        (#"{"receivers":{"a":{"command":["/x"],"when":1}}}"#, "receivers.a: there is no 'when'"),
        (#"{"receivers":{"a b":{"command":["/x"]}}}"#, "receivers"),
        (#"{"receivers":{"a":{"command":["/x"]}},"every":"0s"}"#, "every: expected a time from 100ms to 1h"),
        (#"{"receivers":{"a":{"command":["/x"]}},"routes":[{}]}"#, "routes[0].receivers"),
        (
            #"{"receivers":{"a":{"command":["/x"]}},"routes":[{"receivers":["b"]}]}"#,
            "routes[0].receivers: expected some"
        ),
        (
            #"{"receivers":{"a":{"command":["/x"]}},"routes":[{"receivers":["a"],"alerts":["Drift"]}]}"#,
            "routes[0].alerts"
        ),
        (#"{"receivers":{"a":{"command":["/x"]}},"routes":[{"receivers":["a"],"severity":"low"}]}"#, "severity"),
        (#"{"receivers":{"a":{"command":["/x"]}},"off":["x"]}"#, "off: expected some of"),
    ])
    func aMistakeInTheSettingsIsNamedWithItsPlace(_ text: String, _ place: String) throws {
        let error = try #require(throws: ReleaseError.self) {
            try AlertSettings(json: JSONValue.parse(Array(text.utf8)))
        }
        #expect(error.message.contains(place), "\(error.message)")
    }

    @Test func wholeSettingsAreRead() throws {
        let text = """
            {"every": "1s", "wait": "0s", "repeat": "1h", "recent": "5s", "off": ["SlipwayMemoryShort"],
             "receivers": {"ops": {"webhook": "https://example.org/hook", "tokenFile": "/run/token"},
                           "retrain": {"command": ["/usr/bin/retrain", "--now"], "limit": "10m", "resolved": false}},
             "routes": [{"alerts": ["SlipwayDrift"], "receivers": ["retrain"]}, {"severity": "page", "receivers": ["ops"]}]}
            """
        let settings = try AlertSettings(json: JSONValue.parse(Array(text.utf8)))
        #expect(settings.every == 1000 && settings.wait == 0 && settings.again == 3_600_000 && settings.recent == 5000)
        #expect(settings.receivers.map(\.name) == ["ops", "retrain"] && settings.routes.count == 2)
        #expect(settings.receivers[1].way == .command(.init(words: ["/usr/bin/retrain", "--now"], limit: 600_000)))
        #expect(!settings.receivers[1].tellsEnd && settings.off == ["SlipwayMemoryShort"])
    }
}
