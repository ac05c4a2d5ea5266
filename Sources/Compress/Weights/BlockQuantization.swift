/// Weights of a few bits in blocks along the sum: `W[k, n] ≈ (q[k, n] − zero) · scale[n, k / block]`, symmetric.
struct BlockQuantization {
    let depth: Int
    let columns: Int
    let block: Int
    let bits: Int
    /// Row by row, from 0 up to 2^bits − 1.
    private(set) var values: [UInt8]
    /// Block by block, one for each column.
    private(set) var scales: [Float]

    /// The value that stands for 0.
    var zero: Int { 1 << (bits - 1) }
    var blocks: Int { (depth + block - 1) / block }

    /// Shares of the largest magnitude that are tried as the largest that is held: to cut one far weight off can leave the
    /// others closer.
    private static let shares: [Float] = [1, 0.95, 0.9, 0.85, 0.8, 0.75]

    /// - Parameters:
    ///   - weights: `depth` rows of `columns`, finite.
    ///   - block: rows that share a scale.
    ///   - errors: makes up for each rounded row in those that come after it; without, each weight goes to the nearest.
    init(_ weights: [Float], depth: Int, columns: Int, block: Int, bits: Int, errors: ErrorFeedback? = nil) {
        self.depth = depth
        self.columns = columns
        self.block = block
        self.bits = bits
        values = [UInt8](repeating: 0, count: depth * columns)
        scales = []
        var rest = weights
        for start in stride(from: 0, to: depth, by: block) {
            let end = min(start + block, depth)
            let scales = scales(of: rest, start..<end)
            self.scales += scales
            for row in start..<end {
                let missed = round(row, &rest, scales, share: errors?.weight(row, row) ?? 1)
                guard let errors else { continue }
                for later in row + 1..<max(depth, row + 1) {
                    let factor = errors.weight(row, later)
                    guard factor != 0 else { continue }
                    for column in 0..<columns { rest[later * columns + column] -= factor * missed[column] }
                }
            }
        }
    }

    /// What the integers stand for, row by row.
    var restored: [Float] {
        var result = [Float](repeating: 0, count: depth * columns)
        for row in 0..<depth {
            for column in 0..<columns {
                let step = Float(Int(values[row * columns + column]) - zero)
                result[row * columns + column] = step * scales[row / block * columns + column]
            }
        }
        return result
    }

    /// Rounds a row, and gives for each column what is lost by it, divided by `share`.
    private mutating func round(_ row: Int, _ rest: inout [Float], _ scales: [Float], share: Float) -> [Float] {
        let (low, high) = (-Float(zero), Float(zero - 1))
        var missed = [Float](repeating: 0, count: columns)
        for column in 0..<columns {
            let weight = rest[row * columns + column]
            let step = max(low, min(high, (weight / scales[column]).rounded(.toNearestOrEven)))
            values[row * columns + column] = UInt8(Int(step) + zero)
            missed[column] = (weight - step * scales[column]) / share
        }
        return missed
    }

    /// For each column the scale with which a block of rows comes out closest.
    private func scales(of weights: [Float], _ rows: Range<Int>) -> [Float] {
        var largest = [Float](repeating: 0, count: columns)
        for row in rows {
            for column in 0..<columns {
                largest[column] = max(largest[column], weights[row * columns + column].magnitude)
            }
        }
        let (low, high) = (-Float(zero), Float(zero - 1))
        var best = largest.map { $0 > 0 ? $0 / high : 1 }
        var least = [Float](repeating: .infinity, count: columns)
        for share in Self.shares {
            var lost = [Float](repeating: 0, count: columns)
            let tried = largest.map { $0 > 0 ? share * $0 / high : 1 }
            for row in rows {
                for column in 0..<columns {
                    let weight = weights[row * columns + column]
                    let step = max(low, min(high, (weight / tried[column]).rounded(.toNearestOrEven)))
                    let difference = weight - step * tried[column]
                    lost[column] += difference * difference
                }
            }
            for column in 0..<columns where lost[column] < least[column] {
                least[column] = lost[column]
                best[column] = tried[column]
            }
        }
        return best
    }
}
