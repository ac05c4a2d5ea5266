import Release
package import Tensors

/// Rules for Prometheus: ratios worth recording, and alerts on what the endpoints promise and on the server itself.
///
/// https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/
package struct RuleFile: Sendable {
    /// The promises that are watched.
    let objectives: [ServiceObjective]
    /// The job under which Prometheus scrapes the servers.
    static let job = "slipway"

    package init(objectives: [ServiceObjective]) {
        self.objectives = objectives
    }

    /// The file as a tree.
    package var json: JSONValue {
        var groups = [group("slipway-ratios", recordingRules)]
        let burning = objectives.flatMap(burnAlerts)
        if !burning.isEmpty { groups.append(group("slipway-objectives", burning)) }
        groups.append(group("slipway-traffic", trafficAlerts))
        groups.append(group("slipway-drift", driftAlerts))
        groups.append(group("slipway-server", serverAlerts))
        return .object([("groups", .array(groups))])
    }

    private func group(_ name: String, _ rules: [JSONValue]) -> JSONValue {
        .object([("name", .string(name)), ("rules", .array(rules))])
    }

    // MARK: - What is recorded

    private var recordingRules: [JSONValue] {
        let failed = BurnWindow.recorded.map { window in
            record(
                "slipway:requests_failed:ratio_rate\(window)",
                PromQL.ratio(
                    of: "slipway_requests_total" + selector(#"code=~"5..""#),
                    to: "slipway_requests_total" + selector(), over: window))
        }
        let slow = objectives.flatMap { objective -> [JSONValue] in
            guard case .slow(let seconds) = objective.subject else { return [] }
            return BurnWindow.recorded.map { slowRatio(objective, seconds, $0) }
        }
        return failed + slow
    }

    private func slowRatio(_ objective: ServiceObjective, _ seconds: Double, _ window: String) -> JSONValue {
        let labels = #"stage="total",endpoint="# + PromQL.quoted(objective.endpoint.text)
        let quick = "slipway_request_duration_seconds_bucket" + selector(labels + ",le=~" + PromQL.edge(seconds))
        let all = "slipway_request_duration_seconds_count" + selector(labels)
        return record(
            "slipway:requests_slow:ratio_rate\(window)",
            """
            1 - (
              sum by (job, endpoint) (rate(\(quick)[\(window)]))
              /
              (sum by (job, endpoint) (rate(\(all)[\(window)])) > 0)
            )
            """, labels: [("bound", .string(PromQL.seconds(seconds)))])
    }

    private func record(_ name: String, _ expression: String, labels: [(String, JSONValue)] = []) -> JSONValue {
        var members: [(String, JSONValue)] = [("record", .string(name)), ("expr", .string(expression))]
        if !labels.isEmpty { members.append(("labels", .object(labels))) }
        return .object(members)
    }

    // MARK: - Promises

    private func burnAlerts(_ objective: ServiceObjective) -> [JSONValue] {
        // Nobody can burn faster than with every request.
        BurnWindow.all.filter { $0.rate * objective.budget < 1 }.map { window in
            let endpoint = objective.endpoint.text
            let limit = PromQL.number(window.rate * objective.budget)
            var labels = "endpoint=" + PromQL.quoted(endpoint)
            let (series, name, bad, remedy): (String, String, String, String)
            switch objective.subject {
            case .failed:
                (series, name, bad) = ("slipway:requests_failed", "SlipwayErrorBudgetBurning", "fail")
                remedy = "slipway history \(endpoint), then slipway rollback \(endpoint)"
            case .slow(let seconds):
                labels += ",bound=" + PromQL.quoted(PromQL.seconds(seconds))
                (series, name) = ("slipway:requests_slow", "SlipwayLatencyBudgetBurning")
                bad = "take longer than \(PromQL.seconds(seconds))"
                remedy = "slipway status \(endpoint), then slipway tune \(endpoint)"
            }
            let chosen = selector(labels)
            let share = PromQL.percent(objective.budget)
            return Alert(
                name,
                """
                \(series):ratio_rate\(window.long)\(chosen) > \(limit)
                and
                \(series):ratio_rate\(window.short)\(chosen) > \(limit)
                """,
                severity: window.severity,
                summary: "{{ $value | humanizePercentage }} of the requests to '\(endpoint)' \(bad)",
                description: "\(share) may\(objective.isDeclared ? "" : " (nothing else is declared)"); over "
                    + "\(window.long) and \(window.short) it was more than \(PromQL.number(window.rate)) times as "
                    + "much: \(window.spent).",
                remedy: remedy, labels: [("endpoint", .string(endpoint)), ("window", .string(window.long))]
            ).json
        }
    }

    // MARK: - Traffic

    private var trafficAlerts: [JSONValue] {
        let refused = selector(#"reason=~"overloaded|queue_full|out_of_memory|too_many_connections""#)
        return [
            Alert(
                "SlipwayOverloaded",
                """
                sum by (job, instance) (rate(slipway_rejected_requests_total\(refused)[5m]))
                /
                (
                  sum by (job, instance) (rate(slipway_requests_total\(selector())[5m]))
                  + sum by (job, instance) (rate(slipway_rejected_requests_total\(refused)[5m]))
                ) > 0.01
                """,
                lasting: "5m", severity: .page,
                summary: "{{ $labels.instance }} refuses {{ $value | humanizePercentage }} of the requests",
                description: "More arrives than the server can do: it says no early so that what it takes is quick.",
                remedy: "slipway bench ENDPOINT; add a server, or slipway tune ENDPOINT"
            ).json,
            Alert(
                "SlipwayRequestsWait",
                """
                sum by (job, endpoint) (rate(slipway_request_duration_seconds_sum\(selector(#"stage="queue""#))[10m]))
                > 3 *
                sum by (job, endpoint) (rate(slipway_request_duration_seconds_sum\(selector(#"stage="run""#))[10m]))
                """,
                lasting: "10m", severity: .ticket,
                summary: "requests to '{{ $labels.endpoint }}' wait longer than they run",
                description: "Over ten minutes they spent more than three times as long in the queue as in the engine.",
                remedy: "slipway tune {{ $labels.endpoint }}"
            ).json,
            Alert(
                "SlipwayLoadsFail", "increase(slipway_version_load_failures_total\(selector())[15m]) > 0",
                severity: .page,
                summary: "{{ $labels.instance }} cannot bring a version into memory that requests ask for",
                description: "It happened {{ $value | humanize }} times in a quarter of an hour.",
                remedy: "slipway status; slipway doctor"
            ).json,
        ]
    }

    // MARK: - Drift

    private var driftAlerts: [JSONValue] {
        [
            Alert(
                "SlipwayDrift", "slipway_drift_features_drifting\(selector()) > 0", severity: .ticket,
                summary: "{{ $value }} features of what '{{ $labels.endpoint }}' is sent have drifted",
                description:
                    "They differ from the rows that version {{ $labels.version }} was evaluated on: significantly, "
                    + "and much, in two windows in a row.",
                remedy: "slipway drift {{ $labels.endpoint }}"
            ).json
        ]
    }

    // MARK: - The server

    private var serverAlerts: [JSONValue] {
        [
            Alert(
                "SlipwayDown", "up\(selector()) == 0", lasting: "1m", severity: .page,
                summary: "{{ $labels.instance }} does not answer",
                description: "Prometheus has not been able to read its metrics for a minute.",
                remedy: "slipway status; slipway doctor"
            ).json,
            Alert(
                "SlipwayRestarts", "changes(slipway_process_start_time_seconds\(selector())[30m]) > 2",
                severity: .page,
                summary: "{{ $labels.instance }} was started {{ $value }} times in half an hour",
                description: "A version that crashes the server is put into quarantine after the second crash.",
                remedy: "slipway status, which names what is in quarantine"
            ).json,
            Alert(
                "SlipwayDiskFills",
                """
                slipway_home_free_bytes\(selector()) < 0.05 * slipway_home_size_bytes\(selector())
                """,
                lasting: "5m", severity: .page,
                summary: "the disk of {{ $labels.instance }} has {{ $value | humanize1024 }}B left",
                description: "Less than a twentieth is free. Serving goes on when it is full; nothing new is stored.",
                remedy: "slipway gc"
            ).json,
            Alert(
                "SlipwayMemoryShort",
                """
                slipway_process_resident_memory_bytes\(selector())
                > 0.95 * (slipway_memory_limit_bytes\(selector()) > 0)
                """,
                lasting: "10m", severity: .ticket,
                summary: "{{ $labels.instance }} uses {{ $value | humanize1024 }}B, nearly all that it may",
                description: "Versions that are asked for seldom are taken out of memory and come back when needed.",
                remedy: "slipway status; serve with a larger --memory, or fewer versions"
            ).json,
            Alert(
                "SlipwayDescriptorsShort",
                """
                slipway_process_open_descriptors\(selector())
                > 0.9 * slipway_process_descriptor_limit\(selector())
                """,
                lasting: "5m", severity: .page,
                summary: "{{ $labels.instance }} has {{ $value }} descriptors open, nearly all that it may",
                description: "New connections are refused when there are none left.",
                remedy: "raise the limit of open files (LimitNOFILE, ulimit -n)"
            ).json,
        ] + certificateAlerts
    }

    private var certificateAlerts: [JSONValue] {
        [(days: 14, severity: BurnWindow.Severity.ticket), (2, .page)].map { days, severity in
            Alert(
                "SlipwayCertificateExpires",
                """
                slipway_tls_certificate_expiry_timestamp_seconds\(selector()) - time() < \(days) * 86400
                """,
                severity: severity,
                summary: "the certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}",
                description: "Clients refuse the server from then on.",
                remedy: "replace the files; the server takes the new ones without a restart"
            ).json
        }
    }

    // MARK: - Selectors

    private var jobLabel: String { "job=" + PromQL.quoted(Self.job) }

    private func selector(_ more: String = "") -> String {
        more.isEmpty ? "{\(jobLabel)}" : "{\(jobLabel),\(more)}"
    }
}

/// One alerting rule.
private struct Alert {
    private let members: [(String, JSONValue)]

    /// - Parameters:
    ///   - lasting: how long it must hold before anybody is told.
    ///   - remedy: what to type.
    init(
        _ name: String, _ expression: String, lasting: String? = nil, severity: BurnWindow.Severity, summary: String,
        description: String, remedy: String, labels: [(String, JSONValue)] = []
    ) {
        var members: [(String, JSONValue)] = [("alert", .string(name)), ("expr", .string(expression))]
        if let lasting { members.append(("for", .string(lasting))) }
        members.append(("labels", .object([("severity", .string(severity.rawValue))] + labels)))
        members.append(
            (
                "annotations",
                .object([
                    ("summary", .string(summary)), ("description", .string(description)), ("remedy", .string(remedy)),
                ])
            ))
        self.members = members
    }

    var json: JSONValue { .object(members) }
}
