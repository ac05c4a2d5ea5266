import Monitor

/// A picture of how long requests took: one bar per bucket, drawn on the server, readable without script.
enum LatencyChart {
    private static let width = 640.0
    private static let height = 120.0
    private static let base = 96.0

    /// SVG with a title, a description and the numbers as tooltips; empty when there is nothing to draw.
    static func svg(_ snapshot: HistogramSnapshot) -> String {
        let filled = snapshot.counts.indices.filter { snapshot.counts[$0] > 0 }
        guard let first = filled.first, let last = filled.last, snapshot.count > 0 else { return "" }
        let shown = max(0, first - 1)...min(snapshot.counts.count - 1, last + 1)
        let top = Double(snapshot.counts[shown].max() ?? 1)
        let step = width / Double(shown.count)
        var bars = ""
        for (place, bucket) in shown.enumerated() {
            let count = snapshot.counts[bucket]
            let bar = Double(count) / top * (base - 16)
            let x = Double(place) * step
            bars +=
                "<rect class=\"fill\" x=\"\(short(x + 1))\" y=\"\(short(base - bar))\" width=\"\(short(step - 2))\" "
            bars +=
                "height=\"\(short(bar))\" rx=\"2\"><title>\(label(snapshot, bucket)): \(count) requests</title></rect>"
            if place % max(1, shown.count / 6) == 0 {
                bars += "<text x=\"\(short(x))\" y=\"\(short(base + 16))\">\(label(snapshot, bucket))</text>"
            }
        }
        return """
            <svg viewBox="0 0 \(short(width)) \(short(height))" role="img" aria-label="Latency of the last minute">\
            <title>Latency of the last minute</title>\
            <desc>\(snapshot.count) requests between \(label(snapshot, first)) and \(label(snapshot, last)).</desc>\
            <line class="axis" x1="0" x2="\(short(width))" y1="\(short(base))" y2="\(short(base))"/>\(bars)</svg>
            """
    }

    private static func label(_ snapshot: HistogramSnapshot, _ bucket: Int) -> String {
        guard bucket < snapshot.edges.count else { return "more" }
        return "≤ " + Duration.short(seconds: snapshot.edges[bucket])
    }

    private static func short(_ value: Double) -> String { String((value * 10).rounded() / 10) }
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
