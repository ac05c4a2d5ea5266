/// Where names of points stand, so that they cover neither each other nor the points.
package struct LabelPlaces: Sendable {
    private struct Box {
        var left: Double
        var top: Double
        var right: Double
        var bottom: Double

        func overlap(_ other: Box) -> Double {
            let width = min(right, other.right) - max(left, other.left)
            let height = min(bottom, other.bottom) - max(top, other.top)
            return width > 0 && height > 0 ? width * height : 0
        }
    }

    private let frame: Box
    private let letter: Double
    private let line: Double
    private var taken: [Box] = []

    /// - Parameters:
    ///   - letter: the width of a letter, about.
    ///   - line: the height of a line.
    package init(left: Double, top: Double, right: Double, bottom: Double, letter: Double, line: Double) {
        frame = Box(left: left, top: top, right: right, bottom: bottom)
        (self.letter, self.line) = (letter, line)
    }

    /// Keeps names away from a point.
    package mutating func keep(clear x: Double, _ y: Double, radius: Double) {
        taken.append(Box(left: x - radius, top: y - radius, right: x + radius, bottom: y + radius))
    }

    /// Keeps names away from a line that is level or upright.
    package mutating func keep(clearFrom a: (x: Double, y: Double), to b: (x: Double, y: Double)) {
        taken.append(
            Box(left: min(a.x, b.x) - 2, top: min(a.y, b.y) - 2, right: max(a.x, b.x) + 2, bottom: max(a.y, b.y) + 2))
    }

    /// The best of eight places around a point, those to the right first; `nil` where all are covered.
    package mutating func place(_ text: String, x: Double, y: Double) -> (x: Double, y: Double, Drawing.Anchor)? {
        let width = Double(text.count) * letter
        var best: (cost: Double, box: Box, anchor: Drawing.Anchor)?
        for (index, shift) in Self.shifts.enumerated() {
            let anchor: Drawing.Anchor = shift.x > 0 ? .start : shift.x < 0 ? .end : .middle
            let middle = y + shift.y * line
            let left =
                switch anchor {
                case .start: x + shift.x
                case .end: x + shift.x - width
                case .middle: x - width / 2
                }
            let box = Box(left: left, top: middle - line / 2, right: left + width, bottom: middle + line / 2)
            let outside = width * line - box.overlap(frame)
            let cost = taken.reduce(outside * 4) { $0 + $1.overlap(box) } + Double(index) * 0.5
            if cost < best?.cost ?? .infinity { best = (cost, box, anchor) }
        }
        guard let best, best.cost < width * line * 0.3 else { return nil }
        taken.append(best.box)
        let place = best.anchor == .start ? best.box.left : best.anchor == .end ? best.box.right : x
        return (place, best.box.bottom - line * 0.28, best.anchor)
    }

    /// To the side by so much, up and down by lines.
    private static let shifts: [(x: Double, y: Double)] = [
        (9, 0), (7, -0.75), (7, 0.75), (-9, 0), (-7, -0.75), (-7, 0.75), (0, -1.15), (0, 1.15), (7, -1.6), (7, 1.6),
        (-7, -1.6), (-7, 1.6),
    ]
}
