import Client
import Tensors

/// What a load did to a server, for people and for programs.
enum BenchText {
    /// Times in seconds.
    static func json(_ report: LoadReport) -> JSONValue {
        .object([
            ("seconds", .number(report.elapsed)), ("sent", .integer(report.sent)), ("ok", .integer(report.ok)),
            ("failed", .integer(report.failed)), ("late", .integer(report.late)), ("unsent", .integer(report.unsent)),
            ("rate", .number(report.rate)),
            (
                "latency",
                report.latency.map { latency in
                    .object([
                        ("p50", .number(latency.p50)), ("p90", .number(latency.p90)), ("p99", .number(latency.p99)),
                        ("max", .number(latency.maximum)), ("mean", .number(latency.mean)),
                    ])
                } ?? .null
            ),
            (
                "spread",
                .array(
                    report.spread.map { bucket in
                        .object([
                            ("upTo", bucket.upTo.isFinite ? .number(bucket.upTo) : .null),
                            ("count", .integer(bucket.count)),
                        ])
                    })
            ),
            ("versions", .object(report.versions.sorted { $0.key < $1.key }.map { ($0.key, .integer($0.value)) })),
            (
                "failures",
                .object(
                    report.failures.sorted { $0.key.description < $1.key.description }
                        .map { ($0.key.description, .integer($0.value)) })
            ),
            ("messages", .array(report.messages.map(JSONValue.string))),
        ])
    }

    /// - Parameter width: cells of the longest bar.
    static func lines(_ report: LoadReport, width: Int) -> [String] {
        var lines = [
            "\(Quantity.count(report.ok)) answers in \(Quantity.seconds(report.elapsed)): "
                + "\(Quantity.count(Int(report.rate.rounded()))) a second"
        ]
        if report.failed > 0 {
            let kinds = report.failures.sorted { $0.value > $1.value }.map { "\($0.key): \(Quantity.count($0.value))" }
            lines.append("\(Quantity.count(report.failed)) failed (\(kinds.joined(separator: ", ")))")
        }
        if report.unsent + report.late > 0 {
            lines.append(
                "\(Quantity.count(report.late)) sent over a millisecond late, \(Quantity.count(report.unsent)) not sent"
            )
        }
        if report.versions.count > 1 {
            let parts = report.versions.sorted { $0.key < $1.key }.map { "\($0.key): \(Quantity.count($0.value))" }
            lines.append("by version: \(parts.joined(separator: ", "))")
        }
        guard let latency = report.latency else { return lines + report.messages.prefix(3) }
        lines.append(
            "p50 \(Quantity.seconds(latency.p50))   p90 \(Quantity.seconds(latency.p90))   "
                + "p99 \(Quantity.seconds(latency.p99))   max \(Quantity.seconds(latency.maximum))")
        return lines + [""] + chart(report.spread, width: width) + report.messages.prefix(3)
    }

    /// Upper ends of the chart's bars: 1, 2 and 5 times each power of ten from 10 microseconds to 100 seconds.
    private static let ends: [Double] =
        (-5...1).flatMap { exponent -> [Double] in [1, 2, 5].map { $0 * power(exponent) } } + [100]

    private static func power(_ exponent: Int) -> Double {
        (0..<abs(exponent)).reduce(1.0) { value, _ in exponent < 0 ? value / 10 : value * 10 }
    }

    /// A bar for each step in which there are answers, and those between.
    private static func chart(_ spread: [LoadReport.Bucket], width: Int) -> [String] {
        var counts = [Int](repeating: 0, count: ends.count + 1)
        for bucket in spread { counts[ends.firstIndex { bucket.upTo <= $0 * 1.02 } ?? ends.count] += bucket.count }
        let all = counts.reduce(0, +)
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }),
            let top = counts.max()
        else { return [] }
        return (first...last).map { index in
            let name = index < ends.count ? "up to \(Quantity.seconds(ends[index]))" : "longer"
            let share = Double(counts[index]) / Double(all)
            let bar = String(
                repeating: "█", count: Int((Double(counts[index]) / Double(top) * Double(width)).rounded()))
            return "  " + pad(name, 15) + pad(Quantity.percent(share, places: 1), 9) + bar
        }
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
