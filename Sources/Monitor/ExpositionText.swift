/// The Prometheus text format 0.0.4.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
struct ExpositionText {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ family: MetricFamily, named name: String) {
        line("# HELP \(name) \(Self.escaped(family.help, quotes: false))")
        line("# TYPE \(name) \(family.kind.rawValue)")
        for (labels, metric) in family.series.sorted(by: { Self.precedes($0.key, $1.key) }) {
            append(metric, named: name, labels)
        }
    }

    private mutating func append(_ metric: Metric, named name: String, _ labels: [Label]) {
        switch metric {
        case .counter(let counter): sample(name, labels, String(counter.value))
        case .gauge(let gauge): sample(name, labels, ExpositionNumber.text(gauge.value))
        case .reading(let read): sample(name, labels, ExpositionNumber.text(read()))
        case .histogram(let histogram): append(histogram.snapshot(), named: name, labels)
        }
    }

    private mutating func append(_ snapshot: HistogramSnapshot, named name: String, _ labels: [Label]) {
        var cumulative: UInt64 = 0
        for (edge, count) in zip(snapshot.edges + [.infinity], snapshot.counts) {
            cumulative &+= count
            sample("\(name)_bucket", labels, String(cumulative), edge: edge)
        }
        sample("\(name)_sum", labels, ExpositionNumber.text(snapshot.sum))
        sample("\(name)_count", labels, String(snapshot.count))
    }

    private mutating func sample(_ name: String, _ labels: [Label], _ value: String, edge: Double? = nil) {
        var pairs = labels.map { "\($0.name)=\"\(Self.escaped($0.value, quotes: true))\"" }
        if let edge { pairs.append("le=\"\(ExpositionNumber.text(edge))\"") }
        line(pairs.isEmpty ? "\(name) \(value)" : "\(name){\(pairs.joined(separator: ","))} \(value)")
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
