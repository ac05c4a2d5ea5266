import Compress

/// Each step from the original to the result with its parameters, and what the passes did before.
struct LineageSection {
    let record: OptimisationRecord

    func html() -> String {
        let made = record.winner ?? (record.candidates.count == 1 ? record.candidates.first : nil)
        guard made != nil || !record.passes.isEmpty || !record.notes.isEmpty else { return "" }
        var items = [item("The original", [model(record.original)])]
        let kept = record.passes.filter(\.isKept)
        if !kept.isEmpty {
            items.append(
                item("Passes that leave answers alone", [kept.map { "\($0.name) \($0.count)" }.joined(separator: ", ")])
            )
        }
        for step in made?.steps ?? [] {
            items.append(item(step.name, [step.parameters.map { "\($0.name) \($0.value)" }.joined(separator: ", ")]))
        }
        if let made {
            let title = made.name == record.chosen ? "The result" : "What came of it, and was thrown away"
            items.append(item(title, [model(made), made.isAccepted ? nil : made.reason].compactMap(\.self)))
        }
        return "<ol class=\"steps\">\n\(items.joined())</ol>\n" + undone + notes
    }

    private func item(_ title: String, _ lines: [String]) -> String {
        let lines = lines.filter { !$0.isEmpty }.map { "<small>\(ReportPage.text($0, limit: 1000))</small>" }.joined()
        return "<li><b>\(ReportPage.text(title))</b>\(lines)</li>\n"
    }

    private func model(_ candidate: OptimisationRecord.Candidate) -> String {
        let parts: [String?] = [
            candidate.name == record.subject || candidate.steps.isEmpty ? record.subject : candidate.name,
            candidate.nodes.map { "\(Quantity.count($0)) nodes" }, Quantity.bytes(candidate.bytes),
            candidate.parameters.map { "\(Quantity.count($0)) parameters" },
            candidate.flops.map { "\(Quantity.operations($0)) FLOPs" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    private var undone: String {
        let passes = record.passes.filter { !$0.isKept }
        guard !passes.isEmpty else { return "" }
        let rows = passes.map { [$0.name, $0.reason ?? ""] }
        return "<h3>Passes that were undone</h3>\n" + ReportPage.table(["Pass", "Why"], rows)
    }

    private var notes: String {
        guard !record.notes.isEmpty else { return "" }
        return "<h3>Notes</h3>\n"
            + record.notes.prefix(50).map { "<p>\(ReportPage.text($0, limit: 600))</p>\n" }.joined()
    }
}
