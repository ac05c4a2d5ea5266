import Charts
import Workshop

/// A graph's boxes and lines as SVG. Names are a stranger's and escaped; places are numbers of ours.
enum GraphDrawing {
    private static let margin = 16.0
    private static let height = 44.0

    /// - Parameter marked: the node that was looked for.
    static func svg(_ outline: GraphOutline, marked: Int?, link: (GraphOutline.Box) -> String?) -> String {
        let sizes = outline.boxes.map { box in
            let columns = max(Double(box.title.unicodeScalars.count) * 8, Double(box.line.unicodeScalars.count) * 6.4)
            return LayerLayout.Size(width: min(260, max(76, columns + 24)), height: height)
        }
        let layout = LayerLayout(
            boxes: sizes, edges: outline.edges.map { .init(from: $0.from, to: $0.to) },
            inputs: outline.boxes.prefix { $0.kind == .input || $0.kind == .outside }.count)
        let (width, tall) = (layout.size.width + 2 * margin, layout.size.height + 2 * margin)
        var svg =
            "<svg class=\"graph\" width=\"\(text(width))\" height=\"\(text(tall))\" "
            + "viewBox=\"0 0 \(text(width)) \(text(tall))\" role=\"group\" aria-label=\"Boxes and lines\">\n<g class=\"lines\">"
        for route in layout.routes where route.count > 1 { svg += "<path d=\"\(path(route))\"/>\n" }
        svg += "</g>\n"
        for (index, box) in outline.boxes.enumerated() {
            svg += element(box, sizes[index], layout.centres[index], marked: marked, link: link(box))
        }
        return svg + "</svg>"
    }

    private static func element(
        _ box: GraphOutline.Box, _ size: LayerLayout.Size, _ centre: LayerLayout.Point, marked: Int?, link: String?
    ) -> String {
        let isMarked = box.kind == .node && marked == box.from
        let style = box.kind == .node ? OperatorFamily.of(box.title) : box.kind.rawValue
        let place =
            "translate(\(text(centre.x - size.width / 2 + margin)) \(text(centre.y - size.height / 2 + margin)))"
        let middle = text(size.width / 2)
        let body =
            "<g class=\"box \(style)\(isMarked ? " marked" : "")\" transform=\"\(place)\">"
            + "<title>\(Markup.escaped(box.hint))</title>"
            + "<rect width=\"\(text(size.width))\" height=\"\(text(size.height))\" rx=\"7\"/>"
            + "<text x=\"\(middle)\" y=\"\(box.line.isEmpty ? 27 : 18)\" class=\"what\">\(Markup.escaped(box.title))</text>"
            + "<text x=\"\(middle)\" y=\"34\" class=\"dims\">\(Markup.escaped(box.line))</text></g>"
        guard let link else { return body + "\n" }
        return
            "<a href=\"\(Markup.escaped(link))\" aria-label=\"\(Markup.escaped("\(box.title), \(box.line)"))\">\(body)</a>\n"
    }

    /// Down, over, down: curves whose ends are upright.
    private static func path(_ route: [LayerLayout.Point]) -> String {
        guard let first = route.first else { return "" }
        var result = "M\(text(first.x + margin)) \(text(first.y + margin))"
        for (start, end) in zip(route, route.dropFirst()) {
            let middle = text((start.y + end.y) / 2 + margin)
            let (from, to) = (text(start.x + margin), text(end.x + margin))
            result += "C\(from) \(middle) \(to) \(middle) \(to) \(text(end.y + margin))"
        }
        return result
    }

    /// With one place.
    private static func text(_ value: Double) -> String {
        guard value.isFinite, let tenths = Int(exactly: (min(max(value, -1e6), 1e6) * 10).rounded()) else { return "0" }
        return tenths.isMultiple(of: 10) ? String(tenths / 10) : "\(Double(tenths) / 10)"
    }
}
