import Monitor

/// What of the facts is an alert: the same promises and limits as in the generated Prometheus rules, with the two pairs of
/// windows of an error budget that wake somebody. Holds the six hours that those need.
package struct AlertRules: Sendable {
    private struct Budget: Hashable, Sendable {
        var endpoint: String
        var subject: ServiceObjective.Subject
    }

    /// Every alert that there is.
    package static let names = [
        "SlipwayErrorBudgetBurning", "SlipwayLatencyBudgetBurning", "SlipwayOverloaded", "SlipwayDrift",
        "SlipwayRolledBack", "SlipwayRevisionFailed", "SlipwayQuarantined", "SlipwayDiskFills", "SlipwayMemoryShort",
        "SlipwayDescriptorsShort", "SlipwayCertificateExpires",
    ]

    /// Requests that must have broken a promise before anybody is woken: a ratio of three requests says nothing.
    package static let fewest = 5.0
    /// The pairs of windows in milliseconds. Source: the Site Reliability Workbook, table 5-8.
    private static let windows = [
        (long: 3_600_000, short: 300_000, rate: 14.4, text: "1h"),
        (long: 6 * 3_600_000, short: 1_800_000, rate: 6.0, text: "6h"),
    ]

    private let off: Set<String>
    private let recent: Int
    private var budgets: [Budget: BudgetHistory] = [:]
    private var load = BudgetHistory()

    package init(_ settings: AlertSettings) {
        off = settings.off
        recent = settings.recent
    }

    /// What is wrong now.
    package mutating func look(at facts: AlertFacts) -> [WatchedAlert] {
        let found =
            burning(facts) + overloaded(facts) + drifting(facts) + happened(facts) + Self.server(facts)
        return found.filter { !off.contains($0.key.name) }
    }

    // MARK: - Promises

    private mutating func burning(_ facts: AlertFacts) -> [WatchedAlert] {
        let present = Set(
            facts.endpoints.flatMap { name, known in
                known.objectives.map { Budget(endpoint: name, subject: $0.subject) }
            })
        budgets = budgets.filter { present.contains($0.key) }
        return facts.endpoints.sorted { $0.key < $1.key }.flatMap { name, known in
            known.objectives.flatMap { objective -> [WatchedAlert] in
                let budget = Budget(endpoint: name, subject: objective.subject)
                let counts = Self.counts(objective, known.sample)
                budgets[budget, default: BudgetHistory()].add(all: counts.all, bad: counts.bad, at: facts.time)
                return Self.burning(objective, name, budgets[budget] ?? BudgetHistory())
            }
        }
    }

    private static func counts(_ objective: ServiceObjective, _ sample: TrafficSample) -> (all: Double, bad: Double) {
        switch objective.subject {
        case .failed: return (Double(sample.requests), Double(sample.errors))
        case .slow(let seconds):
            let all = Double(sample.latency.count)
            // Where the histogram has no such edge, nothing can be said.
            return (all, sample.latency.count(atMost: seconds).map { all - Double($0) } ?? 0)
        }
    }

    private static func burning(
        _ objective: ServiceObjective, _ endpoint: String, _ history: BudgetHistory
    ) -> [WatchedAlert] {
        windows.compactMap { window in
            let limit = window.rate * objective.budget
            let (long, short) = (history.totals(over: window.long), history.totals(over: window.short))
            guard limit < 1, long.bad >= fewest, long.all > 0, short.all > 0, long.bad / long.all > limit,
                short.bad / short.all > limit
            else { return nil }
            let share = percent(short.bad / short.all)
            switch objective.subject {
            case .failed:
                return WatchedAlert(
                    .init("SlipwayErrorBudgetBurning", endpoint: endpoint, detail: window.text), .page,
                    "\(share) of the requests to '\(endpoint)' fail; \(percent(objective.budget)) may",
                    remedy: "slipway history \(endpoint), then slipway rollback \(endpoint)")
            case .slow(let seconds):
                return WatchedAlert(
                    .init("SlipwayLatencyBudgetBurning", endpoint: endpoint, detail: window.text), .page,
                    "\(share) of the requests to '\(endpoint)' take longer than \(PromQL.seconds(seconds)); "
                        + "\(percent(objective.budget)) may",
                    remedy: "slipway status \(endpoint), then slipway tune \(endpoint)")
            }
        }
    }

    private mutating func overloaded(_ facts: AlertFacts) -> [WatchedAlert] {
        let answered = facts.endpoints.values.reduce(0) { $0 + Double($1.sample.requests) }
        load.add(all: answered + facts.refused, bad: facts.refused, at: facts.time)
        let (all, refused) = load.totals(over: 300_000)
        guard refused >= Self.fewest, refused / all > 0.01 else { return [] }
        return [
            WatchedAlert(
                .init("SlipwayOverloaded"), .page,
                "the server refuses \(Self.percent(refused / all)) of the requests: more arrives than it can do",
                remedy: "slipway bench ENDPOINT; add a server, or slipway tune ENDPOINT", patience: 60_000)
        ]
    }

    // MARK: - What is told by others

    private func drifting(_ facts: AlertFacts) -> [WatchedAlert] {
        facts.drifts.filter { !$0.features.isEmpty }.map { drift in
            let names = drift.features.prefix(8).joined(separator: ", ")
            return WatchedAlert(
                .init("SlipwayDrift", endpoint: drift.endpoint, detail: drift.version), .ticket,
                "\(drift.features.count) features of what '\(drift.endpoint)' is sent have drifted from what "
                    + "\(drift.version) was evaluated on: \(names)",
                remedy: "slipway drift \(drift.endpoint)")
        }
    }

    private func happened(_ facts: AlertFacts) -> [WatchedAlert] {
        var found: [WatchedAlert.Key: WatchedAlert] = [:]
        for happening in facts.happenings where facts.time - happening.time <= recent {
            let endpoint = happening.endpoint
            let reason = happening.reason.isEmpty ? "" : ": \(happening.reason)"
            let alert: WatchedAlert
            switch happening.kind {
            case "endpoint.rolledback":
                alert = WatchedAlert(
                    .init("SlipwayRolledBack", endpoint: endpoint), .page, "'\(endpoint)' was rolled back\(reason)",
                    remedy: "slipway history \(endpoint)")
            case "revision.failed":
                alert = WatchedAlert(
                    .init("SlipwayRevisionFailed", endpoint: endpoint), .ticket,
                    "a revision of '\(endpoint)' was given up, what ran before runs on\(reason)",
                    remedy: "slipway history \(endpoint)")
            case "version.quarantined":
                alert = WatchedAlert(
                    .init("SlipwayQuarantined", endpoint: endpoint), .page,
                    "a version of '\(endpoint)' is in quarantine\(reason)", remedy: "slipway status")
            default: continue
            }
            found[alert.key] = alert
        }
        return found.values.sorted { $0.key < $1.key }
    }

    // MARK: - The server

    private static func server(_ facts: AlertFacts) -> [WatchedAlert] {
        var found: [WatchedAlert] = []
        if let disk = facts.disk, disk.size > 0, disk.free < 0.05 * disk.size {
            found.append(
                WatchedAlert(
                    .init("SlipwayDiskFills"), .page,
                    "the home's disk has \(percent(disk.free / disk.size)) left: nothing new is stored when it is full",
                    remedy: "slipway gc", patience: 60_000))
        }
        if let memory = facts.memory, memory.limit > 0, memory.used > 0.95 * memory.limit {
            found.append(
                WatchedAlert(
                    .init("SlipwayMemoryShort"), .ticket,
                    "the server uses \(percent(memory.used / memory.limit)) of the memory that it may",
                    remedy: "slipway status; serve with a larger --memory, or fewer versions", patience: 600_000))
        }
        if let descriptors = facts.descriptors, descriptors.limit > 0, descriptors.used > 0.9 * descriptors.limit {
            found.append(
                WatchedAlert(
                    .init("SlipwayDescriptorsShort"), .page,
                    "the server has \(Int(descriptors.used)) descriptors open of \(Int(descriptors.limit))",
                    remedy: "raise the limit of open files (LimitNOFILE, ulimit -n)", patience: 60_000))
        }
        if let ends = facts.certificateEnds, ends - facts.time < 14 * 86_400_000 {
            let days = Double(ends - facts.time) / 86_400_000
            found.append(
                WatchedAlert(
                    .init("SlipwayCertificateExpires"), days < 2 ? .page : .ticket,
                    days <= 0
                        ? "the certificate has ended: clients refuse the server"
                        : "the certificate ends in \(max(1, Int(days))) days",
                    remedy: "replace the files; the server takes the new ones without a restart"))
        }
        return found
    }

    private static func percent(_ share: Double) -> String {
        let tenths = (share * 1000).rounded() / 10
        return "\(tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)) %"
    }
}
