import Charts
import Glibc
import Monitor

/// Pictures of how long requests took: one column per bucket, drawn on the server, readable without script.
enum LatencyChart {
    private static let size = (width: 600.0, height: 236.0)
    private static let plot = (left: 58.0, right: 596.0, top: 44.0, bottom: 206.0)

    /// Requests of the last minute, with marks at half of them and at all but a hundredth; empty when there were none.
    static func svg(_ snapshot: HistogramSnapshot) -> String {
        guard let buckets = BucketAxis([snapshot], left: plot.left, right: plot.right) else { return "" }
        let filled = snapshot.counts.indices.filter { snapshot.counts[$0] > 0 }
        let axis = Axis(
            .linear, buckets.shown.map { Double(snapshot.counts[$0]) }, from: plot.bottom, to: plot.top, zero: true)
        var drawing = Drawing(
            width: size.width, height: size.height, label: "Latency of the last minute",
            description: "\(snapshot.count) requests between \(buckets.name(filled[0])) and "
                + "\(buckets.name(filled[filled.count - 1])).", kind: "plot")
        grid(&drawing, axis) { Int(exactly: $0.rounded()).map(ViewBuilder.count) ?? "–" }
        for bucket in buckets.shown {
            let count = snapshot.counts[bucket]
            drawing.rectangle(
                "fill", x: buckets.place(bucket) + 1, y: axis.place(Double(count)), width: buckets.step - 2,
                height: plot.bottom - axis.place(Double(count)), title: "\(buckets.name(bucket)): \(count) requests")
        }
        buckets.draw(&drawing, y: plot.bottom)
        for (row, mark) in [("p50", 0.5), ("p99", 0.99)].enumerated() {
            guard let seconds = snapshot.quantile(mark.1), let x = buckets.place(seconds: seconds) else { continue }
            let y = 14.0 + 18 * Double(row)
            drawing.line("marker", [(x: x, y: y - 8), (x: x, y: plot.bottom)])
            let isNearEnd = x > plot.right - 130
            drawing.text(
                "\(mark.0) \(Duration.short(seconds: seconds))", x: isNearEnd ? x - 5 : x + 5, y: y,
                isNearEnd ? .end : .start)
        }
        return drawing.svg
    }

    /// Two versions' requests as shares of their own, standing in each other; empty unless both were asked something.
    static func pair(
        _ stable: (name: String, latency: HistogramSnapshot), _ new: (name: String, latency: HistogramSnapshot)
    ) -> String {
        guard stable.latency.edges == new.latency.edges, stable.latency.count > 0, new.latency.count > 0,
            let buckets = BucketAxis([stable.latency, new.latency], left: plot.left, right: plot.right)
        else { return "" }
        func share(_ side: HistogramSnapshot, _ bucket: Int) -> Double {
            Double(side.counts[bucket]) / Double(side.count) * 100
        }
        let top = 14.0
        let axis = Axis(
            .linear, buckets.shown.flatMap { [share(stable.latency, $0), share(new.latency, $0)] }, from: plot.bottom,
            to: top, zero: true)
        func half(_ side: (name: String, latency: HistogramSnapshot)) -> String {
            "\(side.name) within \(side.latency.quantile(0.5).map { Duration.short(seconds: $0) } ?? "–")"
        }
        var drawing = Drawing(
            width: size.width, height: size.height, label: "Latency of both versions in the last minute",
            description: "Half of the requests: \(half(stable)), \(half(new)).", kind: "plot")
        grid(&drawing, axis) { "\(Int(exactly: $0.rounded()) ?? 0) %" }
        for (kind, side, inset) in [("stable", stable, 0.06), ("canary", new, 0.3)] {
            for bucket in buckets.shown where side.latency.counts[bucket] > 0 {
                let y = axis.place(share(side.latency, bucket))
                drawing.rectangle(
                    kind, x: buckets.place(bucket) + inset * buckets.step, y: y,
                    width: buckets.step * (1 - 2 * inset), height: plot.bottom - y,
                    title: "\(side.name), \(buckets.name(bucket)): \(side.latency.counts[bucket]) requests")
            }
        }
        buckets.draw(&drawing, y: plot.bottom)
        return drawing.svg
    }

