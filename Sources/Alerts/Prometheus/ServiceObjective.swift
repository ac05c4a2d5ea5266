package import Release

/// A promise of one endpoint, as the share of its requests that may break it: the error budget.
package struct ServiceObjective: Hashable, Sendable {
    /// What makes a request a bad one.
    package enum Subject: Hashable, Sendable {
        /// It is answered with 5xx.
        case failed
        /// It is answered later than this, in seconds.
        case slow(Double)
    }

    package let endpoint: EndpointName
    package let subject: Subject
    /// From 0 to 1, both excluded.
    package let budget: Double
    /// Whether the endpoint declares it; else it is what holds for whoever declares nothing.
    package let isDeclared: Bool

    /// The promise that an endpoint makes with `objective`.
    package init(_ objective: Objective, of endpoint: EndpointName, isDeclared: Bool = true) {
        self.endpoint = endpoint
        self.isDeclared = isDeclared
        switch objective {
        case .errors(let ratio):
            subject = .failed
            budget = ratio
        case .latency(let quantile, let seconds):
            subject = .slow(seconds)
            budget = 1 - quantile
        }
    }

    /// The promises of an endpoint with these objectives: those, and that one request in a thousand may fail where
    /// nothing is said of failures.
    package static func all(of endpoint: EndpointName, _ objectives: [Objective]) -> [ServiceObjective] {
        let declared = objectives.map { ServiceObjective($0, of: endpoint) }
        guard !declared.contains(where: { $0.subject == .failed }) else { return declared }
        return [ServiceObjective(.errors(ratio: usualErrors), of: endpoint, isDeclared: false)] + declared
    }

    /// The share of requests that may fail where an endpoint does not say.
    package static let usualErrors = 0.001
}

/// One pair of windows in which an error budget is watched.
///
/// Google's Site Reliability Workbook, chapter 5, table 5-8: the long window says that the burning matters, the short one
/// that it still goes on.
struct BurnWindow: Hashable, Sendable {
    let long: String
    let short: String
    /// How many times as fast as it may be the budget of 30 days is being used up.
    let rate: Double
    let severity: Severity
    /// What of the budget is gone by then.
    let spent: String

    /// Whether somebody is woken or finds a ticket in the morning.
    enum Severity: String, Sendable { case page, ticket }

    static let all = [
        BurnWindow(long: "1h", short: "5m", rate: 14.4, severity: .page, spent: "2 % of a month's budget in an hour"),
        BurnWindow(long: "6h", short: "30m", rate: 6, severity: .page, spent: "5 % of a month's budget in six hours"),
        BurnWindow(long: "1d", short: "2h", rate: 3, severity: .ticket, spent: "10 % of a month's budget in a day"),
        BurnWindow(
            long: "3d", short: "6h", rate: 1, severity: .ticket, spent: "10 % of a month's budget in three days"),
    ]

    /// Every window for which ratios are recorded, the shortest first.
    static let recorded = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"]
}
