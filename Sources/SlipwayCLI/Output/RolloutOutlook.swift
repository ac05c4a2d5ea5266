import Release
import Tensors

/// What a plan says of a rollout before it begins: what can be noticed on the endpoint's real traffic, by when, at which
/// price.
struct RolloutOutlook {
    /// What an endpoint's counters say.
    struct Traffic {
        /// Requests a second.
        let rate: Double
        /// Whether that is of the last minute; else of the time since the server started.
        let isRecent: Bool
        let requests: Int
        let errors: Int

        /// - Parameter endpoint: as `status --json` has it.
        /// - Returns: `nil` before the first request.
        init?(_ endpoint: JSONValue) {
            let (minute, whole) = (endpoint["lastMinute"], endpoint["sinceStart"])
            requests = whole?["requests"]?.intValue ?? endpoint["requests"]?.intValue ?? 0
            errors = whole?["errors"]?.intValue ?? 0
            let now = minute?["requestsPerSecond"]?.doubleValue ?? 0
            let seconds = whole?["seconds"]?.doubleValue ?? 0
            isRecent = now > 0
            rate = isRecent ? now : seconds > 0 ? Double(requests) / seconds : 0
            guard rate > 0, rate.isFinite, requests > 0, (0...requests).contains(errors) else { return nil }
        }

        /// Who has had no failure may have had half of one.
        var errorRatio: Double { min((Double(errors) + (errors == 0 ? 0.5 : 0)) / Double(requests), 0.5) }
    }

    let policy: RolloutPolicy
    /// `nil` where none is known.
    let traffic: Traffic?

    init(_ policy: RolloutPolicy, _ traffic: Traffic?) {
        (self.policy, self.traffic) = (policy, traffic)
    }

    private var forecast: RolloutForecast? {
        traffic.flatMap { RolloutForecast(policy, requestsPerSecond: $0.rate, errorRatio: $0.errorRatio) }
    }

    var lines: [String] {
        switch policy.strategy {
        case .allAtOnce: return ["  nothing is watched: whatever it does is noticed by its users"]
        case .blueGreen:
            return [
                "  there is nothing to compare with: it goes back when failures exceed twice what the version before had, "
                    + "and 1 %"
            ]
        case .shadow: return ["  its answers reach nobody: no request is harmed"]
        case .canary, .split, .challenger: break
        }
        guard let traffic, let forecast else { return unknown }
        return told(traffic) + findings(forecast)
    }

    private func told(_ traffic: Traffic) -> [String] {
        let failed = traffic.errors == 0 ? "none" : Quantity.count(traffic.errors)
        let when = traffic.isRecent ? "" : ", none in the last minute"
        return [
            "  traffic: \(Quantity.fixed(traffic.rate, 1)) requests a second\(when); \(failed) of "
                + "\(Quantity.count(traffic.requests)) failed, \(Quantity.percent(traffic.errorRatio)) is reckoned with"
        ]
    }

    private func findings(_ forecast: RolloutForecast) -> [String] {
        let first =
            forecast.detectable.map {
                "  noticed before the schedule ends: from \(Quantity.fixed($0, 1)) times the errors on"
            } ?? "  nothing would be noticed before the schedule ends: take longer steps or larger shares"
        return [first]
            + forecast.findings.map { finding in
                let (ratio, harmed) = (Quantity.fixed(finding.ratio, 0), Self.requests(finding.harmed))
                return finding.seconds.map {
                    "  \(ratio) times the errors: rolled back after \(Quantity.fixed($0 / 60, 1)) minutes, \(harmed) harmed"
                } ?? "  \(ratio) times the errors: not noticed in time, \(harmed) harmed"
            }
    }

    /// What holds for any traffic.
    private var unknown: [String] {
        ["  no traffic is known: when something is noticed cannot be told; at which price can, with time enough"]
            + RolloutForecast.harmWhateverTheTraffic(policy).map { ratio, harmed in
                "  \(Quantity.fixed(ratio, 0)) times the errors: rolled back after \(Self.requests(harmed)) harmed"
            }
    }

    private static func requests(_ count: Double) -> String { "\(Quantity.fixed(count, count < 10 ? 1 : 0)) requests" }

    /// The plan with what `lines` say, for programs.
    func adding(to plan: JSONValue) -> JSONValue {
        guard case .object(var members) = plan else { return plan }
        let forecast = forecast
        let findings =
            forecast?.findings.map { finding -> JSONValue in
                .object([
                    ("ratio", .number(finding.ratio)), ("seconds", finding.seconds.map(JSONValue.number) ?? .null),
                    ("harmed", .number(finding.harmed)),
                ])
            }
            ?? RolloutForecast.harmWhateverTheTraffic(policy).map { ratio, harmed in
                .object([("ratio", .number(ratio)), ("seconds", .null), ("harmed", .number(harmed))])
            }
        members.append(
            .init(
                key: "forecast",
                value: .object([
                    ("requestsPerSecond", traffic.map { .number($0.rate) } ?? .null),
                    ("errorRatio", traffic.map { .number($0.errorRatio) } ?? .null),
                    ("detectable", forecast?.detectable.map(JSONValue.number) ?? .null),
                    ("findings", .array(findings)),
                ])))
        return .object(members)
    }
}
