import Workshop

/// What a scan found, as lines of text. Names are strangers', so that nothing in them acts on a terminal.
enum ScanText {
    static func text(_ report: ScanReport, title: String) -> String {
        var pickles = report.pickles == 1 ? "1 pickle" : "\(report.pickles) pickles"
        if let layers = report.layers {
            let what = report.format == "SavedModel" ? "node" : "layer"
            pickles = layers == 1 ? "1 \(what)" : "\(layers) \(what)s"
        }
        var lines = ["\(InertText.line(title))  \(report.format), \(pickles): \(report.outcome)"]
        var table = Table(columns: ["VERDICT", "NAME", "CALLED", ">BYTE", ">TIMES", "IN"])
        for finding in report.findings {
            table.add(
                InertText.line(finding.verdict), InertText.line(finding.name), finding.isCalled ? "yes" : "no",
                String(finding.position), String(finding.count), InertText.line(finding.place))
        }
        if !table.isEmpty { lines += table.rendered().split(separator: "\n").map { "  \($0)" } }
        var reasons: [String] = []
        for finding in report.findings {
            guard let reason = finding.reason else { continue }
            reasons.append("  \(InertText.line(finding.name)): \(reason)")
        }
        lines += reasons
        lines += report.faults.map { "  broken   \(InertText.line($0))" }
        if report.trailingBytes > 0 { lines.append("  note     \(report.trailingBytes) bytes after the last pickle") }
        return lines.joined(separator: "\n")
    }
}
