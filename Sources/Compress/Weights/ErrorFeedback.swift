import Optimize

/// How the error of rounding one row of weights is made up for in those that are rounded after it: inputs that go
/// together can stand in for each other.
///
/// Source: E. Frantar and others, "GPTQ", 2022, algorithm 1. The upper factor of the inverse of the inputs' products is
/// found without inverting: with rows and columns in reverse, it is the inverse of the lower factor.
struct ErrorFeedback {
    let depth: Int
    /// Upper triangle, row by row.
    private let factor: [Float]

    /// More channels would take minutes.
    static let mostChannels = 2048
    /// What is added to each channel's own products, as a share of their mean.
    private static let damping = 0.01

    /// - Parameter rows: sampled inputs of `depth` channels.
    /// - Returns: `nil` where inputs are too many to be worked with, or say nothing.
    init?(_ inputs: LayerInputs) {
        depth = inputs.depth
        guard depth > 1, depth <= Self.mostChannels, inputs.rowCount > 1 else { return nil }
        guard let lower = Self.cholesky(Self.reversedGram(inputs), depth) else { return nil }
        let inverse = Self.inverted(lower, depth)
        var factor = [Float](repeating: 0, count: depth * depth)
        for row in 0..<depth {
            for column in row..<depth {
                factor[row * depth + column] = Float(inverse[(depth - 1 - row) * depth + depth - 1 - column])
            }
        }
        guard factor.allSatisfy(\.isFinite) else { return nil }
        self.factor = factor
    }

    /// How much of a row's error each later row takes, and what its own error is divided by.
    func weight(_ row: Int, _ later: Int) -> Float { factor[row * depth + later] }

    // MARK: - Algebra

    /// `XᵀX` with a damped diagonal, rows and columns in reverse.
    private static func reversedGram(_ inputs: LayerInputs) -> [Double] {
        let depth = inputs.depth
        var gram = [Double](repeating: 0, count: depth * depth)
        for sample in 0..<inputs.rowCount {
            let row = inputs.rows[sample * depth..<(sample + 1) * depth].reversed().map { Double($0) }
            for first in 0..<depth where row[first] != 0 {
                let value = row[first]
                for second in 0...first { gram[first * depth + second] += value * row[second] }
            }
        }
        let mean = (0..<depth).reduce(0) { $0 + gram[$1 * depth + $1] } / Double(depth)
        for channel in 0..<depth { gram[channel * depth + channel] += max(damping * mean, 1e-12) }
        return gram
    }

    /// The lower factor of a symmetric matrix of which the lower half is given; `nil` when it is not positive.
    private static func cholesky(_ matrix: [Double], _ size: Int) -> [Double]? {
        var lower = matrix
        var column = [Double](repeating: 0, count: size)
        for pivot in 0..<size {
            let square = lower[pivot * size + pivot]
            guard square > 0, square.isFinite else { return nil }
            let root = square.squareRoot()
            lower[pivot * size + pivot] = root
            for row in pivot + 1..<max(size, pivot + 1) {
                lower[row * size + pivot] /= root
                column[row] = lower[row * size + pivot]
            }
            for row in pivot + 1..<max(size, pivot + 1) {
                let factor = column[row]
                for other in pivot + 1...row { lower[row * size + other] -= factor * column[other] }
            }
        }
        return lower
    }

    /// The inverse of a lower triangle.
    private static func inverted(_ lower: [Double], _ size: Int) -> [Double] {
        var inverse = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for earlier in 0..<row {
                let factor = lower[row * size + earlier]
                for column in 0...earlier { inverse[row * size + column] -= factor * inverse[earlier * size + column] }
            }
            inverse[row * size + row] = 1
            let pivot = lower[row * size + row]
            for column in 0...row { inverse[row * size + column] /= pivot }
        }
        return inverse
    }
}
