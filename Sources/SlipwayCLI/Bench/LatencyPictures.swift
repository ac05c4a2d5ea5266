import Charts
import Client
import Glibc

/// How latencies are spread: a bar for each 4 % that has answers, over a scale of equal ratios.
struct SpreadPicture {
    let report: LoadReport
    private let width = 880.0
    private let height = 260.0

    func svg() -> String {
        let buckets = report.spread.filter { $0.upTo.isFinite }
        guard let top = buckets.map(\.count).max(), let latency = report.latency else { return "<p>No answers.</p>\n" }
        let scale = Axis(
            .ratio, buckets.flatMap { [$0.upTo / 1.04, $0.upTo] }, from: 20, to: width - 20, margin: 0)
        let floor = height - 30
        var svg = "<svg viewBox=\"0 0 880 260\" role=\"img\" aria-label=\"How latencies are spread\">\n"
        for tick in scale.ticks() {
            let x = Self.text(scale.place(tick))
            svg += "<path class=\"grid\" d=\"M\(x) 24V\(Self.text(floor))\"/>"
            svg += "<text x=\"\(x)\" y=\"\(Self.text(floor + 18))\" text-anchor=\"middle\">"
            svg += "\(Self.time(tick))</text>\n"
        }
        let all = Double(max(1, report.ok + report.wrong))
        for bucket in buckets {
            let (left, right) = (scale.place(bucket.upTo / 1.04), scale.place(bucket.upTo))
            let tall = max(1, Double(bucket.count) / Double(top) * (floor - 40))
            svg += "<rect class=\"bar\" x=\"\(Self.text(left))\" y=\"\(Self.text(floor - tall))\" "
            svg += "width=\"\(Self.text(max(0.8, right - left - 0.6)))\" height=\"\(Self.text(tall))\">"
            svg += "<title>up to \(Self.time(bucket.upTo)): \(Quantity.count(bucket.count)) answers, "
            svg += "\(Quantity.percent(Double(bucket.count) / all))</title></rect>\n"
        }
        var last = -100.0
        for (name, value, kind) in [
            ("p50", latency.p50, "low"), ("p90", latency.p90, "mid"), ("p99", latency.p99, "high"),
        ] {
            let x = scale.place(value)
            svg += "<path class=\"mark \(kind)\" d=\"M\(Self.text(x)) 26V\(Self.text(floor))\"/>"
            // Names that would stand on one another go to a second line.
            let y = x - last < 110 ? 30.0 : 16
            let isLast = x > width - 110
            let (place, anchor) = isLast ? (x - 3, "end") : (x + 3, "start")
            svg += "<text class=\"\(kind)\" x=\"\(Self.text(place))\" y=\"\(Self.text(y))\" "
            svg += "text-anchor=\"\(anchor)\">\(name) "
            svg += "\(Self.time(value))</text>\n"
            last = y == 16 ? x : last
        }
        return svg + "</svg>\n"
    }

    fileprivate static func text(_ value: Double) -> String { Quantity.fixed(value, 1) }
    fileprivate static func time(_ value: Double) -> String { ReportPage.text(Quantity.seconds(value)) }
}

/// Latency against the rate of requests, quantile by quantile.
struct RatePicture {
    let loads: [BenchResult.Load]
    private let width = 880.0
    private let height = 320.0

    private struct Line {
        var name: String
        var kind: String
        var points: [(rate: Double, seconds: Double)]
    }

    func svg() -> String {
        let lines = [line("p50", "low", \.p50), line("p90", "mid", \.p90), line("p99", "high", \.p99)]
        let points = lines.flatMap(\.points)
        guard let fastest = points.map(\.rate).max(), fastest > 0, points.count > 3 else {
            return "<p>Too few answers for a picture.</p>\n"
        }
        let floor = height - 46
        let scale = Axis(.ratio, points.map(\.seconds), from: floor, to: 14, margin: 0)
        func x(_ rate: Double) -> Double { 70 + (width - 130) * rate / (fastest * 1.02) }
        var svg = "<svg viewBox=\"0 0 880 320\" role=\"img\" aria-label=\"Latency against rate\">\n"
        for tick in scale.ticks() {
            let y = Self.text(scale.place(tick))
            svg += "<path class=\"grid\" d=\"M70 \(y)H\(Self.text(width - 40))\"/>"
            svg += "<text x=\"64\" y=\"\(y)\" dy=\"4\" text-anchor=\"end\">\(SpreadPicture.time(tick))</text>\n"
        }
        for rate in Self.steps(fastest) {
            svg += "<text x=\"\(Self.text(x(rate)))\" y=\"\(Self.text(floor + 20))\" text-anchor=\"middle\">"
            svg += "\(Quantity.count(Int(rate)))</text>\n"
        }
        svg += "<text x=\"\(Self.text(width / 2))\" y=\"\(Self.text(height - 6))\" text-anchor=\"middle\">"
        svg += "requests a second that were due</text>\n"
        var free = Double.infinity
        for line in lines {
            // Lines rise from the first to the last; their names keep apart.
            free = min(scale.place(line.points.last?.seconds ?? 1), free - 14)
            svg += drawn(line, x: x, y: scale.place, name: free)
        }
        return svg + "</svg>\n"
    }

    /// - Parameter name: the height of the line's name.
    private func drawn(_ line: Line, x: (Double) -> Double, y: (Double) -> Double, name: Double) -> String {
        let places = line.points.map { "\(Self.text(x($0.rate))) \(Self.text(y($0.seconds)))" }
        guard let last = line.points.last else { return "" }
        var svg = "<path class=\"line \(line.kind)\" d=\"M\(places.joined(separator: "L"))\"/>\n"
        for point in line.points {
            svg += "<circle class=\"\(line.kind)\" r=\"3.5\" cx=\"\(Self.text(x(point.rate)))\" "
            svg += "cy=\"\(Self.text(y(point.seconds)))\"><title>\(line.name) at "
            svg += "\(Quantity.count(Int(point.rate.rounded()))) a second: \(SpreadPicture.time(point.seconds))"
            svg += "</title></circle>\n"
        }
        svg += "<text class=\"\(line.kind)\" x=\"\(Self.text(x(last.rate) + 8))\" "
        return svg + "y=\"\(Self.text(name))\" dy=\"4\">\(line.name)</text>\n"
    }

    private func line(_ name: String, _ kind: String, _ part: KeyPath<LoadReport.Latency, Double>) -> Line {
        let points = loads.compactMap { load in
            load.report.latency.map { (load.rate ?? load.report.rate, $0[keyPath: part]) }
        }
        return Line(name: name, kind: kind, points: points.sorted { $0.0 < $1.0 }.map { (rate: $0.0, seconds: $0.1) })
    }

    /// About five round rates up to the highest.
    private static func steps(_ highest: Double) -> [Double] {
        let rough = highest / 5
        let power = pow(10, floor(log10(max(rough, 1e-9))))
        let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
        guard step >= 1 else { return [0, highest.rounded()] }
        return Array(stride(from: 0, through: highest, by: step))
    }

    private static func text(_ value: Double) -> String { SpreadPicture.text(value) }
}
