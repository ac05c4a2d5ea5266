import Tensors

/// One panel of a dashboard.
struct Panel: Sendable {
    /// How it draws.
    enum Kind: Sendable {
        /// Lines over time.
        case lines
        /// Lines over time, one on top of the other.
        case stack
        /// One large figure with its course behind it.
        case figure
        /// Buckets of a histogram over time.
        case heatmap
    }

    /// One query and what its series are called.
    struct Query: Sendable {
        let expression: String
        let legend: String
    }

    let title: String
    /// What it shows and what to make of it.
    let description: String
    let kind: Kind
    /// One of Grafana's names of units, such as `reqps`.
    let unit: String
    /// Of 24 columns.
    let width: Int
    let queries: [Query]
    /// Values from which it turns orange and red.
    var thresholds: (Double, Double)?

    init(
        _ title: String, _ description: String, _ kind: Kind, unit: String, width: Int,
        _ queries: [(expression: String, legend: String)], thresholds: (Double, Double)? = nil
    ) {
        self.title = title
        self.description = description
        self.kind = kind
        self.unit = unit
        self.width = width
        self.queries = queries.map { Query(expression: $0.expression, legend: $0.legend) }
        self.thresholds = thresholds
    }

    var height: Int { kind == .figure ? 4 : 8 }

    /// As Grafana reads it.
    func json(id: Int, x: Int, y: Int) -> JSONValue {
        .object([
            ("id", .integer(id)), ("type", .string(type)), ("title", .string(title)),
            ("description", .string(description)), ("datasource", Dashboard.source),
            (
                "gridPos",
                .object([("h", .integer(height)), ("w", .integer(width)), ("x", .integer(x)), ("y", .integer(y))])
            ),
            ("targets", .array(queries.enumerated().map { target($1, letter: $0) })),
            ("fieldConfig", .object([("defaults", defaults), ("overrides", .array([]))])),
            ("options", options),
        ])
    }

    private var type: String {
        switch kind {
        case .lines, .stack: "timeseries"
        case .figure: "stat"
        case .heatmap: "heatmap"
        }
    }

    private func target(_ query: Query, letter: Int) -> JSONValue {
        .object([
            ("refId", .string(String(UnicodeScalar(UInt8(ascii: "A") + UInt8(clamping: letter))))),
            ("datasource", Dashboard.source), ("expr", .string(query.expression)),
            ("legendFormat", .string(query.legend)), ("range", .bool(true)), ("exemplar", .bool(false)),
            ("format", .string(kind == .heatmap ? "heatmap" : "time_series")),
        ])
    }

    private var defaults: JSONValue {
        var members: [(String, JSONValue)] = [("unit", .string(unit)), ("min", .integer(0))]
        if kind == .lines || kind == .stack {
            members.append(
                (
                    "custom",
                    .object([
                        ("lineWidth", .integer(1)), ("fillOpacity", .integer(kind == .stack ? 40 : 8)),
                        ("showPoints", "never"), ("spanNulls", .bool(false)),
                        ("stacking", .object([("mode", .string(kind == .stack ? "normal" : "none"))])),
                    ])
                ))
        }
        if let thresholds {
            members.append(
                (
                    "thresholds",
                    .object([
                        ("mode", "absolute"),
                        (
                            "steps",
                            .array([
                                .object([("color", "green"), ("value", .null)]),
                                .object([("color", "orange"), ("value", .number(thresholds.0))]),
                                .object([("color", "red"), ("value", .number(thresholds.1))]),
                            ])
                        ),
                    ])
                ))
        }
        return .object(members)
    }

    private var options: JSONValue {
        switch kind {
        case .lines, .stack:
            .object([
                (
                    "legend",
                    .object([("displayMode", "list"), ("placement", "bottom"), ("showLegend", .bool(true))])
                ),
                ("tooltip", .object([("mode", "multi"), ("sort", "desc")])),
            ])
        case .figure:
            .object([
                ("graphMode", "area"), ("colorMode", "value"), ("justifyMode", "auto"),
                ("reduceOptions", .object([("calcs", .array(["lastNotNull"])), ("values", .bool(false))])),
            ])
        case .heatmap:
            .object([
                ("calculate", .bool(false)), ("yAxis", .object([("unit", .string(unit))])),
                ("color", .object([("scheme", "Oranges"), ("mode", "scheme"), ("steps", .integer(64))])),
                ("tooltip", .object([("mode", "single"), ("yHistogram", .bool(false))])),
            ])
        }
    }
}
