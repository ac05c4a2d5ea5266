import Charts
import Compress

/// Layers as tables: with bars for the few that are to be compared at a glance, plain for all of them, by operator.
struct LayerTable {
    let record: OptimisationRecord
    private let times: LayerTimes

    init(record: OptimisationRecord) {
        self.record = record
        times = LayerTimes(record)
    }

    /// The columns of which something is known.
    private struct Shown {
        var noise: Bool
        var time: Bool
        var bytes: Bool

        init(_ layers: [OptimisationRecord.Layer]) {
            noise = layers.contains { $0.decibels != nil }
            time = layers.contains { $0.shareBefore != nil }
            bytes = layers.contains { $0.bytesBefore != nil }
        }

        func headings(_ times: LayerTimes) -> [String] {
            ["Layer"] + (noise ? [">Error"] : []) + (time ? [times.isTimed ? ">Time" : ">Share of time"] : [])
                + (bytes ? [">Weights"] : [])
        }
    }

    func withBars(_ layers: [OptimisationRecord.Layer], caption: String?) -> String {
        let shown = Shown(layers)
        let widest = (
            error: layers.compactMap(LayerFigure.error).max() ?? 0,
            time: layers.flatMap { [times.before($0) ?? 0, times.after($0) ?? 0] }.max() ?? 0,
            bytes: layers.flatMap { [Double($0.bytesBefore ?? 0), Double($0.bytesAfter ?? 0)] }.max() ?? 0
        )
        let rows = layers.map { layer in
            var cells = [Self.name(layer)]
            if shown.noise { cells.append(Self.noise(layer, of: widest.error)) }
            if shown.time {
                cells.append(time(layer) + Self.bars(times.before(layer), times.after(layer), of: widest.time))
            }
            if shown.bytes {
                let bytes = [layer.bytesBefore, layer.bytesAfter].map { $0.map(Double.init) }
                cells.append(Self.bytes(layer) + Self.bars(bytes[0], bytes[1], of: widest.bytes))
            }
            return cells
        }
        let headings = shown.headings(times)
        return ReportPage.table(
            headings, html: rows, caption: caption, heads: true, kind: "stacked c\(headings.count - 1)")
    }

    /// Without bars: hundreds of rows stay small.
    func plain(_ layers: [OptimisationRecord.Layer]) -> String {
        let shown = Shown(layers)
        let rows = layers.map { layer in
            var cells = [Self.name(layer)]
            if shown.noise { cells.append(Self.noise(layer)) }
            if shown.time { cells.append(time(layer)) }
            if shown.bytes { cells.append(Self.bytes(layer)) }
            return cells
        }
        return ReportPage.table(shown.headings(times), html: rows, heads: true)
    }

    /// By operator, so that hundreds of layers can be read.
    var byOperator: String {
        struct Group {
            var layers = 0
            var changed = 0
            var before = 0
            var after = 0
        }
        var groups: [String: Group] = [:]
        for layer in record.layers {
            groups[layer.operatorType, default: Group()].layers += 1
            groups[layer.operatorType, default: Group()].changed += layer.isChanged ? 1 : 0
            groups[layer.operatorType, default: Group()].before &+= layer.bytesBefore ?? 0
            groups[layer.operatorType, default: Group()].after &+= layer.bytesAfter ?? layer.bytesBefore ?? 0
        }
        let ordered = groups.sorted {
            ($1.value.before, $1.value.layers, $0.key) < ($0.value.before, $0.value.layers, $1.key)
        }
        let rows = ordered.prefix(20).map { name, group in
            [
                name, Quantity.count(group.layers), Quantity.count(group.changed),
                group.before > 0 ? "\(Quantity.bytes(group.before)) → \(Quantity.bytes(group.after))" : "–",
            ]
        }
        return "<h3>By operator</h3>\n" + ReportPage.table(["Operator", ">Layers", ">Changed", ">Weights"], rows)
    }

    // MARK: - Cells

    private static func name(_ layer: OptimisationRecord.Layer) -> String {
        let action = layer.action.isEmpty ? "" : ": \(layer.action)"
        let what = ReportPage.text(
            layer.operatorType + (layer.isChanged ? "" : ", left as it was") + action, limit: 160)
        return "\(ReportPage.text(layer.node, limit: 60))<small>\(what)</small>"
    }

    private static func noise(_ layer: OptimisationRecord.Layer, of most: Double? = nil) -> String {
        guard let error = LayerFigure.error(layer), let decibels = layer.decibels else { return "–" }
        guard error > 0 else { return "none" }
        let text = noiseText(error, decibels)
        guard let most, most > 0 else { return text }
        var drawing = Drawing(
            width: 100, height: 9, label: LayerFigure.percent(error), stretches: true, kind: "cell")
        let width = min(100, error / most * 100)
        drawing.rectangle("e", x: 100 - width, y: 2, width: width, height: 5)
        return text + drawing.svg
    }

    private func time(_ layer: OptimisationRecord.Layer) -> String {
        Self.text(times.before(layer), times.after(layer), times.text)
    }

    private static func bytes(_ layer: OptimisationRecord.Layer) -> String {
        text(layer.bytesBefore, layer.bytesAfter, Quantity.bytes)
    }

    /// Two words that may go on two lines.
    private static func noiseText(_ error: Double, _ decibels: Double) -> String {
        "<span>\(LayerFigure.percent(error))</span> <span class=\"soft\">\(Quantity.fixed(decibels, 1)) dB</span>"
    }

    private static func text<Value: Equatable>(
        _ before: Value?, _ after: Value?, _ text: (Value) -> String
    ) -> String {
        guard let before else { return after.map(text) ?? "–" }
        guard let after, after != before else { return text(before) }
        return "<span>\(text(before)) →</span> <span>\(text(after))</span>"
    }

    private static func bars(_ before: Double?, _ after: Double?, of most: Double) -> String {
        guard before != nil || after != nil, most > 0 else { return "" }
        var drawing = Drawing(width: 100, height: 9, label: "before and after", stretches: true, kind: "cell")
        let widths = [before, after].map { min(100, max(0, ($0 ?? 0) / most * 100)) }
        drawing.rectangle("b", x: 100 - widths[0], y: 0, width: widths[0], height: 4)
        if after != nil { drawing.rectangle("a", x: 100 - widths[1], y: 5, width: widths[1], height: 4) }
        return drawing.svg
    }
}
