/// Series under a condition, and which alerts they must raise, by severity.
struct RuleScenario: Sendable {
    let name: String
    let series: [(name: String, labels: String, values: String)]
    /// `ALERT/SEVERITY` and how many of them fire.
    var alerts: [String: Int] = [:]

    /// When it is looked at.
    private static let minutes = 70

    /// As `promtool test rules` reads it.
    var yaml: String {
        var text = "  - name: \(name)\n    interval: 1m\n    input_series:\n"
        for one in series {
            text += "      - series: '\(one.name){job=\"slipway\"\(one.labels.isEmpty ? "" : "," + one.labels)}'\n"
            text += "        values: '\(one.values)'\n"
        }
        text += "    promql_expr_test:\n"
        text += "      - expr: count by (alertname, severity) (ALERTS{alertstate=\"firing\"})\n"
        text += "        eval_time: \(Self.minutes)m\n        exp_samples:\(alerts.isEmpty ? " []" : "")\n"
        for (alert, count) in alerts.sorted(by: { $0.key < $1.key }) {
            let parts = alert.split(separator: "/")
            text += "          - labels: '{alertname=\"\(parts[0])\",severity=\"\(parts[1])\"}'\n"
            text += "            value: \(count)\n"
        }
        return text
    }

    private static let requests = "slipway_requests_total"
    private static let good = #"endpoint="digits",version="1",code="200""#
    private static let bad = #"endpoint="digits",version="1",code="500""#
    private static let server = #"instance="a""#
    private static let quick = #"endpoint="digits",stage="total",le="0.02""#
    private static let total = #"endpoint="digits",stage="total""#
    private static let bucket = "slipway_request_duration_seconds_bucket"
    private static let count = "slipway_request_duration_seconds_count"
    private static let sum = "slipway_request_duration_seconds_sum"

    /// For an endpoint `digits` of which one request in a thousand may fail and one in a hundred take over 20 ms.
    static let all = promises + traffic + machines

    private static let promises = [
        RuleScenario(
            name: "all is well",
            series: [
                (requests, good, "0+1000x120"), (requests, bad, "0+0x120"), ("up", server, "1x120"),
                (bucket, quick, "0+999x120"), (count, total, "0+1000x120"),
                ("slipway_home_free_bytes", server, "50x120"), ("slipway_home_size_bytes", server, "100x120"),
                ("slipway_process_start_time_seconds", server, "7x120"),
                ("slipway_drift_features_drifting", #"endpoint="digits""#, "0x120"),
            ]),
        // 2 % is 20 times the thousandth that may: each pair of windows sees it.
        RuleScenario(
            name: "two in a hundred fail",
            series: [(requests, good, "0+980x120"), (requests, bad, "0+20x120")],
            alerts: ["SlipwayErrorBudgetBurning/page": 2, "SlipwayErrorBudgetBurning/ticket": 2]),
        // 1 % is 10 times: too slow for the first pair.
        RuleScenario(
            name: "one in a hundred fails",
            series: [(requests, good, "0+990x120"), (requests, bad, "0+10x120")],
            alerts: ["SlipwayErrorBudgetBurning/page": 1, "SlipwayErrorBudgetBurning/ticket": 2]),
        // The short windows have forgotten it: nobody is woken for what is over, and the tickets stay.
        RuleScenario(
            name: "it has stopped failing",
            series: [(requests, good, "0+980x120"), (requests, bad, "0+20x30 600x120")],
            alerts: ["SlipwayErrorBudgetBurning/ticket": 2]),
        RuleScenario(
            name: "a tenth is too slow",
            series: [(bucket, quick, "0+900x120"), (count, total, "0+1000x120")],
            alerts: ["SlipwayLatencyBudgetBurning/page": 1, "SlipwayLatencyBudgetBurning/ticket": 2]),
        RuleScenario(name: "nothing is asked", series: [(requests, good, "5x120"), (requests, bad, "5x120")]),
    ]

    private static let traffic = [
        RuleScenario(
            name: "too much is asked",
            series: [
                (requests, good + "," + server, "0+900x120"),
                ("slipway_rejected_requests_total", server + #",reason="overloaded""#, "0+100x120"),
            ], alerts: ["SlipwayOverloaded/page": 1]),
        RuleScenario(
            name: "malformed requests are no load",
            series: [
                (requests, good + "," + server, "0+900x120"),
                ("slipway_rejected_requests_total", server + #",reason="malformed_body""#, "0+100x120"),
            ]),
        RuleScenario(
            name: "requests wait",
            series: [
                (sum, #"endpoint="digits",stage="queue""#, "0+40x120"),
                (sum, #"endpoint="digits",stage="run""#, "0+10x120"),
            ], alerts: ["SlipwayRequestsWait/ticket": 1]),
        RuleScenario(
            name: "a version does not load",
            series: [("slipway_version_load_failures_total", server, "0x60 2x60")],
            alerts: ["SlipwayLoadsFail/page": 1]),
        RuleScenario(
            name: "drift",
            series: [("slipway_drift_features_drifting", #"endpoint="digits",version="1""#, "3x120")],
            alerts: ["SlipwayDrift/ticket": 1]),
    ]

    private static let machines = [
        RuleScenario(name: "down", series: [("up", server, "1x60 0x60")], alerts: ["SlipwayDown/page": 1]),
        RuleScenario(name: "down for a moment", series: [("up", server, "1x69 0 1x60")]),
        RuleScenario(
            name: "it crashes again and again",
            series: [("slipway_process_start_time_seconds", server, "1x55 2 2 3 3 4x60")],
            alerts: ["SlipwayRestarts/page": 1]),
        RuleScenario(
            name: "the disk fills",
            series: [("slipway_home_free_bytes", server, "4x120"), ("slipway_home_size_bytes", server, "100x120")],
            alerts: ["SlipwayDiskFills/page": 1]),
        RuleScenario(
            name: "memory",
            series: [
                ("slipway_process_resident_memory_bytes", server, "96x120"),
                ("slipway_memory_limit_bytes", server, "100x120"),
            ], alerts: ["SlipwayMemoryShort/ticket": 1]),
        RuleScenario(
            name: "no limit of memory",
            series: [
                ("slipway_process_resident_memory_bytes", server, "96x120"),
                ("slipway_memory_limit_bytes", server, "0x120"),
            ]),
        RuleScenario(
            name: "descriptors",
            series: [
                ("slipway_process_open_descriptors", server, "95x120"),
                ("slipway_process_descriptor_limit", server, "100x120"),
            ], alerts: ["SlipwayDescriptorsShort/page": 1]),
        // The clock of the evaluation begins with 1970: 70 minutes, and ten days or one.
        RuleScenario(
            name: "the certificate ends in ten days",
            series: [("slipway_tls_certificate_expiry_timestamp_seconds", server, "868200x120")],
            alerts: ["SlipwayCertificateExpires/ticket": 1]),
        RuleScenario(
            name: "the certificate ends tomorrow",
            series: [("slipway_tls_certificate_expiry_timestamp_seconds", server, "90600x120")],
            alerts: ["SlipwayCertificateExpires/ticket": 1, "SlipwayCertificateExpires/page": 1]),
    ]
}
