import Charts
import Compress

/// Where the bytes of the file are, before and after, on one scale.
struct SizeFigure {
    let record: OptimisationRecord
    /// What the two are called.
    var sides = ("Before", "After")

    /// Kinds that are told apart; what is left goes together.
    private static let mostKinds = 5

    private struct Part: Equatable {
        var name: String
        var before: Int
        var after: Int
        /// What is no weight of an operator has a colour of its own.
        var isRest = false
    }

    func html() -> String {
        let parts = parts
        guard parts.count > 1 || parts.contains(where: { $0.before != $0.after }) else { return "" }
        let widest = Double(max(1, sum(parts, \.before), sum(parts, \.after)))
        let hasAfter = record.winner != nil
        var body = "<div class=\"stack\">\n" + strip(sides.0, parts, \.before, widest)
        if hasAfter { body += strip(sides.1, parts, \.after, widest) }
        body += "</div>\n"
        let rows = parts.enumerated().map { index, part in
            [
                "\(Self.key(part, index))\(ReportPage.text(part.name))", Quantity.bytes(part.before),
                hasAfter ? Quantity.bytes(part.after) : "–",
                hasAfter && part.before > 0
                    ? Quantity.percent(Double(part.after) / Double(part.before), places: 0) : "–",
            ]
        }
        let total = [
            "In all", Quantity.bytes(sum(parts, \.before)), hasAfter ? Quantity.bytes(sum(parts, \.after)) : "–",
            hasAfter && sum(parts, \.before) > 0
                ? Quantity.percent(Double(sum(parts, \.after)) / Double(sum(parts, \.before)), places: 0) : "–",
        ]
        return body
            + ReportPage.table(
                ["Weights of", ">\(sides.0)", ">\(sides.1)", ">Left"], html: rows + [total], heads: true)
    }

    /// By operator, the largest first; the rest of the file is what is no weight: names, structure, shared constants.
    private var parts: [Part] {
        var byOperator: [String: Part] = [:]
        for layer in record.layers where layer.bytesBefore != nil || layer.bytesAfter != nil {
            let name = layer.operatorType
            byOperator[name, default: Part(name: name, before: 0, after: 0)].before &+= Self.sane(
                layer.bytesBefore ?? 0)
            byOperator[name, default: Part(name: name, before: 0, after: 0)].after &+= Self.sane(
                layer.bytesAfter ?? layer.bytesBefore ?? 0)
        }
        let ordered = byOperator.values.filter { $0.before + $0.after > 0 }.sorted {
            ($1.before, $0.name) < ($0.before, $1.name)
        }
        guard !ordered.isEmpty else { return [] }
        var parts = Array(ordered.prefix(Self.mostKinds - 1))
        let others = ordered.dropFirst(Self.mostKinds - 1)
        if !others.isEmpty {
            parts.append(
                Part(
                    name: "other operators", before: others.reduce(0) { $0 + $1.before },
                    after: others.reduce(0) { $0 + $1.after }))
        }
        let rest = Part(
            name: "the rest: structure, names, what layers share",
            before: max(0, Self.sane(record.original.bytes) - parts.reduce(0) { $0 + $1.before }),
            after: max(0, Self.sane((record.winner ?? record.original).bytes) - parts.reduce(0) { $0 + $1.after }),
            isRest: true)
        return rest.before + rest.after > 0 ? parts + [rest] : parts
    }

    /// Whatever a record says: sums of these are numbers still.
    private static func sane(_ bytes: Int) -> Int { min(max(bytes, 0), 1 << 46) }

    private func sum(_ parts: [Part], _ side: KeyPath<Part, Int>) -> Int { parts.reduce(0) { $0 + $1[keyPath: side] } }

    private func strip(_ name: String, _ parts: [Part], _ side: KeyPath<Part, Int>, _ widest: Double) -> String {
        let total = sum(parts, side)
        var drawing = Drawing(
            width: 1000, height: 22,
            label: "\(name): \(Quantity.bytes(total)) by operator; the numbers are in the table below",
            stretches: true, kind: "sum")
        var x = 0.0
        for (index, part) in parts.enumerated() {
            let width = Double(part[keyPath: side]) / widest * 1000
            let gap = width > 6 ? 2.0 : 0
            drawing.rectangle(
                Self.kind(part, index), x: x, y: 0, width: width - gap, height: 22,
                title: "\(part.name): \(Quantity.bytes(part[keyPath: side]))")
            x += width
        }
        return "<figure><figcaption><b>\(name)</b> \(Quantity.bytes(total))</figcaption>\n\(drawing.svg)</figure>\n"
    }

    private static func kind(_ part: Part, _ index: Int) -> String { part.isRest ? "k5" : "k\(min(4, index))" }

    private static func key(_ part: Part, _ index: Int) -> String {
        "<svg class=\"dot\" viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"\(kind(part, index))\" width=\"10\" "
            + "height=\"10\"/></svg>"
    }
}
