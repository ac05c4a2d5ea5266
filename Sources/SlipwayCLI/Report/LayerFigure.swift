import Charts
import Compress
import Glibc

/// What became of each layer: where in the network error and time are, then the layers that matter most, then all of them.
struct LayerFigure {
    let record: OptimisationRecord
    /// What was done to how many, in a sentence; `nil`: by the recipe.
    var told: String?

    /// Layers that are told apart at a glance.
    private static let mostShown = 24
    /// Rows of the whole list; more are only in the JSON.
    private static let mostListed = 1500
    /// Columns of a strip; of more layers, neighbours share one.
    private static let mostColumns = 160

    func html() -> String {
        guard !record.layers.isEmpty else { return "" }
        let layers = record.layers
        let strips = layers.count > Self.mostShown ? [timeStrip, noiseStrip].compactMap(\.self) : []
        var body = strips.isEmpty ? "" : "<div class=\"stack\">\n\(strips.joined())</div>\n"
        body += "<p>\(ReportPage.text(explanation, limit: 1000))</p>\n"
        let tables = LayerTable(record: record)
        guard layers.count > Self.mostShown else { return body + tables.withBars(layers, caption: nil) }
        let shown = Self.chosen(layers)
        body += tables.withBars(
            shown,
            caption: "The \(shown.count) of \(Quantity.count(layers.count)) layers with most time, bytes or error")
        body += tables.byOperator
        let rest = layers.count - Self.mostListed
        let more = rest > 0 ? "<p>\(Quantity.count(rest)) more are in the JSON beside this page.</p>\n" : ""
        return body
            + ReportPage.details("All layers", tables.plain(Array(layers.prefix(Self.mostListed))) + more)
    }

    private var explanation: String {
        let changed = record.layers.count { $0.isChanged }
        var words = [
            told ?? "\(Quantity.count(changed)) of \(Quantity.count(record.layers.count)) layers were changed."
        ]
        if record.layers.contains(where: { $0.decibels != nil }) {
            words.append(
                "Error is how far what a layer makes is from what it made, of its size (root mean squares; in decibels: "
                    + "signal to noise).")
        }
        if let timing = record.timing { words.append("Times are shares \(timing).") }
        return words.joined(separator: " ")
    }

    // MARK: - Strips

    /// Time before upwards, after downwards; a run after is as much shorter as it is.
    private var timeStrip: String? {
        guard record.layers.contains(where: { $0.shareBefore != nil }) else { return nil }
        let after = record.layers.contains { $0.shareAfter != nil }
        let times = LayerTimes(record)
        let before = columns { $0.reduce(0) { $0 + (times.before($1) ?? 0) } }
        let later = columns { $0.reduce(0) { $0 + (times.after($1) ?? 0) } }
        let top = max((before + later).max() ?? 0, 1e-9)
        let middle = after ? 42.0 : 82.0
        var drawing = Drawing(
            width: 1000, height: 84, label: "Time of each layer before and after; the numbers are in the table below",
            stretches: true, kind: "strip")
        drawing.columns("b", bars(before, from: middle) { middle - $0 / top * (middle - 2) })
        if after { drawing.columns("a", bars(later, from: middle) { middle + $0 / top * 40 }) }
        drawing.line("axis", [(0, middle), (1000, middle)])
        let key =
            after
            ? "\(Self.key("b")) before, upwards; \(Self.key("a")) after, downwards, on one scale"
            : "\(Self.key("b")) before"
        return strip("<b>Time of a run, layer by layer</b>: \(key)", drawing)
    }

    private var noiseStrip: String? {
        let errors = columns { $0.compactMap(Self.error).max() ?? 0 }
        guard let top = errors.max(), top > 0 else { return nil }
        var drawing = Drawing(
            width: 1000, height: 84, label: "Error of each layer; the numbers are in the table below", stretches: true,
            kind: "strip")
        drawing.columns("e", bars(errors, from: 82) { 82 - $0 / top * 80 })
        drawing.line("axis", [(0, 82), (1000, 82)])
        return strip(
            "<b>Error, layer by layer</b>: \(Self.key("e")) up to \(Self.percent(top)) of what the layer makes", drawing
        )
    }

