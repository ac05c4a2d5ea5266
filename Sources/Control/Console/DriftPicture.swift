import Charts
import Tensors

/// How often values come, then and now, as bars that stand in each other.
enum DriftPicture {
    private static let width = 300.0
    private static let height = 96.0
    private static let base = 76.0
    private static let mostBars = 40

    /// Empty where there is nothing to compare.
    static func svg(_ feature: JSONValue) -> String {
        let histogram = feature["histogram"]
        let names = (histogram?["bars"]?.arrayValue ?? []).prefix(mostBars).map { $0.stringValue ?? "" }
        let then = shares(histogram?["reference"], names.count)
        let now = shares(histogram?["current"], names.count)
        let top = max(then.max() ?? 0, now.max() ?? 0)
        guard !names.isEmpty, top > 0 else { return "" }
        let step = width / Double(names.count)
        let name = feature["name"]?.stringValue ?? "a feature"
        var drawing = Drawing(
            width: width, height: height, label: "\(name): the reference and the newest window",
            description:
                "The reference is most often at \(most(then, names)), the newest window at \(most(now, names)).",
            kind: "feature")
        func bar(_ kind: String, _ share: Double, _ index: Int, inset: Double, _ when: String) {
            let tall = share / top * (base - 6)
            drawing.rectangle(
                kind, x: Double(index) * step + inset, y: base - tall, width: step - 2 * inset, height: tall,
                title: "\(names[index]), \(when): \(ViewBuilder.percent(share))")
        }
        for index in names.indices {
            bar("then", then[index], index, inset: step * 0.06, "reference")
            bar("current", now[index], index, inset: step * 0.3, "now")
        }
        drawing.line("axis", [(x: 0, y: base), (x: width, y: base)])
        drawing.text(short(names[0]), x: 0, y: base + 15)
        if names.count > 1 {
            // Bars of numbers are called by where they begin.
            let last = names[names.count - 1]
            let isEdge = Double(last) != nil && Int(last) == nil
            drawing.text(isEdge ? "≥ \(short(last))" : short(last), x: width, y: base + 15, .end)
        }
        return drawing.svg
    }

    private static func shares(_ values: JSONValue?, _ count: Int) -> [Double] {
        let numbers = (values?.arrayValue ?? []).prefix(count).map { max(0, $0.doubleValue ?? 0) }
        let sum = numbers.reduce(0, +)
        return numbers.map { sum > 0 ? $0 / sum : 0 } + Array(repeating: 0, count: count - numbers.count)
    }

    private static func most(_ shares: [Double], _ names: [String]) -> String {
        shares.indices.max { shares[$0] < shares[$1] }.map { names[$0] } ?? "?"
    }

    /// A number with three digits, a word cut.
    private static func short(_ text: String) -> String {
        guard let number = Double(text), number.isFinite, Int(text) == nil else {
            return text.count > 18 ? text.prefix(17) + "…" : text
        }
        return RolloutWords.figure(number)
    }
}
