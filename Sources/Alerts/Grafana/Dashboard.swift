package import Tensors

/// A dashboard for Grafana: traffic, promises, drift and the servers themselves, for the endpoints that are chosen.
///
/// https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
package enum Dashboard {
    /// The data source that the reader chooses.
    static let source: JSONValue = .object([("type", "prometheus"), ("uid", "${datasource}")])

    /// The dashboard as Grafana imports it.
    package static var json: JSONValue {
        .object([
            ("uid", "slipway"), ("title", "Slipway"), ("tags", .array(["slipway", "machine-learning"])),
            ("schemaVersion", .integer(39)), ("version", .integer(1)), ("editable", .bool(true)),
            ("graphTooltip", .integer(1)), ("timezone", "browser"), ("refresh", "30s"),
            ("time", .object([("from", "now-1h"), ("to", "now")])),
            ("templating", .object([("list", .array(variables))])),
            ("annotations", .object([("list", .array([revisions]))])),
            ("panels", .array(panels)),
        ])
    }

    /// Every expression that the dashboard asks, with Grafana's variables in it.
    package static var expressions: [String] {
        rows.flatMap(\.panels).flatMap(\.queries).map(\.expression) + [revisionExpression]
    }

    // MARK: - Variables and marks

    private static var variables: [JSONValue] {
        [
            .object([
                ("name", "datasource"), ("label", "Prometheus"), ("type", "datasource"), ("query", "prometheus"),
                ("hide", .integer(0)), ("refresh", .integer(1)),
            ]),
            choice("job", "Job", "label_values(slipway_build_info, job)"),
            choice("endpoint", "Endpoint", #"label_values(slipway_endpoint_revision{job=~"$job"}, endpoint)"#),
        ]
    }

    private static func choice(_ name: String, _ label: String, _ query: String) -> JSONValue {
        .object([
            ("name", .string(name)), ("label", .string(label)), ("type", "query"), ("datasource", source),
            ("query", .object([("query", .string(query)), ("refId", .string(name))])), ("refresh", .integer(2)),
            ("multi", .bool(true)), ("includeAll", .bool(true)), ("allValue", ".*"),
            ("current", .object([("text", .array(["All"])), ("value", .array(["$__all"]))])),
        ])
    }

    /// A line wherever an endpoint got another revision.
    private static var revisions: JSONValue {
        .object([
            ("name", "Revisions"), ("enable", .bool(true)), ("iconColor", "blue"), ("datasource", source),
            ("expr", .string(revisionExpression)), ("step", "15s"), ("titleFormat", "{{endpoint}}"),
            ("textFormat", "another revision is in force"), ("tagKeys", "endpoint"),
        ])
    }

    private static let revisionExpression = "changes(slipway_endpoint_revision\(chosen)[1m]) > 0"

    // MARK: - Panels

    /// Panels beside each other, under one heading.
    private struct Row {
        let title: String
        let panels: [Panel]
    }

    /// Laid out from left to right, and below when a row of 24 columns is full.
    private static var panels: [JSONValue] {
        var result: [JSONValue] = []
        var y = 0
        for row in rows {
            result.append(
                .object([
                    ("id", .integer(result.count + 1)), ("type", "row"), ("title", .string(row.title)),
                    ("collapsed", .bool(false)), ("panels", .array([])),
                    (
                        "gridPos",
                        .object([("h", .integer(1)), ("w", .integer(24)), ("x", .integer(0)), ("y", .integer(y))])
                    ),
                ]))
            y += 1
            var (x, height) = (0, 0)
            for panel in row.panels {
                if x + panel.width > 24 {
                    (x, y, height) = (0, y + height, 0)
                }
                result.append(panel.json(id: result.count + 1, x: x, y: y))
                x += panel.width
                height = max(height, panel.height)
            }
            y += height
        }
        return result
    }

    private static let chosen = #"{job=~"$job",endpoint=~"$endpoint"}"#
    private static let servers = #"{job=~"$job"}"#

    private static func chosen(_ more: String) -> String { #"{job=~"$job",endpoint=~"$endpoint",\#(more)}"# }

    private static func rate(_ series: String) -> String { "rate(\(series)[$__rate_interval])" }

    private static func quantile(_ share: String, by labels: String) -> String {
        let buckets = rate("slipway_request_duration_seconds_bucket" + chosen(#"stage="total""#))
        return "histogram_quantile(\(share), sum by (le\(labels)) (\(buckets)))"
    }

    private static var rows: [Row] { [overview, traffic, inside, drift, server] }

    private static var overview: Row {
        let all = "sum(\(rate("slipway_requests_total" + chosen)))"
        let failed = "(sum(\(rate("slipway_requests_total" + chosen(#"code=~"5..""#)))) or vector(0))"
        return Row(
            title: "Now",
            panels: [
                Panel(
                    "Requests", "Answered a second, whatever the code.", .figure, unit: "reqps", width: 4,
                    [(all, "requests")]),
                Panel(
                    "Failed", "Share answered with 5xx.", .figure, unit: "percentunit", width: 4,
                    [("\(failed) / (\(all) > 0)", "failed")], thresholds: (0.001, 0.01)),
                Panel(
                    "p50", "Half of the requests are quicker.", .figure, unit: "s", width: 4,
                    [(quantile("0.5", by: ""), "p50")]),
                Panel(
                    "p99", "One request in a hundred is slower.", .figure, unit: "s", width: 4,
                    [(quantile("0.99", by: ""), "p99")]),
                Panel(
                    "In flight", "Requests that are not answered yet.", .figure, unit: "short", width: 4,
                    [("sum(slipway_requests_in_flight\(chosen))", "in flight")]),
                Panel(
                    "Drifting features", "Features that have moved significantly and much, twice in a row.", .figure,
                    unit: "short", width: 4,
                    [("sum(slipway_drift_features_drifting\(chosen)) or vector(0)", "features")],
                    thresholds: (1, 10)),
            ])
    }

    private static var traffic: Row {
        Row(
            title: "Traffic",
            panels: [
                Panel(
                    "Requests by version", "Who answers; a rollout shows here.", .stack, unit: "reqps", width: 12,
                    [
                        (
                            "sum by (endpoint, model, version) (\(rate("slipway_requests_total" + chosen)))",
                            "{{endpoint}} {{model}}:{{version}}"
                        )
                    ]),
                Panel(
                    "Answers by code", "Everything but 200.", .stack, unit: "reqps", width: 12,
                    [
                        (
                            "sum by (endpoint, code) (\(rate("slipway_requests_total" + chosen(#"code!="200""#))))",
                            "{{endpoint}} {{code}}"
                        )
                    ]),
                Panel(
                    "Latency by version", "From the first byte read to the reply handed to the socket.", .lines,
                    unit: "s", width: 12,
                    [
                        (quantile("0.5", by: ", endpoint, model, version"), "{{endpoint}} {{model}}:{{version}} p50"),
                        (quantile("0.99", by: ", endpoint, model, version"), "{{endpoint}} {{model}}:{{version}} p99"),
                    ]),
                Panel(
                    "Latencies", "All requests, by how long they took.", .heatmap, unit: "s", width: 12,
                    [
                        (
                            "sum by (le) (\(rate("slipway_request_duration_seconds_bucket" + chosen(#"stage="total""#))))",
                            "{{le}}"
                        )
                    ]),
                Panel(
                    "Where the time goes", "The mean of each stage of a request.", .stack, unit: "s", width: 12,
                    [
                        (
                            "sum by (stage) (\(rate("slipway_request_duration_seconds_sum" + chosen(#"stage!="total""#))))"
                                + " / sum by (stage) (\(rate("slipway_request_duration_seconds_count" + chosen(#"stage!="total""#))))",
                            "{{stage}}"
                        )
                    ]),
                Panel(
                    "Share of the traffic", "As the plan says.", .stack, unit: "percentunit", width: 12,
                    [("slipway_traffic_share_ratio\(chosen)", "{{endpoint}} {{model}}:{{version}} {{role}}")]),
            ])
    }

    private static var inside: Row {
        Row(
            title: "Inside",
            panels: [
                Panel(
                    "Refused", "Requests that no version was asked about, by reason.", .stack, unit: "reqps", width: 8,
                    [("sum by (reason) (\(rate("slipway_rejected_requests_total" + servers)))", "{{reason}}")]),
                Panel(
                    "Runs", "Of the graph: on the event loop when short, else on threads; batched requests share one.",
                    .lines, unit: "ops", width: 8,
                    [
                        ("sum by (mode) (\(rate("slipway_runs_total" + chosen)))", "{{mode}}"),
                        ("sum(\(rate("slipway_batched_requests_total" + chosen)))", "requests that shared a run"),
                    ]),
                Panel(
                    "Versions in memory", "What loading them took.", .stack, unit: "bytes", width: 8,
                    [
                        (
                            "slipway_version_memory_bytes\(chosen) and slipway_version_resident\(chosen) == 1",
                            "{{endpoint}} {{model}}:{{version}}"
                        )
                    ]),
            ])
    }

    private static var drift: Row {
        Row(
            title: "Drift",
            panels: [
                Panel(
                    "Effect by feature", "Size of a feature's difference from the reference; from 1 on it is large.",
                    .lines, unit: "short", width: 16,
                    [
                        (
                            "topk(10, slipway_drift_effect_ratio\(chosen))",
                            "{{endpoint}} {{model}}:{{version}} {{feature}}"
                        )
                    ], thresholds: (1, 2)),
                Panel(
                    "Rows in the window", "Rows of the window that is open.", .lines, unit: "short", width: 8,
                    [("slipway_drift_window_rows\(chosen)", "{{endpoint}} {{model}}:{{version}}")]),
            ])
    }

    private static var server: Row {
        Row(
            title: "Servers",
            panels: [
                Panel(
                    "Processor", "Cores in use.", .lines, unit: "short", width: 6,
                    [(rate("slipway_process_cpu_seconds" + servers), "{{instance}}")]),
                Panel(
                    "Memory", "Resident, and what it may be.", .lines, unit: "bytes", width: 6,
                    [
                        ("slipway_process_resident_memory_bytes\(servers)", "{{instance}}"),
                        ("slipway_memory_limit_bytes\(servers) > 0", "{{instance}} limit"),
                    ]),
                Panel(
                    "Connections and descriptors", "Open on the data plane; open in all.", .lines, unit: "short",
                    width: 6,
                    [
                        ("slipway_connections\(servers)", "{{instance}} connections"),
                        ("slipway_process_open_descriptors\(servers)", "{{instance}} descriptors"),
                    ]),
                Panel(
                    "Disk", "Free where the home lies.", .lines, unit: "bytes", width: 6,
                    [("slipway_home_free_bytes\(servers)", "{{instance}}")]),
            ])
    }
}
