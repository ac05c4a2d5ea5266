import Charts
import Compress

/// How the weights of some layers are spread, before and after: small pictures of one kind.
struct WeightFigure {
    let record: OptimisationRecord
    /// What the two are called.
    var sides = ("before", "after")

    private static let mostLayers = 12
    /// Columns of a picture.
    private static let columns = 48

    func html() -> String {
        let layers = chosen
        guard !layers.isEmpty else { return "" }
        let pictures = layers.map(figure).joined()
        let rows = layers.map { layer in
            [
                layer.node, Self.range(layer.weightsBefore), layer.weightsAfter.map { Self.range($0) } ?? "–",
                layer.weightsAfter?.levels.map { Quantity.count($0) } ?? "–",
            ]
        }
        let which = layers.count < known.count ? " Those of the \(layers.count) layers with most error or bytes." : ""
        return "<p>Grey: \(sides.0). Line: \(sides.1).\(which)</p>\n<div class=\"many\">\n\(pictures)</div>\n"
            + ReportPage.details(
                "The same as numbers",
                ReportPage.table(["Layer", sides.0, sides.1, ">Different values \(sides.1)"], rows))
    }

    private var known: [OptimisationRecord.Layer] {
        record.layers.filter { layer in
            layer.weightsBefore.map { $0.most > $0.least && $0.counts.contains { $0 > 0 } } ?? false
        }
    }

    private var chosen: [OptimisationRecord.Layer] {
        let all = known
        let order = all.indices.sorted { left, right in
            let (a, b) = (all[left].decibels ?? 1000, all[right].decibels ?? 1000)
            return (a, all[right].bytesBefore ?? 0, left) < (b, all[left].bytesBefore ?? 0, right)
        }
        return order.prefix(Self.mostLayers).sorted().map { all[$0] }
    }

    private func figure(_ layer: OptimisationRecord.Layer) -> String {
        guard let before = layer.weightsBefore else { return "" }
        let after = layer.weightsAfter
        let x = Axis(
            .linear, [before.least, before.most] + (after.map { [$0.least, $0.most] } ?? []), from: 0, to: 200,
            margin: 0)
        var drawing = Drawing(
            width: 200, height: 52, label: "How the weights of \(layer.node) are spread: \(Self.range(before))",
            stretches: true, kind: "spread")
        drawing.columns("b", Self.bars(before, x))
        if let after, after.most > after.least { drawing.line("o", Self.outline(after, x)) }
        drawing.line("axis", [(0, 51.5), (200, 51.5)])
        let levels = after?.levels.map { ", \(Quantity.count($0)) values \(sides.1)" } ?? ""
        let noise = layer.decibels.map { $0 < 150 ? ", \(Quantity.fixed($0, 1)) dB" : "" } ?? ""
        return "<figure>\(drawing.svg)<figcaption><b>\(ReportPage.text(layer.node, limit: 48))</b><br>"
            + "\(ReportPage.text(Self.range(before)))\(levels)\(noise)</figcaption></figure>\n"
    }

    /// Parts of a height, neighbours together where there are many.
    private static func heights(_ histogram: OptimisationRecord.Histogram) -> [(
        low: Double, high: Double, share: Double
    )] {
        let counts = histogram.counts.map { Double(max(0, $0)) }
        let size = max(1, (counts.count + columns - 1) / columns)
        let sums = stride(from: 0, to: counts.count, by: size).map { start in
            counts[start..<min(counts.count, start + size)].reduce(0, +)
        }
        let most = sums.max() ?? 0
        guard most > 0 else { return [] }
        let width = (histogram.most - histogram.least) / Double(counts.count)
        return sums.enumerated().map { index, sum in
            let low = histogram.least + Double(index * size) * width
            return (low, min(histogram.most, low + Double(size) * width), sum / most)
        }
    }

    private static func bars(
        _ histogram: OptimisationRecord.Histogram, _ x: Axis
    ) -> [(x: Double, width: Double, from: Double, to: Double)] {
        heights(histogram).filter { $0.share > 0 }.map { part in
            let left = x.place(part.low)
            return (x: left, width: max(0.4, x.place(part.high) - left), from: 51, to: 51 - max(0.8, part.share * 48))
        }
    }

    private static func outline(_ histogram: OptimisationRecord.Histogram, _ x: Axis) -> [(x: Double, y: Double)] {
        heights(histogram).flatMap { part in
            let y = 51 - part.share * 48
            return [(x: x.place(part.low), y: y), (x: x.place(part.high), y: y)]
        }
    }

    private static func range(_ histogram: OptimisationRecord.Histogram?) -> String {
        guard let histogram else { return "–" }
        return "\(number(histogram.least)) to \(number(histogram.most))"
    }

    /// Three significant digits.
    private static func number(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "0" }
        var places = 0
        var size = value.magnitude
        while size < 100, places < 12 { (size, places) = (size * 10, places + 1) }
        return Quantity.fixed(value, places)
    }
}