    /// Lines across, with what they stand for at the left.
    private static func grid(_ drawing: inout Drawing, _ axis: Axis, _ text: (Double) -> String) {
        for tick in axis.ticks(3) {
            let y = axis.place(tick)
            drawing.line("grid", [(x: plot.left, y: y), (x: plot.right, y: y)])
            drawing.text(text(tick), x: plot.left - 6, y: y + 4, .end)
        }
    }
}

/// A histogram's buckets along the bottom of a picture: those that hold something, and one at either side.
struct BucketAxis {
    private let edges: [Double]
    /// The buckets that are drawn.
    let shown: ClosedRange<Int>
    private let left: Double
    /// How wide a bucket is drawn.
    let step: Double

    /// The most times written along the bottom.
    private static let mostLabels = 6

    /// `nil` when there is nothing to draw, or the histograms' edges differ.
    init?(_ snapshots: [HistogramSnapshot], left: Double, right: Double) {
        guard let edges = snapshots.first?.edges, snapshots.allSatisfy({ $0.edges == edges }) else { return nil }
        let filled = (0...edges.count).filter { bucket in snapshots.contains { $0.counts[bucket] > 0 } }
        guard let first = filled.first, let last = filled.last else { return nil }
        self.edges = edges
        shown = max(0, first - 1)...min(edges.count, last + 1)
        self.left = left
        step = (right - left) / Double(shown.count)
    }

    /// Where a bucket begins.
    func place(_ bucket: Int) -> Double { left + Double(bucket - shown.lowerBound) * step }

    /// Where a time lies, within its bucket in proportion; `nil` beyond the last edge.
    func place(seconds: Double) -> Double? {
        guard let bucket = edges.firstIndex(where: { $0 >= seconds }), shown.contains(bucket) else { return nil }
        let lower = bucket == 0 ? 0 : edges[bucket - 1]
        let part = edges[bucket] > lower ? (seconds - lower) / (edges[bucket] - lower) : 1
        return place(bucket) + min(max(part, 0), 1) * step
    }

    /// What a bucket holds, in words.
    func name(_ bucket: Int) -> String {
        guard bucket < edges.count else { return "more" }
        return "≤ " + Duration.short(seconds: edges[bucket])
    }

    /// The line below, with times where buckets meet: powers of ten where there are enough of them.
    func draw(_ drawing: inout Drawing, y: Double) {
        let right = place(shown.upperBound + 1)
        drawing.line("axis", [(x: left, y: y), (x: right, y: y)])
        let inside = shown.filter { $0 < edges.count && $0 < shown.upperBound }
        let tens = inside.filter { edges[$0] > 0 && abs(log10(edges[$0]) - log10(edges[$0]).rounded()) < 1e-9 }
        let some = tens.count >= 3 ? tens : inside
        let every = max(1, (some.count + Self.mostLabels - 1) / Self.mostLabels)
        for (index, bucket) in some.enumerated() where index.isMultiple(of: every) {
            let x = place(bucket + 1)
            drawing.line("axis", [(x: x, y: y), (x: x, y: y + 4)])
            let isNearEnd = x > right - 30
            drawing.text(Duration.short(seconds: edges[bucket]), x: x, y: y + 18, isNearEnd ? .end : .middle)
        }
    }
}

extension Duration {
    /// `640 µs`, `3.2 ms`, `1.5 s`.
    static func short(seconds: Double) -> String {
        func tenths(_ value: Double) -> String {
            let rounded = (value * 10).rounded() / 10
            return Int(exactly: rounded).map(String.init) ?? String(rounded)
        }
        return switch seconds {
        case ..<0.001: "\(tenths(seconds * 1e6)) µs"
        case ..<1: "\(tenths(seconds * 1e3)) ms"
        default: "\(tenths(seconds)) s"
        }
    }
}
