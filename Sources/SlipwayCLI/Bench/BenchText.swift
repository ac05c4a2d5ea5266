import Client

/// What a load did to a server, for people.
enum BenchText {
    /// - Parameter width: cells of the longest bar.
    static func lines(_ result: BenchResult, width: Int) -> [String] {
        var lines = lines(result.main, width: width)
        if !result.sweep.isEmpty { lines += ["", sweep(result.sweep)] }
        return lines
    }

    private static func lines(_ load: BenchResult.Load, width: Int) -> [String] {
        let report = load.report
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
        lines += [balance(report), cost(load)].compactMap(\.self)
        guard let latency = report.latency else { return lines + report.messages.prefix(3) }
        lines.append(
            "p50 \(Quantity.seconds(latency.p50))   p90 \(Quantity.seconds(latency.p90))   "
                + "p99 \(Quantity.seconds(latency.p99))   p99.9 \(Quantity.seconds(latency.p999))   "
                + "max \(Quantity.seconds(latency.maximum))")
        return lines + [""] + chart(report.spread, width: width) + report.messages.prefix(3)
    }

    /// Who was answered, and by which version.
    static func balance(_ report: LoadReport) -> String? {
        var words: [String] = []
        if report.connections.count > 1, let least = report.connections.min(), let most = report.connections.max() {
            words.append(
                "\(Quantity.count(least)) to \(Quantity.count(most)) answers a connection (fairness "
                    + "\(Quantity.fixed(report.fairness, 3)))")
        }
        if report.versions.count > 1 {
            let all = Double(max(1, report.versions.values.reduce(0, +)))
            let parts = report.versions.sorted { $0.key < $1.key }
                .map { "\($0.key): \(Quantity.percent(Double($0.value) / all, places: 1))" }
            words.append("by version \(parts.joined(separator: ", "))")
        }
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    /// What it took of the processors.
    static func cost(_ load: BenchResult.Load) -> String? {
        guard let cost = load.cost, let each = cost.perRequest, each > 0 else { return nil }
        var words = [
            "server: \(Quantity.seconds(each)) of processor a request, "
                + "\(Quantity.count(Int((1 / each).rounded()))) requests a processor second"
        ]
        if let shared = cost.requestsPerRun, shared > 1.005 {
            words.append("\(Quantity.fixed(shared, 1)) requests a run")
        }
        if let bytes = cost.residentBytes { words.append("\(Quantity.bytes(Int(bytes))) resident") }
        return words.joined(separator: ", ")
    }

    private static func sweep(_ loads: [BenchResult.Load]) -> String {
        var table = Table(">OFFERED", ">ANSWERED", ">P50", ">P90", ">P99", ">MAX", ">FAILED")
        for load in loads {
            let latency = load.report.latency
            func time(_ value: Double?) -> String { value.map(Quantity.seconds) ?? "–" }
            table.add(
                load.rate.map { Quantity.count(Int($0.rounded())) } ?? "–",
                Quantity.count(Int(load.report.rate.rounded())), time(latency?.p50), time(latency?.p90),
                time(latency?.p99), time(latency?.maximum), Quantity.count(load.report.failed + load.report.unsent))
        }
        return table.rendered()
    }

    /// A bar for each step in which there are answers, and those between.
    private static func chart(_ spread: [LoadReport.Bucket], width: Int) -> [String] {
        let steps = LatencySteps(spread)
        guard let top = steps.bars.map(\.count).max() else { return [] }
        return steps.bars.map { step in
            let name = step.upTo.isFinite ? "up to \(Quantity.seconds(step.upTo))" : "longer"
            let share = Double(step.count) / Double(steps.all)
            let bar = String(
                repeating: "█", count: Int((Double(step.count) / Double(top) * Double(width)).rounded()))
            return "  " + pad(name, 15) + pad(Quantity.percent(share, places: 1), 9) + bar
        }
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// Latencies in few steps: 1, 2 and 5 times each power of ten from 10 microseconds to 100 seconds.
struct LatencySteps {
    struct Bar {
        /// Seconds; infinite beyond 100.
        var upTo: Double
        var count: Int
    }

    /// From the shortest answer to the longest, without a gap.
    let bars: [Bar]
    /// All answers together.
    let all: Int

    private static let ends: [Double] =
        (-5...1).flatMap { exponent -> [Double] in [1, 2, 5].map { $0 * power(exponent) } } + [100]

    private static func power(_ exponent: Int) -> Double {
        (0..<abs(exponent)).reduce(1.0) { value, _ in exponent < 0 ? value / 10 : value * 10 }
    }

    init(_ spread: [LoadReport.Bucket]) {
        let ends = Self.ends
        var counts = [Int](repeating: 0, count: ends.count + 1)
        for bucket in spread { counts[ends.firstIndex { bucket.upTo <= $0 * 1.02 } ?? ends.count] += bucket.count }
        all = counts.reduce(0, +)
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            bars = []
            return
        }
        bars = (first...last).map {
            Bar(upTo: $0 < ends.count ? ends[$0] : .infinity, count: counts[$0])
        }
    }
}
