import Tensors

/// What other programs are set up with to watch Slipway: a folder of files that work together as they are.
package struct MonitoringFiles: Sendable {
    /// One file of the folder.
    package enum Kind: String, Sendable, CaseIterable {
        case prometheus, rules, alertmanager, dashboard, provisioning

        /// Its path within the folder.
        package var path: String {
            switch self {
            case .prometheus: "prometheus.yml"
            case .rules: "slipway.rules.yml"
            case .alertmanager: "alertmanager.yml"
            case .dashboard: "grafana/dashboards/slipway.json"
            case .provisioning: "grafana/provisioning/slipway.yml"
            }
        }
    }

    /// What the endpoints promise.
    let objectives: [ServiceObjective]
    /// The servers to read metrics from, as `host:port` of either plane.
    let servers: [String]
    /// Whether they are spoken to with TLS.
    let isSecure: Bool
    /// Seconds between two readings.
    let interval: Int
    /// Where Prometheus finds Alertmanager: `host:port`.
    let alertmanager: String
    /// Where Alertmanager sends alerts to.
    let webhook: String

    package init(
        objectives: [ServiceObjective], servers: [String], isSecure: Bool, interval: Int, alertmanager: String,
        webhook: String
    ) {
        self.objectives = objectives
        self.servers = servers
        self.isSecure = isSecure
        self.interval = interval
        self.alertmanager = alertmanager
        self.webhook = webhook
    }

    /// The text of one file.
    package func text(_ kind: Kind) -> String {
        switch kind {
        case .prometheus:
            Self.heading("Prometheus: prometheus --config.file=prometheus.yml") + YAMLText.write(collection)
        case .rules:
            Self.heading(
                "Rules for Prometheus; promtool check rules slipway.rules.yml. Made anew when promises change.")
                + YAMLText.write(RuleFile(objectives: objectives).json)
        case .alertmanager:
            Self.heading("Alertmanager: alertmanager --config.file=alertmanager.yml") + YAMLText.write(notification)
        case .dashboard: Dashboard.json.encodedString(pretty: true) + "\n"
        case .provisioning:
            Self.heading("Grafana: into /etc/grafana/provisioning/dashboards; the dashboards' folder is named in it.")
                + YAMLText.write(provisioning)
        }
    }

    private static func heading(_ text: String) -> String { "# \(text)\n" }

    private var collection: JSONValue {
        .object([
            (
                "global",
                .object([
                    ("scrape_interval", .string("\(interval)s")), ("evaluation_interval", .string("\(interval)s")),
                ])
            ),
            ("rule_files", .array([.string(Kind.rules.path)])),
            (
                "alerting",
                .object([("alertmanagers", .array([.object([("static_configs", targets([alertmanager]))])]))])
            ),
            (
                "scrape_configs",
                .array([
                    .object([
                        ("job_name", .string(RuleFile.job)), ("scheme", isSecure ? "https" : "http"),
                        ("static_configs", targets(servers)),
                    ])
                ])
            ),
        ])
    }

    private func targets(_ addresses: [String]) -> JSONValue {
        .array([.object([("targets", .array(addresses.map(JSONValue.string)))])])
    }

    /// Pages go out at once and again every hour, tickets a day later; alerts of one endpoint come together.
    private var notification: JSONValue {
        .object([
            (
                "route",
                .object([
                    ("receiver", "slipway"), ("group_by", .array(["alertname", "endpoint"])),
                    ("group_wait", "10s"), ("group_interval", "1m"), ("repeat_interval", "24h"),
                    (
                        "routes",
                        .array([
                            .object([
                                ("receiver", "slipway"), ("matchers", .array([.string(#"severity="page""#)])),
                                ("repeat_interval", "1h"),
                            ])
                        ])
                    ),
                ])
            ),
            (
                "inhibit_rules",
                .array([
                    .object([
                        ("source_matchers", .array([.string(#"severity="page""#)])),
                        ("target_matchers", .array([.string(#"severity="ticket""#)])),
                        ("equal", .array(["alertname", "endpoint", "bound"])),
                    ])
                ])
            ),
            (
                "receivers",
                .array([
                    .object([
                        ("name", "slipway"),
                        (
                            "webhook_configs",
                            .array([.object([("url", .string(webhook)), ("send_resolved", .bool(true))])])
                        ),
                    ])
                ])
            ),
        ])
    }

    private var provisioning: JSONValue {
        .object([
            ("apiVersion", .integer(1)),
            (
                "providers",
                .array([
                    .object([
                        ("name", "slipway"), ("type", "file"), ("allowUiUpdates", .bool(true)),
                        ("options", .object([("path", "/var/lib/grafana/dashboards")])),
                    ])
                ])
            ),
        ])
    }
}
