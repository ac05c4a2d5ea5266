import Compress
import Workshop

/// What a search found, as people read it.
enum SearchText {
    static func text(_ record: OptimisationRecord, title: String) -> String {
        let words = record.original.quality?.accuracy != nil ? "ACCURACY" : "AGREEMENT"
        var table = Table("  CANDIDATE", ">SIZE", ">A RUN", ">\(words)", "FRONT", "")
        for candidate in [record.original] + record.candidates {
            let mark = candidate.name == (record.chosen ?? record.original.name) ? "* " : "  "
            table.add(
                mark + InertText.text(candidate.name), Quantity.bytes(candidate.bytes),
                candidate.latency.map { Quantity.seconds($0.p50 / 1e3) } ?? "-",
                candidate.quality?.value.map { Quantity.percent($0) } ?? "-", candidate.isOnFront == true ? "yes" : "",
                candidate.reason.map { InertText.text($0) } ?? "")
        }
        return ([title, table.rendered(), goals(record)] + basis(record) + notes(record)).joined(separator: "\n")
    }

    /// What came of it, in a line.
    static func words(_ record: OptimisationRecord) -> String {
        guard let winner = record.winner else {
            return "the original; \(InertText.text(record.reason ?? "nothing better was found"))"
        }
        var parts = [InertText.text(winner.name)]
        if winner.bytes > 0 {
            parts.append("\(Quantity.fixed(Double(record.original.bytes) / Double(winner.bytes), 2)) times as small")
        }
        if let before = record.original.latency?.p50, let after = winner.latency?.p50, after > 0 {
            let factor = before / after
            let noise = max(0.03, max(record.original.latency?.noise ?? 0, winner.latency?.noise ?? 0))
            let isTold = factor > 1 + noise || factor < 1 / (1 + noise)
            parts.append(isTold ? "\(Quantity.fixed(factor, 2)) times as fast" : "as fast")
        }
        if let before = record.original.quality?.accuracy, let after = winner.quality?.accuracy {
            parts.append("accuracy \(Quantity.percent(before)) → \(Quantity.percent(after))")
        } else if let quality = winner.quality, let value = quality.value {
            parts.append("\(quality.words) \(Quantity.percent(value))")
        }
        return parts.joined(separator: ", ")
    }

    private static func goals(_ record: OptimisationRecord) -> String {
        var parts: [String] = []
        if let purpose = record.demands?.purpose { parts.append("for \(purpose)") }
        if let drop = record.demands?.largestDrop { parts.append("at most \(Quantity.percent(drop)) lost") }
        if let most = record.demands?.largestMilliseconds {
            parts.append("at most \(Quantity.seconds(most / 1e3)) a run")
        }
        if let most = record.demands?.largestBytes { parts.append("at most \(Quantity.bytes(most))") }
        return "  asked for  \(parts.joined(separator: ", "))"
    }

    private static func basis(_ record: OptimisationRecord) -> [String] {
        var lines: [String] = []
        if let quality = record.original.quality {
            lines.append("  judged by  \(InertText.text(quality.measuredOn)); values from \(calibration(record))")
        }
        if let latency = record.original.latency {
            let rows = latency.rows == 1 ? "one row" : "\(latency.rows) rows"
            lines.append(
                "  a run      the middle of \(latency.runs ?? 0) or so, \(rows), one thread, turn by turn, \(latency.engine)"
            )
        }
        if let kernels = record.setting.kernels { lines.append("  kernels    \(kernels)") }
        return lines
    }

    private static func calibration(_ record: OptimisationRecord) -> String {
        InertText.text(record.setting.calibration ?? "?")
    }

    private static func notes(_ record: OptimisationRecord) -> [String] {
        record.notes.map { "  note       \(InertText.text($0))" }
    }

    // MARK: - Before it is tried

    static func plan(_ plan: SearchPlan, _ survey: SearchSurvey, title: String) -> String {
        var table = Table("  CANDIDATE", "WHY")
        for candidate in plan.candidates { table.add("  " + candidate.name, candidate.why) }
        for omission in plan.leftOut { table.add("  not " + omission.name, InertText.text(omission.reason)) }
        return [
            title, table.rendered(),
            "  judged by  \(InertText.text(survey.judgedBy)); values from \(InertText.text(survey.calibration))",
        ].joined(separator: "\n")
    }
}
