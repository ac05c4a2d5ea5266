import Synchronization

/// All metrics of a process, by name and labels.
///
/// Asking for a metric creates it the first time and returns the same one afterwards. Keep what you asked for:
/// looking it up takes a lock, recording into it does not.
package final class MetricsRegistry: Sendable {
    private let families = Mutex<[String: MetricFamily]>([:])

    package init() {}

    /// A counter. `name` ends in `_total`.
    ///
    /// - Precondition: here as for the other kinds, `name` is a valid metric name, `help` is not empty, no label name
    ///   occurs twice, and `name` was not used before with another kind or help. Names are written in our code.
    package func counter(_ name: String, _ help: String, _ labels: [Label] = []) -> Counter {
        precondition(name.hasSuffix("_total"), "the counter '\(name)' must end in _total")
        let metric = metric(name, help, labels, .counter) { .counter(Counter()) }
        guard case .counter(let counter) = metric else { preconditionFailure("'\(name)' is not a counter") }
        return counter
    }

    /// A gauge that the caller sets.
    package func gauge(_ name: String, _ help: String, _ labels: [Label] = []) -> Gauge {
        let metric = metric(name, help, labels, .gauge) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = metric else { preconditionFailure("'\(name)' is read, not set") }
        return gauge
    }

    /// A gauge that is read when metrics are collected. Asked for again, the newer `read` replaces the older.
    ///
    /// - Parameter read: called without a lock held, from any thread, once for each exposition; must not block.
    package func gauge(
        _ name: String, _ help: String, _ labels: [Label] = [], read: @Sendable @escaping () -> Double
    ) {
        withFamily(name, help, .gauge) { $0.series[Self.sorted(labels)] = .reading(read) }
    }

    /// A histogram of durations. Edges matter only when it is created; `name` ends in `_seconds`.
    package func histogram(
        _ name: String, _ help: String, _ labels: [Label] = [], edges: [Double] = Histogram.latencyEdges()
    ) -> Histogram {
        precondition(name.hasSuffix("_seconds"), "the histogram '\(name)' must end in its unit, _seconds")
        let metric = metric(name, help, labels, .histogram) { .histogram(Histogram(edges: edges)) }
        guard case .histogram(let histogram) = metric else { preconditionFailure("'\(name)' is not a histogram") }
        return histogram
    }

    /// Forgets the metrics whose labels match, such as those of a version that was unloaded.
    ///
    /// Whoever still holds one may go on recording; it is no longer exported. Asked for again, it starts at zero.
    package func remove(where matches: ([Label]) -> Bool) {
        families.withLock { families in
            families = families.mapValues { family in
                var kept = family
                kept.series = family.series.filter { !matches($0.key) }
                return kept
            }
        }
    }

    /// Forgets the one metric with this name and these labels.
    package func remove(_ name: String, labels: [Label]) {
        families.withLock { $0[name]?.series[Self.sorted(labels)] = nil }
    }

    /// All metrics, ordered by name and labels.
    ///
    /// Values are read after the lock is released, one by one, so that collecting never delays recording.
    ///
    /// - Parameters:
    ///   - format: send it as that one's `contentType`.
    ///   - more: lines of families of another's making, which come last.
    package func exposition(_ format: MetricsFormat = .text, followedBy more: [UInt8] = []) -> [UInt8] {
        let collected = families.withLock { $0 }
        var text = ExpositionText(format)
        for (name, family) in collected.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            text.append(family, named: name)
        }
        text.append(more)
        text.end()
        return text.bytes
    }

    private func metric(
        _ name: String, _ help: String, _ labels: [Label], _ kind: MetricFamily.Kind, make: () -> Metric
    ) -> Metric {
        withFamily(name, help, kind) { family in
            let labels = Self.sorted(labels)
            if let known = family.series[labels] { return known }
            let made = make()
            family.series[labels] = made
            return made
        }
    }

    private func withFamily<Result>(
        _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ body: (inout MetricFamily) -> sending Result
    ) -> sending Result {
        precondition(MetricName.isValid(name), "'\(name)' cannot name a metric")
        precondition(!help.isEmpty, "the metric '\(name)' has no help text")
        return families.withLock { families in
            var family = families[name] ?? MetricFamily(kind: kind, help: help)
            precondition(family.kind == kind && family.help == help, "'\(name)' is already another metric")
            let result = body(&family)
            families[name] = family
            return result
        }
    }

    private static func sorted(_ labels: [Label]) -> [Label] {
        let sorted = labels.sorted { $0.name < $1.name }
        precondition(zip(sorted, sorted.dropFirst()).allSatisfy { $0.name != $1.name }, "a label name occurs twice")
        return sorted
    }
}

/// The metrics of one name.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable { case counter, gauge, histogram }

    let kind: Kind
    let help: String
    /// By labels, which are in the order of their names.
    var series: [[Label]: Metric] = [:]
}

/// One name with one set of labels.
enum Metric: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case reading(@Sendable () -> Double)
    case histogram(Histogram)
}
