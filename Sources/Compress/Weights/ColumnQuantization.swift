/// Weights in 8 bits, symmetric, with a scale for each column: `W[k, n] ≈ q[k, n] · scale[n]`.
struct ColumnQuantization {
    let values: [Int8]
    let scales: [Float]

    /// - Parameters:
    ///   - weights: `depth` rows of `columns`, finite.
    ///   - largest: the largest magnitude in integers: 127, or 63 where sums of two products would not fit 16 bits.
    init(_ weights: [Float], depth: Int, columns: Int, largest: Int = 127) {
        let scales = Self.largestMagnitudes(weights, depth: depth, columns: columns).map {
            $0 > 0 ? $0 / Float(largest) : 1
        }
        let inverses = scales.map { 1 / $0 }
        let bound = Float(largest)
        values = [Int8](unsafeUninitializedCapacity: weights.count) { buffer, count in
            for row in 0..<depth {
                for column in 0..<columns {
                    let scaled = (weights[row * columns + column] * inverses[column]).rounded(.toNearestOrEven)
                    buffer[row * columns + column] = Int8(max(-bound, min(bound, scaled)))
                }
            }
            count = weights.count
        }
        self.scales = scales
    }

    /// The largest magnitude of each column.
    static func largestMagnitudes(_ weights: [Float], depth: Int, columns: Int) -> [Float] {
        var largest = [Float](repeating: 0, count: columns)
        for row in 0..<depth {
            for column in 0..<columns {
                largest[column] = max(largest[column], weights[row * columns + column].magnitude)
            }
        }
        return largest
    }
}
