/// Two sketches of a feature, counted over the same bins.
package struct CommonBins: Hashable, Sendable {
    /// What each bin is called: a value, or `≤ 1.5`.
    package let names: [String]
    /// Values of the reference in each bin.
    package let reference: [Double]
    /// Values of the window in each bin.
    package let current: [Double]

    /// Parts into which the reference's numbers are cut, each of the same size.
    private static let parts = 10

    /// The values themselves where both sketches know all of them; else parts of the reference for numbers, and
    /// categories by hash.
    package init(_ reference: FeatureSketch, _ current: FeatureSketch) {
        if reference.top.isComplete, current.top.isComplete {
            let values = Set((reference.top.entries + current.top.entries).map(\.value)).sorted()
            names = values.map(\.description)
            self.reference = Self.counts(reference.top, values)
            self.current = Self.counts(current.top, values)
        } else if reference.kind == .category {
            names = (0..<reference.buckets.count).map { "#\($0)" }
            self.reference = reference.buckets.map { Double($0) }
            self.current = current.buckets.map { Double($0) }
        } else {
            let (left, right) = (WeightedSample(reference), WeightedSample(current))
            let edges = Set((1..<Self.parts).compactMap { left.quantile(Double($0) / Double(Self.parts)) }).sorted()
            names = edges.map { "≤ \($0)" } + (edges.last.map { ["> \($0)"] } ?? ["all"])
            self.reference = left.counts(edges: edges)
            self.current = right.counts(edges: edges)
        }
    }

    private static func counts(_ top: TopValues, _ values: [Value]) -> [Double] {
        let counts = Dictionary(top.entries.map { ($0.value, Double($0.count)) }) { $0 + $1 }
        return values.map { counts[$0] ?? 0 }
    }
}
