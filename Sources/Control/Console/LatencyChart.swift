import Charts
import Monitor

/// A picture of how long requests took: one bar per bucket, drawn on the server, readable without script.
enum LatencyChart {
    private static let width = 600.0
    private static let height = 236.0
    private static let base = 206.0

    /// SVG with a title, a description and the numbers as tooltips; empty when there is nothing to draw.
    static func svg(_ snapshot: HistogramSnapshot) -> String {
        let filled = snapshot.counts.indices.filter { snapshot.counts[$0] > 0 }
        guard let first = filled.first, let last = filled.last, snapshot.count > 0 else { return "" }
        let shown = max(0, first - 1)...min(snapshot.counts.count - 1, last + 1)
        let top = Double(snapshot.counts[shown].max() ?? 1)
        let step = width / Double(shown.count)
        var drawing = Drawing(
            width: width, height: height, label: "Latency of the last minute",
            description: "\(snapshot.count) requests between \(label(snapshot, first)) and \(label(snapshot, last)).",
            kind: "plot")
        drawing.line("axis", [(0, base), (width, base)])
        for (place, bucket) in shown.enumerated() {
            let count = snapshot.counts[bucket]
            let bar = Double(count) / top * (base - 16)
            let x = Double(place) * step
            drawing.rectangle(
                "fill", x: x + 1, y: base - bar, width: step - 2, height: bar,
                title: "\(label(snapshot, bucket)): \(count) requests")
            if place % max(1, (shown.count + 3) / 4) == 0 {
                let isNearEnd = x > width - 80
                drawing.text(
                    label(snapshot, bucket), x: isNearEnd ? width : x, y: base + 18, isNearEnd ? .end : .start)
            }
        }
        return drawing.svg
    }

    private static func label(_ snapshot: HistogramSnapshot, _ bucket: Int) -> String {
        guard bucket < snapshot.edges.count else { return "more" }
        return "≤ " + Duration.short(seconds: snapshot.edges[bucket])
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
