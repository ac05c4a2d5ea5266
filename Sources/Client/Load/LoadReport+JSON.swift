package import Tensors

extension LoadReport {
    /// Every figure but the timeline, times in seconds: what `slipway bench --json` and the benchmarks print.
    package var figures: [(String, JSONValue)] {
        [
            ("seconds", .number(elapsed)), ("sent", .integer(sent)), ("ok", .integer(ok)), ("wrong", .integer(wrong)),
            ("failed", .integer(failed)), ("late", .integer(late)), ("unsent", .integer(unsent)),
            ("reconnects", .integer(reconnects)), ("rate", .number(rate)),
            ("latency", latency.map(\.json) ?? .null),
            ("spread", .array(spread.map(\.json))),
            ("versions", .object(versions.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            (
                "connections",
                .object([
                    ("count", .integer(connections.count)), ("fairness", .number(fairness)),
                    ("least", .integer(connections.min() ?? 0)), ("most", .integer(connections.max() ?? 0)),
                ])
            ),
            (
                "failures",
                .object(
                    failures.sorted { $0.key.description < $1.key.description }
                        .map { ($0.key.description, .integer($0.value)) })
            ),
            ("messages", .array(messages.map(JSONValue.string))),
        ]
    }
}

extension LoadReport.Latency {
    fileprivate var json: JSONValue {
        .object([
            ("p50", .number(p50)), ("p90", .number(p90)), ("p95", .number(p95)), ("p99", .number(p99)),
            ("p999", .number(p999)), ("max", .number(maximum)), ("mean", .number(mean)),
        ])
    }
}

extension LoadReport.Bucket {
    /// `upTo` is null beyond 100 seconds.
    fileprivate var json: JSONValue {
        .object([("upTo", upTo.isFinite ? .number(upTo) : .null), ("count", .integer(count))])
    }
}
