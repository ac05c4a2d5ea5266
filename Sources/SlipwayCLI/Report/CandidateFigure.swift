import Charts
import Compress

/// What was tried: what it costs against how well it answers, as two pictures and the table of their numbers.
struct CandidateFigure {
    let record: OptimisationRecord
    private let words: OptimisationWords

    init(_ record: OptimisationRecord) {
        self.record = record
        words = OptimisationWords(record: record)
    }

    /// Rows of the table; more are only in the JSON.
    private static let mostRows = 200

    private struct Point {
        var candidate: OptimisationRecord.Candidate
        var cost: Double
        var quality: Double
        var isOriginal: Bool
    }

    func html() -> String {
        let times = points { $0.latency?.p50 }
        let sizes = points { Double($0.bytes) }
        var pictures: [String] = []
        if times.count > 1 {
            pictures.append(
                figure(times, "Time of a run", "to the left is faster", OptimisationWords.milliseconds))
        }
        if sizes.count > 1 {
            pictures.append(
                figure(sizes, "Size of the file", "to the left is smaller") { Quantity.bytes(Int(min($0, 9e18))) })
        }
        return (pictures.isEmpty ? "" : "<div class=\"pair\">\n\(pictures.joined())</div>\n") + table
    }

    private func points(_ cost: (OptimisationRecord.Candidate) -> Double?) -> [Point] {
        ([record.original] + record.candidates).enumerated().compactMap { index, candidate in
            guard let cost = cost(candidate), cost > 0, cost.isFinite, let quality = words.quality(candidate),
                quality.isFinite
            else { return nil }
            return Point(candidate: candidate, cost: cost, quality: quality, isOriginal: index == 0)
        }
    }

    // MARK: - A picture

    private let width = 440.0
    private let height = 290.0
    /// About the width of a letter.
    private let letter = 6.8

    private func figure(
        _ points: [Point], _ name: String, _ hint: String, _ text: (Double) -> String
    ) -> String {
        let floor = height - 40
        let ratio = (points.map(\.cost).max() ?? 1) / (points.map(\.cost).min() ?? 1)
        // What hardly differs is not to look as if it did.
        let widened = points.map(\.cost) + [0.8, 1.2].map { $0 * points[0].cost }
        let x = Axis(
            ratio > 8 ? .ratio : .linear, ratio > 1.5 ? points.map(\.cost) : widened, from: 62, to: width - 14,
            margin: 0.14)
        let limit = lowest
        let y = Axis(.linear, points.map(\.quality) + [limit].compactMap(\.self), from: floor, to: 16, margin: 0.14)
        var drawing = Drawing(
            width: width, height: height,
            label: "\(name) against \(words.qualityName) of \(points.count) models; the numbers are in the table below",
            kind: "plot")
        let step = y.ticks().count > 1 ? y.ticks()[1] - y.ticks()[0] : 1
        for tick in y.ticks() where words.qualityName == "cosine" || tick <= 1.0000001 {
            drawing.line("grid", [(62, y.place(tick)), (width - 14, y.place(tick))])
            drawing.text(tickText(tick, step), x: 56, y: y.place(tick) + 4, .end)
        }
        var free = 0.0
        for tick in x.ticks(6) {
            let label = text(tick).replacing(".0 ", with: " ")
            let half = Double(label.count) * letter / 2
            drawing.line("grid", [(x.place(tick), floor), (x.place(tick), floor + 5)])
            guard x.place(tick) - half >= free, x.place(tick) + half <= width else { continue }
            drawing.text(label, x: x.place(tick), y: floor + 20, .middle)
            free = x.place(tick) + half + letter
        }
        if let limit {
            drawing.line("limit", [(62, y.place(limit)), (width - 14, y.place(limit))])
            drawing.text("least that is allowed", x: width - 16, y: y.place(limit) + 15, .end, kind: "limit")
        }
        draw(points, x, y, limit, text, &drawing)
        return "<figure><figcaption><b>\(name)</b> against \(words.qualityName); \(hint), higher is better. "
            + "The line joins what nothing acceptable beats in both.</figcaption>\n\(drawing.svg)</figure>\n"
    }

    private func draw(
        _ points: [Point], _ x: Axis, _ y: Axis, _ limit: Double?, _ text: (Double) -> String, _ drawing: inout Drawing
    ) {
        let floor = y.from
        let front = Self.front(points, x, y, floor, end: width - 14)
        drawing.line("front", front)
        var places = LabelPlaces(left: 62, top: 2, right: width - 2, bottom: floor, letter: letter, line: 15)
        for (a, b) in zip(front, front.dropFirst()) { places.keep(clearFrom: a, to: b) }
        if let limit {
            places.keep(clearFrom: (62, y.place(limit)), to: (width - 14, y.place(limit)))
            places.keep(clearFrom: (width - 16 - 22 * letter, y.place(limit)), to: (width - 14, y.place(limit) + 18))
        }
        for point in points { places.keep(clear: x.place(point.cost), y.place(point.quality), radius: 6) }
        // Names of what matters most are placed first.
        let ordered = points.sorted { rank($0) < rank($1) }
        for point in ordered.reversed() {
            let isWinner = point.candidate.name == record.chosen
            drawing.circle(
                kind(point), x: x.place(point.cost), y: y.place(point.quality), radius: isWinner ? 7 : 4.5,
                title: "\(point.candidate.name): \(text(point.cost)), \(words.qualityText(point.quality))")
        }
        for point in ordered {
            let name = ShortText.line(point.candidate.name, limit: 24)
            guard let place = places.place(name, x: x.place(point.cost), y: y.place(point.quality)) else { continue }
            drawing.text(name, x: place.x, y: place.y, place.2, kind: kind(point))
        }
    }

