/// A sample in order, each value with how often it stands for itself.
package struct WeightedSample: Hashable, Sendable {
    /// Ascending; equal ones may follow one another.
    package let values: [Double]
    /// One for each value.
    package let weights: [Double]
    /// The sum of all weights: the sample's size.
    package let total: Double
    /// The share by which a rank may be wrong: 0 for the sample itself, more for a sketch of it.
    package let error: Double

    /// The sample itself.
    package init(_ values: [Double]) {
        self.values = values.sorted()
        weights = [Double](repeating: 1, count: values.count)
        total = Double(values.count)
        error = 0
    }

    /// What a sketch of numbers knows: exact counts where there are few values, else a part of them with weights.
    package init(_ sketch: FeatureSketch) {
        var pairs: [(value: Double, weight: Double)] = []
        if sketch.top.isComplete {
            for case (.number(let number), let count) in sketch.top.entries.map({ ($0.value, $0.count) }) {
                pairs.append((number, Double(count)))
            }
            error = 0
        } else {
            let quantiles = sketch.quantiles
            for level in quantiles.starts.indices {
                let weight = Double(UInt64(1) << UInt64(level))
                for value in quantiles.items[quantiles.range(level)] { pairs.append((value, weight)) }
            }
            error = quantiles.error
        }
        pairs.sort { $0.value < $1.value }
        values = pairs.map(\.value)
        weights = pairs.map(\.weight)
        total = weights.reduce(0, +)
    }

    /// The smallest value whose rank is at least `share` of the sample; `nil` without values.
    package func quantile(_ share: Double) -> Double? {
        var below = 0.0
        for (value, weight) in zip(values, weights) {
            below += weight
            if below >= share * total { return value }
        }
        return values.last
    }

    /// How many values lie in each of the bins `(-∞, e0], (e0, e1] … (en, ∞)`.
    ///
    /// - Parameter edges: ascending.
    package func counts(edges: [Double]) -> [Double] {
        var counts = [Double](repeating: 0, count: edges.count + 1)
        var bin = 0
        for (value, weight) in zip(values, weights) {
            while bin < edges.count, value > edges[bin] { bin += 1 }
            counts[bin] += weight
        }
        return counts
    }
}
