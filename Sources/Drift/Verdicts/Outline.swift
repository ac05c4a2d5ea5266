/// A feature's reference and its window as a small picture: a dozen bars each, of shares.
package struct Outline: Hashable, Sendable {
    /// What each bar stands for: the start of an interval of numbers, or a value.
    package let names: [String]
    /// Shares of the reference.
    package let reference: [Double]
    /// Shares of the window.
    package let current: [Double]

    /// Bars at most.
    package static let width = 12

    /// Numbers by size in intervals of one length; categories by frequency in the reference, the last bar for all others.
    package init(_ reference: FeatureSketch, _ current: FeatureSketch) {
        if reference.kind == .number {
            self.init(numbers: WeightedSample(reference), WeightedSample(current))
        } else {
            self.init(categories: reference.top, current.top, of: reference.present, current.present)
        }
    }

    private init(numbers left: WeightedSample, _ right: WeightedSample) {
        let low = min(left.values.first ?? 0, right.values.first ?? left.values.first ?? 0)
        let high = max(left.values.last ?? 0, right.values.last ?? left.values.last ?? 0)
        let step = (high - low) / Double(Self.width)
        let edges = step > 0 ? (1..<Self.width).map { low + Double($0) * step } : []
        names = [low].map { "\($0)" } + edges.map { "\($0)" }
        reference = Self.shares(left.counts(edges: edges))
        current = Self.shares(right.counts(edges: edges))
    }

    private init(categories left: TopValues, _ right: TopValues, of rows: UInt64, _ others: UInt64) {
        var values = left.ranked.map(\.value)
        values += right.ranked.map(\.value).filter { !values.contains($0) }
        let shown = Array(values.prefix(Self.width - 1))
        names = shown.map(\.description) + ["others"]
        reference = Self.shares(left, shown, rows)
        current = Self.shares(right, shown, others)
    }

    private static func shares(_ counts: [Double]) -> [Double] {
        let total = counts.reduce(0, +)
        return total > 0 ? counts.map { $0 / total } : counts
    }

    private static func shares(_ top: TopValues, _ values: [Value], _ rows: UInt64) -> [Double] {
        guard rows > 0 else { return [Double](repeating: 0, count: values.count + 1) }
        let known = values.map { value in
            Double(top.entries.first { $0.value == value }?.count ?? 0) / Double(rows)
        }
        return known + [max(0, 1 - known.reduce(0, +))]
    }
}
