/// Metrics as text: in Prometheus's format 0.0.4, or in OpenMetrics 1.0.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
/// https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md
struct ExpositionText {
    private(set) var bytes: [UInt8] = []
    private let format: MetricsFormat
    /// Units that OpenMetrics is told of: what a name ends in.
    private static let units = ["seconds", "bytes", "ratio"]

    init(_ format: MetricsFormat) { self.format = format }

    mutating func append(_ family: MetricFamily, named name: String) {
        let isOpen = format == .openMetrics
        let base = isOpen && family.kind == .counter ? String(name.dropLast("_total".count)) : name
        line("# HELP \(base) \(Self.escaped(family.help, quotes: isOpen))")
        line("# TYPE \(base) \(family.kind.rawValue)")
        if isOpen, let unit = Self.units.first(where: { base.hasSuffix("_\($0)") }) { line("# UNIT \(base) \(unit)") }
        for (labels, metric) in family.series.sorted(by: { Self.precedes($0.key, $1.key) }) {
            append(metric, named: name, labels)
        }
    }

    mutating func append(_ lines: [UInt8]) { bytes += lines }

    /// What follows the last family.
    mutating func end() {
        if format == .openMetrics { line("# EOF") }
    }

    private mutating func append(_ metric: Metric, named name: String, _ labels: [Label]) {
        switch metric {
        case .counter(let counter): sample(name, labels, String(counter.value))
        case .gauge(let gauge): sample(name, labels, ExpositionNumber.text(gauge.value))
        case .reading(let read): sample(name, labels, ExpositionNumber.text(read()))
        case .histogram(let histogram):
            let examples = format == .openMetrics ? histogram.examples : []
            append(histogram.snapshot(), examples, named: name, labels)
        }
    }

    private mutating func append(
        _ snapshot: HistogramSnapshot, _ examples: [Exemplar?], named name: String, _ labels: [Label]
    ) {
        var cumulative: UInt64 = 0
        for (bucket, (edge, count)) in zip(snapshot.edges + [.infinity], snapshot.counts).enumerated() {
            cumulative &+= count
            let example = examples.indices.contains(bucket) ? examples[bucket] : nil
            sample("\(name)_bucket", labels, String(cumulative) + (example?.text ?? ""), edge: edge)
        }
        sample("\(name)_sum", labels, ExpositionNumber.text(snapshot.sum))
        sample("\(name)_count", labels, String(snapshot.count))
    }

    private mutating func sample(_ name: String, _ labels: [Label], _ value: String, edge: Double? = nil) {
        var pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
        if let edge { pairs.append("le=\"\(text(edge))\"") }
        line(pairs.isEmpty ? "\(name) \(value)" : "\(name){\(pairs.joined(separator: ","))} \(value)")
    }

    /// Source: OpenMetrics 1.0, "Considerations: Canonical Numbers": whole edges have a fraction there.
    private func text(_ edge: Double) -> String {
        format == .openMetrics && edge.isFinite ? String(edge) : ExpositionNumber.text(edge)
    }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Backslash and line feed are escaped everywhere, the quote in label values only.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func precedes(_ left: [Label], _ right: [Label]) -> Bool {
        for (one, other) in zip(left, right) where one != other {
            return (one.name, one.value) < (other.name, other.value)
        }
        return left.count < right.count
    }
}

/// Numbers as the text format has them.
package enum ExpositionNumber {
    /// As Go's `ParseFloat` reads it; whole numbers without a fraction.
    package static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if abs(value) < 1e15, let whole = Int(exactly: value) { return String(whole) }
        return String(value)
    }
}
