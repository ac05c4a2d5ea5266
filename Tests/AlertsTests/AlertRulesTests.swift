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

    /// What an endpoint has answered is not undone when it is withdrawn.
    @Test func anOverloadGoesOnWhenAnEndpointIsWithdrawn() throws {
        func names(_ rules: inout AlertRules, _ second: Int, _ answered: [String: Int], refused: Double) -> [String] {
            var facts = AlertFacts(time: second * 1000)
            for (name, requests) in answered {
                let latency = HistogramSnapshot(edges: [0.05], counts: [UInt64(requests), 0], sum: 0)
                facts.endpoints[name] = .init(
                    objectives: [],
                    sample: TrafficSample(time: Double(second), requests: requests, errors: 0, latency: latency))
            }
            facts.refused = refused
            return rules.look(at: facts).map(\.key.name)
        }
        var rules = AlertRules(AlertSettings())
        #expect(names(&rules, 0, ["a": 5000, "b": 100], refused: 0).isEmpty)
        #expect(names(&rules, 60, ["a": 5100, "b": 200], refused: 50) == ["SlipwayOverloaded"])
        #expect(names(&rules, 70, ["b": 210], refused: 55) == ["SlipwayOverloaded"], "'a' is withdrawn")
        #expect(names(&rules, 80, ["a": 5100, "b": 220], refused: 60) == ["SlipwayOverloaded"], "and back")
        let later = names(&rules, 400, ["a": 9000, "b": 9000], refused: 60)
        #expect(later.isEmpty, "\(later)")
    }

    /// An hour's failures count on when the clock is set back, and no others are made up.
    @Test func aClockThatIsSetBackForgetsNothing() throws {
        var rules = AlertRules(AlertSettings())
        for minute in 100...110 {
            _ = rules.look(at: try Self.facts(minute * 60, requests: minute * 1000, errors: minute * 100))
        }
        let back = rules.look(at: try Self.facts(50 * 60, requests: 111_000, errors: 11_100))
        #expect(back.map(\.key.detail) == ["1h", "6h"])
        let later = rules.look(at: try Self.facts(57 * 60, requests: 120_000, errors: 11_100))
        #expect(later.map(\.key.detail) == ["6h"], "five minutes without a failure")
        var facts = AlertFacts(time: 100_000)
        facts.happenings = [.init(kind: "version.quarantined", endpoint: "digits", time: 90_000_000, reason: "")]
        #expect(rules.look(at: facts).isEmpty, "it was a day ago by the clock of then")
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
        (#"{"receivers":{"a":{}}}"#, "receivers.a: expected one of"),
        (#"{"receivers":{"a":{"webhook":"ftp://x"}}}"#, "receivers.a.webhook"),
        (#"{"receivers":{"a":{"webhook":"https://x","command":["/b"]}}}"#, "receivers.a"),
        (#"{"receivers":{"a":{"webhook":"https://x","limit":"5s"}}}"#, "receivers.a.limit does not go"),
        (#"{"receivers":{"a":{"command":"/bin/x"}}}"#, "receivers.a.command"),
        (#"{"receivers":{"a":{"command":["x"]}}}"#, "receivers.a.command"),
        (#"{"receivers":{"a":{"command":["/x",1]}}}"#, "receivers.a.command"),
        (#"{"receivers":{"a":{"command":["/x"],"limit":"5"}}}"#, "receivers.a.limit: expected a time"),
        (#"{"receivers":{"a":{"command":["/x"],"when":1}}}"#, "receivers.a: there is no 'when'"),
        (#"{"receivers":{"a":{"mail":"ops@x.org"}}}"#, "receivers.a.mail: expected a list"),
        (#"{"receivers":{"a":{"mail":["ops@x.org\r\nRCPT"],"from":"s@x.org","relay":"m"}}}"#, "receivers.a.mail"),
        (#"{"receivers":{"a":{"mail":["Ops <ops@x.org>"],"from":"s@x.org","relay":"m"}}}"#, "receivers.a.mail"),
        (#"{"receivers":{"a":{"mail":["ops@x..org"],"from":"s@x.org","relay":"m"}}}"#, "receivers.a.mail"),
        (#"{"receivers":{"a":{"mail":["ops@x.org"],"relay":"m"}}}"#, "receivers.a.from"),
        (#"{"receivers":{"a":{"mail":["ops@x.org"],"from":"s@x.org"}}}"#, "receivers.a.relay"),
        (#"{"receivers":{"a":{"mail":["ops@x.org"],"from":"s@x.org","relay":"m:0"}}}"#, "receivers.a.relay"),
        (#"{"receivers":{"a":{"mail":["ops@x.org"],"from":"s@x.org","relay":"m","tls":"ssl"}}}"#, "receivers.a.tls"),
        (#"{"receivers":{"a":{"mail":["ops@x.org"],"from":"s@x.org","relay":"m","user":"u"}}}"#, "both 'user' and"),
        (#"{"receivers":{"a":{"mail":["ops@x.org"],"from":"s@x.org","relay":"m","limit":"5s"}}}"#, "does not go with"),
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

    @Test(arguments: [
        (#""relay":"mail.example.org""#, "mail.example.org", 587, AlertSettings.Mail.Security.starttls),
        (#""relay":"mail.example.org","tls":"implicit""#, "mail.example.org", 465, .implicit),
        (#""relay":"127.0.0.1:2525","tls":"none""#, "127.0.0.1", 2525, .none),
        (#""relay":"[::1]:25","tls":"none""#, "::1", 25, .none),
    ])
    func aMailServerIsReadWithItsUsualPort(
        _ words: String, _ host: String, _ port: Int, _ security: AlertSettings.Mail.Security
    ) throws {
        let text = #"{"receivers":{"ops":{"mail":["a.b+c@x.org","d@y"],"from":"s@x.org",\#(words)}}}"#
        let settings = try AlertSettings(json: JSONValue.parse(Array(text.utf8)))
        guard case .mail(let mail) = settings.receivers[0].way else {
            Issue.record("it is no mail")
            return
        }
        #expect(mail.to == ["a.b+c@x.org", "d@y"] && mail.host == host && mail.port == port)
        #expect(mail.security == security && mail.user == nil)
    }

    /// What burned before a restart burns after it, from totals that begin anew; what is over ends.
    @Test func aBudgetsHoursOutlastARestart() throws {
        var rules = AlertRules(AlertSettings())
        for minute in 0..<10 {
            _ = rules.look(at: try Self.facts(minute * 60, requests: minute * 1000, errors: minute * 100))
        }
        let kept = try JSONValue.parse(rules.history.encoded())
        var forgetful = AlertRules(AlertSettings())
        #expect(forgetful.look(at: try Self.facts(600, requests: 10, errors: 0)).isEmpty)
        var next = AlertRules(AlertSettings(), history: kept)
        #expect(next.look(at: AlertFacts(time: 590_000)).isEmpty, "the endpoint is not there yet")
        let found = next.look(at: try Self.facts(600, requests: 10, errors: 0))
        #expect(found.map(\.key.detail) == ["1h", "6h"])
        let later = next.look(at: try Self.facts(600 + 7 * 3600, requests: 100_000, errors: 0))
        #expect(later.isEmpty)
        for damaged in ["{}", "[1]", #"[{"endpoint":"digits","points":[[1,2,3]]}]"#, #"[{"endpoint":"x","points":7}]"#]
        {
            var rules = AlertRules(AlertSettings(), history: try JSONValue.parse(Array(damaged.utf8)))
            #expect(rules.look(at: try Self.facts(600, requests: 10, errors: 0)).isEmpty)
        }
    }

    /// A slow burn wakes nobody and is a ticket: not before there is as much to be seen as its short window, not while
    /// somebody is woken for the same, and over a restart.
    @Test func aSlowBurnIsATicket() throws {
        #expect(AlertRules.windows.map(\.long) == [1, 6, 24, 72].map { $0 * 3_600_000 })
        #expect(AlertRules.windows.map(\.short) == [5, 30, 120, 360].map { $0 * 60_000 })
        func details(_ minutes: Int, perMille: Int, restart: Int? = nil) throws -> [(minute: Int, detail: [String])] {
            var rules = AlertRules(AlertSettings())
            var (requests, errors) = (0, 0)
            var told: [(minute: Int, detail: [String])] = []
            for minute in stride(from: 0, through: minutes, by: 10) {
                if minute == restart {
                    rules = AlertRules(AlertSettings(), history: try JSONValue.parse(rules.history.encoded()))
                    (requests, errors) = (0, 0)
                }
                let found = rules.look(at: try Self.facts(minute * 60, requests: requests, errors: errors))
                let detail = found.map { "\($0.key.detail) \($0.severity.rawValue)" }
                if detail != told.last?.detail ?? [] { told.append((minute, detail)) }
                requests += 10_000
                errors += 10 * perMille
            }
            return told
        }
        let slow = try details(600, perMille: 2)
        #expect(slow.map(\.detail) == [["3d ticket"]] && slow[0].minute == 360, "\(slow)")
        let faster = try details(600, perMille: 4)
        #expect(faster.map(\.detail) == [["1d ticket"], ["1d ticket", "3d ticket"]] && faster[0].minute == 120)
        let restarted = try details(600, perMille: 4, restart: 300)
        #expect(restarted.map(\.detail) == faster.map(\.detail) && restarted.map(\.minute) == faster.map(\.minute))
        #expect(try details(600, perMille: 8).last?.detail == ["6h page"])
        // Three days and more: what is older counts no more, and points stay few.
        var history = BudgetHistory()
        for minute in 0..<10_000 {
            history.add(all: Double(minute * 10), bad: Double(min(minute, 100)), at: minute * 60_000)
        }
        let days = history.totals(over: 3 * 86_400_000)
        #expect((43_200...43_300).contains(days.all) && days.bad == 0)
        #expect(history.json.arrayValue?.count ?? 0 < 400 && history.isIdle)
        let again = try #require(BudgetHistory(json: history.json))
        #expect(abs(again.totals(over: 6 * 3_600_000).all - 3600) <= 300)
    }
}
