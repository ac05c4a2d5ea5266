import Client

/// How traffic moved between versions, a line each.
enum DemoTimeline {
    static func show(_ report: LoadReport) {
        let width = max(20, min(Terminal.width - 20, 72))
        let moments = report.timeline
        guard !moments.isEmpty else { return }
        let step = max(1, (moments.count + width - 1) / width)
        for version in report.versions.keys.sorted() {
            let values = stride(from: 0, to: moments.count, by: step).map { start in
                Double(moments[start..<min(start + step, moments.count)].reduce(0) { $0 + ($1.versions[version] ?? 0) })
            }
            Terminal.answer("    digits:\(version)  \(Charts.sparkline(values))")
        }
        let seconds = Double(moments.count) * report.timelineStep
        Terminal.answer("    answers over \(Quantity.fixed(seconds, 1)) s, by version")
    }
}
