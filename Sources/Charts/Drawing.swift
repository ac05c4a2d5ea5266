/// A picture as SVG inside of a page: elements with classes, coloured by the page's style sheet.
///
/// Texts are escaped here, numbers have one place, and what is no number is drawn at 0, so that no value can break the page.
package struct Drawing: Sendable {
    private let width: Double
    private let height: Double
    private let label: String
    private let description: String?
    private let stretches: Bool
    private let kind: String
    private var body = ""

    /// - Parameters:
    ///   - label: what the picture shows, for those who do not see it.
    ///   - description: what can be seen in it, in a sentence.
    ///   - stretches: whether it fills its place, whatever its proportions: for bars, never for text.
    ///   - kind: a class for the style sheet.
    package init(
        width: Double, height: Double, label: String, description: String? = nil, stretches: Bool = false,
        kind: String = ""
    ) {
        (self.width, self.height, self.label) = (width, height, label)
        (self.description, self.stretches, self.kind) = (description, stretches, kind)
    }

    package enum Anchor: String, Sendable { case start, middle, end }

    package mutating func rectangle(
        _ kind: String, x: Double, y: Double, width: Double, height: Double, title: String? = nil
    ) {
        element(
            "rect", kind, [("x", x), ("y", y), ("width", max(0, width)), ("height", max(0, height))], title: title)
    }

    package mutating func circle(_ kind: String, x: Double, y: Double, radius: Double, title: String? = nil) {
        element("circle", kind, [("cx", x), ("cy", y), ("r", radius)], title: title)
    }

    /// A line through points.
    package mutating func line(_ kind: String, _ points: [(x: Double, y: Double)]) {
        guard let first = points.first else { return }
        let rest = points.dropFirst().map { "L\(Self.number($0.x)) \(Self.number($0.y))" }.joined()
        body += "<path class=\"\(kind)\" d=\"M\(Self.number(first.x)) \(Self.number(first.y))\(rest)\"/>\n"
    }

    /// Rectangles that stand side by side on one line, as one element.
    package mutating func columns(_ kind: String, _ columns: [(x: Double, width: Double, from: Double, to: Double)]) {
        guard !columns.isEmpty else { return }
        let path = columns.map {
            "M\(Self.number($0.x)) \(Self.number($0.from))V\(Self.number($0.to))h\(Self.number($0.width))"
                + "V\(Self.number($0.from))z"
        }.joined()
        body += "<path class=\"\(kind)\" d=\"\(path)\"/>\n"
    }

    package mutating func text(_ text: String, x: Double, y: Double, _ anchor: Anchor = .start, kind: String = "") {
        let style = kind.isEmpty ? "" : " class=\"\(kind)\""
        let side = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
        body += "<text\(style) x=\"\(Self.number(x))\" y=\"\(Self.number(y))\"\(side)>\(Markup.escaped(text))</text>\n"
    }

    /// The whole element.
    package var svg: String {
        let style = kind.isEmpty ? "" : " class=\"\(kind)\""
        let fill = stretches ? " preserveAspectRatio=\"none\"" : ""
        let name = Markup.escaped(label, limit: 400)
        let words = description.map { "<title>\(name)</title><desc>\(Markup.escaped($0, limit: 400))</desc>" } ?? ""
        return "<svg\(style) viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\"\(fill) role=\"img\" "
            + "aria-label=\"\(name)\">\(words)\n\(body)</svg>"
    }

    private mutating func element(
        _ name: String, _ kind: String, _ numbers: [(String, Double)], title: String?
    ) {
        let places = numbers.map { " \($0.0)=\"\(Self.number($0.1))\"" }.joined()
        let tail = title.map { "><title>\(Markup.escaped($0))</title></\(name)>\n" } ?? "/>\n"
        body += "<\(name) class=\"\(kind)\"\(places)\(tail)"
    }

    /// With one place, without a needless zero; within a million, so that it is never in exponent form.
    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "0" }
        let rounded = (min(max(value, -1e6), 1e6) * 10).rounded() / 10
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}