    private func rank(_ point: Point) -> Int {
        if point.candidate.name == record.chosen, !point.isOriginal { return 0 }
        return point.isOriginal ? 1 : point.candidate.isAccepted ? 2 : 3
    }

    private func kind(_ point: Point) -> String {
        ["winner", "original", "point", "refused"][rank(point)]
    }

    /// The corners of the staircase under which everything else lies.
    private static func front(
        _ points: [Point], _ x: Axis, _ y: Axis, _ floor: Double, end: Double
    ) -> [(x: Double, y: Double)] {
        var corners: [(x: Double, y: Double)] = []
        var best = -Double.infinity
        let allowed = points.filter { $0.isOriginal || $0.candidate.isAccepted }
        for point in allowed.sorted(by: { ($0.cost, $1.quality) < ($1.cost, $0.quality) }) where point.quality > best {
            corners.append((x.place(point.cost), best.isFinite ? y.place(best) : floor))
            corners.append((x.place(point.cost), y.place(point.quality)))
            best = point.quality
        }
        if best.isFinite { corners.append((end, y.place(best))) }
        return corners
    }

    /// The least quality that is allowed.
    private var lowest: Double? {
        guard let drop = record.demands?.largestDrop, let before = words.quality(record.original) else { return nil }
        return before - drop
    }

    /// With as many places as the distance to the next one needs.
    private func tickText(_ value: Double, _ step: Double) -> String {
        if words.qualityName == "cosine" { return Quantity.fixed(value, step < 0.0009 ? 5 : step < 0.009 ? 3 : 2) }
        let places = step < 0.00099 ? 2 : step < 0.0099 ? 1 : 0
        return Quantity.percent(value, places: places)
    }

    // MARK: - The table

    private var table: String {
        let all = [record.original] + record.candidates
        let hasTimes = all.contains { $0.latency != nil }
        var headings = ["Model", ">Size"] + (hasTimes ? [">Time of a run"] : [])
        headings.append(">" + words.qualityName.prefix(1).uppercased() + words.qualityName.dropFirst())
        let rows = all.prefix(Self.mostRows).enumerated().map { index, candidate in
            var cells = [name(candidate, isOriginal: index == 0), Quantity.bytes(candidate.bytes)]
            if hasTimes { cells.append(time(candidate)) }
            cells.append(words.qualityText(words.quality(candidate)))
            return cells
        }
        let rest = all.count - rows.count
        let more = rest > 0 ? "<p>\(Quantity.count(rest)) more are in the JSON beside this page.</p>\n" : ""
        return ReportPage.table(headings, html: rows, heads: true, kind: "stacked c\(headings.count - 1)") + more
            + measured
    }

    private func name(_ candidate: OptimisationRecord.Candidate, isOriginal: Bool) -> String {
        let isChosen = !isOriginal && candidate.name == record.chosen
        let style = isChosen ? " class=\"chosen\"" : ""
        var remarks: [String] = []
        if isOriginal { remarks.append("what was there") }
        if isChosen { remarks.append("chosen") }
        if !candidate.isAccepted { remarks.append("not acceptable") }
        if let reason = candidate.reason { remarks.append(reason) }
        let remark = remarks.isEmpty ? "" : "<small>\(ReportPage.text(remarks.joined(separator: ": ")))</small>"
        return "<span\(style)>\(ReportPage.text(candidate.name, limit: 80))</span>\(remark)"
    }

    private func time(_ candidate: OptimisationRecord.Candidate) -> String {
        candidate.latency.map { ReportPage.text(OptimisationWords.milliseconds($0.p50)) } ?? "–"
    }

    /// With what the numbers were measured.
    private var measured: String {
        let quality = record.winner?.quality ?? record.candidates.compactMap(\.quality).first ?? record.original.quality
        var words: [String] = []
        if let latency = record.original.latency {
            words.append(
                "time: middle of runs of \(latency.rows) \(latency.rows == 1 ? "row" : "rows") on \(latency.engine)"
                    + (latency.threads.map { ", \($0) \($0 == 1 ? "thread" : "threads")" } ?? "") + ", on this machine")
        }
        if let quality { words.append("\(self.words.qualityName): on \(quality.measuredOn)") }
        return words.isEmpty ? "" : "<p>How it was measured: \(ReportPage.text(words.joined(separator: "; "))).</p>\n"
    }
}
