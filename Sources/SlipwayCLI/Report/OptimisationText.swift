import Compress

/// An optimisation as people read it in a terminal: sentences, what was tried, the layers that matter.
struct OptimisationText {
    let record: OptimisationRecord
    let width: Int
    private let words: OptimisationWords

    init(_ record: OptimisationRecord, width: Int) {
        self.record = record
        self.width = width
        words = OptimisationWords(record: record)
    }

    /// Layers that are printed; the page and `--json` have them all.
    private static let mostLayers = 10

    var lines: [String] {
        [words.title] + words.lead.map { "  \($0)" } + ["", candidates] + (layers.map { ["", $0] } ?? [])
            + record.notes.map { "  note  \(InertText.text($0))" }
    }

    /// `>` is what was chosen, `*` what nothing else beats in everything.
    var candidates: String {
        let all = [record.original] + record.candidates
        let hasTimes = all.contains { $0.latency != nil }
        var table = FittedTable(
            ["", "MODEL", ">SIZE"] + (hasTimes ? [">TIME"] : []) + [">\(words.qualityName.uppercased())", ""],
            shrinking: [hasTimes ? 5 : 4, 1], width: width)
        for (index, candidate) in all.enumerated() {
            let isChosen = index > 0 && candidate.name == record.chosen
            var cells = [
                isChosen ? ">" : candidate.isOnFront == true ? "*" : "", InertText.text(candidate.name),
                Quantity.bytes(candidate.bytes),
            ]
            if hasTimes { cells.append(candidate.latency.map { OptimisationWords.milliseconds($0.p50) } ?? "–") }
            cells.append(words.qualityText(words.quality(candidate)))
            cells.append(remark(candidate, isOriginal: index == 0, isChosen: isChosen))
            table.add(cells)
        }
        return table.rendered()
    }

    private func remark(_ candidate: OptimisationRecord.Candidate, isOriginal: Bool, isChosen: Bool) -> String {
        let state = isOriginal ? "" : isChosen ? "chosen" : candidate.isAccepted ? "" : "not acceptable"
        let reason = candidate.reason.map(InertText.text) ?? ""
        return [state, reason].filter { !$0.isEmpty }.joined(separator: ": ")
    }

    /// The layers with most error, most time, most bytes; `nil` where nothing is known of any.
    var layers: String? {
        let known = record.layers.filter { $0.decibels != nil || $0.shareBefore != nil || $0.bytesBefore != nil }
        guard !known.isEmpty else { return nil }
        let shown = LayerFigure.chosen(record.layers, most: Self.mostLayers)
        let columns: [(heading: String, cell: (OptimisationRecord.Layer) -> String?)] = [
            (">NOISE", { $0.decibels.map { $0 < 150 ? "\(Quantity.fixed($0, 1)) dB" : "none" } }),
            (">TIME", { Self.change($0.shareBefore, $0.shareAfter) { Quantity.percent($0, places: 1) } }),
            (">WEIGHTS", { Self.change($0.bytesBefore, $0.bytesAfter, Quantity.bytes) }),
        ]
        let told = columns.filter { column in shown.contains { column.cell($0) != nil } }
        var table = FittedTable(
            ["  LAYER", "OPERATOR"] + told.map(\.heading) + ["WHAT WAS DONE"], shrinking: [0, 2 + told.count],
            width: width)
        for layer in shown {
            table.add(
                ["  \(InertText.text(layer.node))", InertText.text(layer.operatorType)]
                    + told.map { $0.cell(layer) ?? "–" } + [
                        (layer.isChanged ? "" : "left: ") + InertText.text(layer.action)
                    ])
        }
        let rest = record.layers.count - shown.count
        return table.rendered() + (rest > 0 ? "\n  and \(Quantity.count(rest)) more layers; the report has them" : "")
    }

    private static func change<Value: Equatable>(
        _ before: Value?, _ after: Value?, _ text: (Value) -> String
    ) -> String? {
        guard let before else { return after.map(text) }
        guard let after, after != before else { return text(before) }
        return "\(text(before)) → \(text(after))"
    }
}
