import Compress

/// An optimisation as one page: what it came to, what was tried, what became of layers, bytes and weights, how it was made.
enum OptimisationPage {
    static func html(_ record: OptimisationRecord) -> String {
        let words = OptimisationWords(record: record)
        let sections = [
            (
                record.candidates.count > 1 ? "What was tried" : "What it gained and what it cost",
                CandidateFigure(record).html()
            ),
            ("What became of the layers", LayerFigure(record: record).html()),
            ("Where the bytes are", SizeFigure(record: record).html()),
            ("How weights are spread", WeightFigure(record: record).html()),
            ("How it was made", LineageSection(record: record).html()),
            ("Where and when", setting(record)),
        ]
        return ReportPage(
            title: words.title, lead: words.lead, facts: facts(record, words),
            sections: sections.filter { !$0.1.isEmpty }.map { (heading: $0.0, body: $0.1) },
            maker: record.setting.program ?? "slipway optimize"
        ).html()
    }

    /// The three figures that count, before and after.
    private static func facts(_ record: OptimisationRecord, _ words: OptimisationWords) -> [(
        name: String, value: String
    )] {
        guard let winner = record.winner else { return [] }
        var facts = [
            (name: "size", value: "\(Quantity.bytes(record.original.bytes)) → \(Quantity.bytes(winner.bytes))")
        ]
        if let before = record.original.latency?.p50, let after = winner.latency?.p50 {
            facts.append(
                (
                    name: "time of a run",
                    value: "\(OptimisationWords.milliseconds(before)) → \(OptimisationWords.milliseconds(after))"
                ))
        }
        let qualities = [words.quality(record.original), words.quality(winner)].compactMap(\.self)
        if qualities.count == 2 {
            facts.append(
                (name: words.qualityName, value: qualities.map { words.qualityText($0) }.joined(separator: " → ")))
        }
        return facts
    }

    private static func setting(_ record: OptimisationRecord) -> String {
        let setting = record.setting
        let rows: [(String, String?)] = [
            ("date", setting.date), ("machine", setting.machine), ("engine that judged", setting.engine),
            ("engine that it is for", setting.target), ("kernels", setting.kernels),
            ("ranges from", setting.calibration),
            ("seed", setting.seed.map(String.init)), ("before", setting.digestBefore), ("after", setting.digestAfter),
        ]
        let known = rows.compactMap { name, value in value.map { [name, $0] } }
        let command = setting.command.map {
            "<h3>To have it again</h3>\n<pre>\(ReportPage.text($0, limit: 4000))</pre>\n"
        }
        return (known.isEmpty ? "" : ReportPage.table(["What", "Value"], known)) + (command ?? "")
    }
}