    /// The noise as a share of the signal, both as root mean squares.
    static func error(_ layer: OptimisationRecord.Layer) -> Double? {
        guard let decibels = layer.decibels, decibels.isFinite else { return nil }
        return decibels < 150 ? pow(10, -decibels / 20) : 0
    }

    /// With as many places as it takes to see something.
    static func percent(_ share: Double) -> String {
        Quantity.percent(share, places: share < 0.0995 ? (share < 0.00995 ? 2 : 1) : 0)
    }

    private func strip(_ caption: String, _ drawing: Drawing) -> String {
        "<figure><figcaption>\(caption)</figcaption>\n\(drawing.svg)<div class=\"ends\"><span>first layer</span>"
            + "<span>last layer</span></div></figure>\n"
    }

    private static func key(_ kind: String) -> String {
        "<svg class=\"key\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"\(kind)\" width=\"10\" "
            + "height=\"10\"/></svg>"
    }

    /// A number for each column, of the layers that share it.
    private func columns(_ value: ([OptimisationRecord.Layer]) -> Double) -> [Double] {
        let layers = record.layers
        let size = (layers.count + Self.mostColumns - 1) / Self.mostColumns
        return stride(from: 0, to: layers.count, by: max(1, size)).map { start in
            value(Array(layers[start..<min(layers.count, start + size)]))
        }
    }

    private func bars(
        _ values: [Double], from: Double, to: (Double) -> Double
    ) -> [(x: Double, width: Double, from: Double, to: Double)] {
        let step = 1000 / Double(max(1, values.count))
        return values.enumerated().filter { $0.element > 0 }.map { index, value in
            (x: Double(index) * step + step * 0.08, width: step * 0.84, from: from, to: to(value))
        }
    }

    /// Those that take most time or bytes, and those with most error, in the order of the graph.
    static func chosen(_ layers: [OptimisationRecord.Layer], most: Int = mostShown) -> [OptimisationRecord.Layer] {
        guard layers.count > most else { return layers }
        let indices = layers.indices
        func first(_ count: Int, _ value: (OptimisationRecord.Layer) -> Double?) -> [Int] {
            let known = indices.compactMap { index in value(layers[index]).map { (index, $0) } }
            return known.sorted { ($1.1, $0.0) < ($0.1, $1.0) }.prefix(count).map(\.0)
        }
        let picked =
            first(most / 3) { $0.decibels.map { -$0 } } + first(most / 3 + 1) { $0.shareBefore }
            + first(most) { $0.bytesBefore.map(Double.init) } + Array(indices)
        var seen = Set<Int>()
        return picked.filter { seen.insert($0).inserted }.prefix(most).sorted().map { layers[$0] }
    }
}

/// How long layers take: in milliseconds where it is known how long a run takes, else as shares of it.
struct LayerTimes {
    private let whole: (before: Double, after: Double)
    /// Whether these are milliseconds.
    let isTimed: Bool

    init(_ record: OptimisationRecord) {
        let made = record.winner ?? record.candidates.last
        if let before = record.original.latency?.p50, let after = made?.latency?.p50, before > 0, after > 0 {
            (whole, isTimed) = ((before, after), true)
        } else {
            (whole, isTimed) = ((1, 1), false)
        }
    }

    func before(_ layer: OptimisationRecord.Layer) -> Double? {
        layer.shareBefore.map { Self.share($0) * whole.before }
    }
    func after(_ layer: OptimisationRecord.Layer) -> Double? { layer.shareAfter.map { Self.share($0) * whole.after } }

    func text(_ value: Double) -> String {
        isTimed ? OptimisationWords.milliseconds(value) : Quantity.percent(value, places: 1)
    }

    private static func share(_ value: Double) -> Double { value.isFinite ? min(1, max(0, value)) : 0 }
}
