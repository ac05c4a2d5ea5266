import Charts
import Release

/// The last hour of an endpoint: requests a second as columns, p50 and p99 as lines, a mark for each change that was made.
struct RateChart {
    /// What was made of an endpoint, and when.
    struct Change {
        /// Milliseconds since 1970-01-01 UTC.
        var time: Int
        var text: String
    }

    /// Empty where there is nothing to draw.
    private(set) var svg = ""
    private(set) var keys: [Views.Key] = []

    private static let plot = (left: 58.0, right: 596.0, top: 10.0, middle: 104.0, low: 120.0, bottom: 206.0)
    private static let size = (width: 600.0, height: 236.0)

    init(_ points: [ConsoleTrail.Traffic], changes: [Change]) {
        guard points.count > 1, let first = points.first?.time, let last = points.last?.time, last > first,
            points.contains(where: { $0.rate > 0 })
        else { return }
        let plot = Self.plot
        let time = TimeAxis(from: first, to: last, left: plot.left, right: plot.right)
        let rates = Axis(.linear, points.map(\.rate), from: plot.middle, to: plot.top, zero: true)
        let times = points.flatMap { [$0.p50, $0.p99].compactMap(\.self) }
        let latency = Axis(.linear, times.isEmpty ? [0, 0.001] : times, from: plot.bottom, to: plot.low, zero: true)
        let newest = points[points.count - 1]
        var drawing = Drawing(
            width: Self.size.width, height: Self.size.height, label: "Requests a second and latency over time",
            description: "At the end \(ViewBuilder.number(newest.rate)) requests a second"
                + (newest.p99.map { ", p99 \(Duration.short(seconds: $0))" } ?? "") + ".", kind: "plot")
        Self.grid(&drawing, rates) { "\(Int(exactly: $0).map(ViewBuilder.count) ?? ViewBuilder.number($0))/s" }
        Self.grid(&drawing, latency, Duration.short(seconds:))
        time.draw(&drawing, y: plot.bottom)
        let width = max(0.6, (plot.right - plot.left) / Double(points.count) - 0.4)
        drawing.columns(
            "area",
            points.map {
                let end = time.place($0.time)
                return (
                    x: max(plot.left, end - width), width: min(width, end - plot.left), from: rates.place(0),
                    to: rates.place($0.rate)
                )
            })
        for (kind, path) in [("series-1", \ConsoleTrail.Traffic.p99), ("series-0", \.p50)] {
            for run in Self.runs(points, path) {
                drawing.line(kind, run.map { (x: time.place($0.time), y: latency.place($0.value)) })
            }
        }
        for change in changes where change.time >= first && change.time <= last {
            let x = time.place(change.time)
            drawing.line("marker", [(x: x, y: plot.top), (x: x, y: plot.bottom)])
            drawing.circle("marker", x: x, y: plot.top, radius: 4, title: change.text)
        }
        svg = drawing.svg
        keys = [
            Views.Key(style: "area", name: "requests a second"), Views.Key(style: "series-0", name: "p50"),
            Views.Key(style: "series-1", name: "p99"), Views.Key(style: "marker", name: "a change"),
        ]
    }

    /// Lines across, with what they stand for at the left.
    static func grid(_ drawing: inout Drawing, _ axis: Axis, _ text: (Double) -> String) {
        for tick in axis.ticks(3) {
            let y = axis.place(tick)
            drawing.line("grid", [(x: plot.left, y: y), (x: plot.right, y: y)])
            drawing.text(text(tick), x: plot.left - 6, y: y + 4, .end)
        }
    }

    /// Stretches in which there were requests.
    private static func runs(
        _ points: [ConsoleTrail.Traffic], _ path: KeyPath<ConsoleTrail.Traffic, Double?>
    ) -> [[(time: Int, value: Double)]] {
        var runs: [[(time: Int, value: Double)]] = [[]]
        for point in points {
            if let value = point[keyPath: path] {
                runs[runs.count - 1].append((point.time, value))
            } else if runs.last?.isEmpty == false {
                runs.append([])
            }
        }
        return runs.filter { $0.count > 1 }
    }
}

/// Time along the bottom of a picture.
struct TimeAxis {
    /// Milliseconds since 1970-01-01 UTC.
    let from: Int
    let to: Int
    let left: Double
    let right: Double

    func place(_ time: Int) -> Double {
        let inside = min(max(time, from), to)
        return left + (right - left) * Double(inside - from) / Double(max(1, to - from))
    }

    /// The clock at round times.
    func draw(_ drawing: inout Drawing, y: Double) {
        drawing.line("axis", [(x: left, y: y), (x: right, y: y)])
        let steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400, 604_800]
        let span = max(1, (to - from) / 1000)
        let step = (steps.first { span / $0 <= 4 } ?? max(1, span / 4)) * 1000
        var time = (from / step + 1) * step
        while time <= to {
            let x = place(time)
            drawing.line("axis", [(x: x, y: y), (x: x, y: y + 4)])
            let isNearEnd = x > right - 24
            drawing.text(Self.clock(time, seconds: step < 60_000), x: x, y: y + 18, isNearEnd ? .end : .middle)
            time += step
        }
    }

    /// `14:05`, UTC.
    static func clock(_ milliseconds: Int, seconds: Bool) -> String {
        let second = ((milliseconds / 1000) % 86_400 + 86_400) % 86_400
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
        return "\(two(second / 3600)):\(two(second / 60 % 60))" + (seconds ? ":\(two(second % 60))" : "")
    }
}

extension RateChart.Change {
    init(_ entry: EndpointHistory.Entry) {
        time = entry.revision.createdAt
        text = "revision \(entry.revision.number), \(entry.revision.cause)"
    }
}
