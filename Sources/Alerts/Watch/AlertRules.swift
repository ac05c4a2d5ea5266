import Monitor
import Release
package import Tensors

/// What of the facts is an alert: the same promises, limits and pairs of windows as in the generated Prometheus rules. Holds
/// the three days that the longest of those needs.
package struct AlertRules: Sendable {
    private struct Budget: Hashable, Sendable {
        var endpoint: String
        var subject: ServiceObjective.Subject

        var seconds: Double? { if case .slow(let seconds) = subject { seconds } else { nil } }
    }

    /// Every alert that there is.
    package static let names = [
        "SlipwayErrorBudgetBurning", "SlipwayLatencyBudgetBurning", "SlipwayOverloaded", "SlipwayDrift",
        "SlipwayRolledBack", "SlipwayRevisionFailed", "SlipwayQuarantined", "SlipwayDiskFills", "SlipwayMemoryShort",
        "SlipwayDescriptorsShort", "SlipwayCertificateExpires",
    ]

    /// Requests that must have broken a promise before anybody is woken: a ratio of three requests says nothing.
    package static let fewest = 5.0
    /// The pairs of windows of the generated rules, in milliseconds.
    static let windows = BurnWindow.all.compactMap { window -> (long: Int, short: Int, rule: BurnWindow)? in
        guard let long = try? TimeSpan(window.long), let short = try? TimeSpan(window.short) else { return nil }
        return (long.milliseconds, short.milliseconds, window)
    }

    private let off: Set<String>
    private let recent: Int
    private var budgets: [Budget: BudgetHistory] = [:]
    private var load = BudgetHistory()
    /// Requests that each endpoint had answered at the last look, also one that is withdrawn since; and their sum.
    private var answered: (each: [String: Double], all: Double) = ([:], 0)
    /// Histories of before a restart, of what has not been seen since.
    private var earlier: [Budget: BudgetHistory] = [:]

    /// - Parameter history: what an earlier server's rules gave as theirs; what cannot be read of it is left out.
    package init(_ settings: AlertSettings, history: JSONValue? = nil) {
        off = settings.off
        recent = settings.recent
        for row in history?.arrayValue?.prefix(Self.mostKept) ?? [] {
            guard let endpoint = row["endpoint"]?.stringValue, let points = row["points"],
                let kept = BudgetHistory(json: points)
            else { continue }
            let subject = row["seconds"]?.doubleValue.map { ServiceObjective.Subject.slow($0) } ?? .failed
            if endpoint.isEmpty { load = kept } else { earlier[Budget(endpoint: endpoint, subject: subject)] = kept }
        }
    }

    /// Histories that are kept over a restart.
    private static let mostKept = 200

    /// Histories that there are.
    package var historyCount: Int { budgets.count }

    /// What of the last three days has to be known after a restart.
    package var history: JSONValue {
        let all = earlier.merging(budgets) { $1 }.filter { !$0.value.isIdle }
        let sorted = all.sorted { ($0.key.endpoint, $0.key.seconds ?? 0) < ($1.key.endpoint, $1.key.seconds ?? 0) }
        let rows = sorted.prefix(Self.mostKept - 1).map { budget, history in
            JSONValue.object([
                ("endpoint", .string(budget.endpoint)), ("seconds", budget.seconds.map(JSONValue.number) ?? .null),
                ("points", history.json),
            ])
        }
        return .array(rows + (load.isIdle ? [] : [.object([("endpoint", ""), ("points", load.json)])]))
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
                let kept = earlier.removeValue(forKey: budget)
                budgets[budget, default: kept ?? BudgetHistory()].add(all: counts.all, bad: counts.bad, at: facts.time)
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
        let burning = windows.compactMap { window -> WatchedAlert? in
            let limit = window.rule.rate * objective.budget
            let (long, short) = (history.totals(over: window.long), history.totals(over: window.short))
            guard limit < 1, long.bad >= fewest, long.all > 0, short.all > 0, long.bad / long.all > limit,
                short.bad / short.all > limit,
                // What is to be seen over hours is not told from minutes.
                window.rule.severity == .page || history.known >= window.short
            else { return nil }
            return alert(objective, endpoint, window.rule, share: short.bad / short.all)
        }
        // As in the generated settings of Alertmanager: nobody gets a ticket for what wakes somebody.
        let pages = burning.filter { $0.severity == .page }
        return pages.isEmpty ? burning : pages
    }

    private static func alert(
        _ objective: ServiceObjective, _ endpoint: String, _ window: BurnWindow, share: Double
    ) -> WatchedAlert {
        let (name, bad, remedy): (String, String, String) =
            switch objective.subject {
            case .failed: ("SlipwayErrorBudgetBurning", "fail", "slipway history \(endpoint), then slipway rollback")
            case .slow(let seconds):
                (
                    "SlipwayLatencyBudgetBurning", "take longer than \(PromQL.seconds(seconds))",
                    "slipway status \(endpoint), then slipway tune"
                )
            }
        return WatchedAlert(
            .init(name, endpoint: endpoint, detail: window.long), window.severity == .page ? .page : .ticket,
            "\(percent(share)) of the requests to '\(endpoint)' \(bad); \(percent(objective.budget)) may",
            remedy: "\(remedy) \(endpoint)")
    }

    private mutating func overloaded(_ facts: AlertFacts) -> [WatchedAlert] {
        for (name, known) in facts.endpoints {
            let (requests, before) = (Double(known.sample.requests), answered.each[name] ?? 0)
            answered.all += requests >= before ? requests - before : requests
            answered.each[name] = requests
        }
        load.add(all: answered.all + facts.refused, bad: facts.refused, at: facts.time)
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
        for happening in facts.happenings where abs(facts.time - happening.time) <= recent {
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
