import Charts

/// Evidence over time beside the bound at which it decides.
struct EvidenceChart {
    let points: [ConsoleTrail.Evidence]
    /// The bound, a base-10 logarithm.
    let needed: Double
    let title: String

    /// Lines that have a colour of their own.
    static let kinds = 6
    /// What is lower tells no more: it is drawn here.
    private static let floor = -2.0
    private static let plot = (left: 50.0, right: 592.0, top: 14.0, bottom: 190.0)

    /// One line for each stream, and one for all together.
    func against(names: [(name: String, title: String)]) -> String {
        let lines = names.enumerated().map { index, stream in
            ("series-\(index)", points.compactMap { point in point.streams[stream.name].map { (point.time, $0) } })
        }
        return draw(
            lines + [("series-all", points.map { ($0.time, $0.against) })], kind: "bound", decided: "decides against it"
        )
    }

    func safety() -> String {
        draw(
            [("series-good", points.filter { $0.safety.isFinite }.map { ($0.time, $0.safety) })],
            kind: "bound-good", decided: "promotes early")
    }

    private func draw(
        _ lines: [(kind: String, points: [(time: Int, value: Double)])], kind: String, decided: String
    ) -> String {
        let values = lines.flatMap { $0.points.map { max(Self.floor, $0.value) } }
        let plot = Self.plot
        let first = points.first?.time ?? 0
        let time = TimeAxis(
            from: first, to: max(points.last?.time ?? 0, first + 1000), left: plot.left, right: plot.right)
        let axis = Axis(.linear, values + [0, needed], from: plot.bottom, to: plot.top)
        let last =
            lines.last?.points.last.map { "At the end \(RolloutWords.figure($0.value))" } ?? "Nothing is known yet"
        var drawing = Drawing(
            width: 600, height: 220, label: title,
            description: "\(last); \(RolloutWords.figure(needed)) \(decided).", kind: "plot")
        for tick in axis.ticks(4) {
            drawing.line("grid", [(x: plot.left, y: axis.place(tick)), (x: plot.right, y: axis.place(tick))])
            drawing.text(Self.short(tick), x: plot.left - 6, y: axis.place(tick) + 4, .end)
        }
        time.draw(&drawing, y: plot.bottom)
        let bound = axis.place(needed)
        drawing.line(kind, [(x: plot.left, y: bound), (x: plot.right, y: bound)])
        drawing.text(decided, x: plot.right, y: bound - 5, .end, kind: kind)
        for line in lines where !line.points.isEmpty {
            let places = line.points.map { (x: time.place($0.time), y: axis.place(max(Self.floor, $0.value))) }
            drawing.line(line.kind, places)
            if let end = places.last { drawing.circle(line.kind, x: end.x, y: end.y, radius: 3) }
        }
        return drawing.svg
    }

    private static func short(_ value: Double) -> String {
        Int(exactly: value).map { $0 < 0 ? "−\($0.magnitude)" : String($0) } ?? RolloutWords.figure(value)
    }
}
