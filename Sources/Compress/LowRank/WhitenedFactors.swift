import Optimize

/// Weights as a product of two thinner ones, `W ≈ A · B`, that loses least of what the layer answers to the inputs it gets.
///
/// With the inputs' second moment `S = L · Lᵀ`, the expected square of what is lost is `‖Lᵀ(W − A·B)‖²`, so that the best `A · B`
/// of a rank comes from the leading singular vectors of `Lᵀ · W`. Either side gives them: where outputs are fewer than inputs they
/// are eigenvectors `V` of `Wᵀ·S·W`, and `A = W·V`, `B = Vᵀ`; else eigenvectors `U` of `Lᵀ·W·Wᵀ·L`, and `A = L⁻ᵀ·U`, `B = Uᵀ·Lᵀ·W`.
///
/// Source: X. Wang and others, "SVD-LLM", 2024 (the norm); C. Eckart, G. Young, 1936 (that nothing of this rank is nearer).
struct WhitenedFactors {
    let depth: Int
    let columns: Int
    private let weights: [Double]
    private let eigen: SymmetricEigen
    /// `L`, where inputs are the shorter side.
    private let lower: [Double]?
    /// What outputs vary by: the sum of their variances.
    private let energy: Double

    /// What is added to each channel's own moment, as a share of their mean: directions that samples lack are not unheard of.
    private static let damping = 1e-4

    /// - Parameter weights: `depth` rows of `columns`.
    /// - Returns: `nil` where the inputs say nothing, or numbers leave double precision.
    init?(_ weights: [Float], columns: Int, _ moments: InputMoments) {
        let depth = moments.size
        guard moments.rows > 0, weights.count == depth * columns else { return nil }
        let exact = weights.map { Double($0) }
        var square = moments.products.map { $0 / Double(moments.rows) }
        let mean = (0..<depth).reduce(0) { $0 + square[$1 * depth + $1] } / Double(depth)
        guard mean > 0, mean.isFinite else { return nil }
        for channel in 0..<depth { square[channel * depth + channel] += Self.damping * mean }
        let turned = Matrix.turned(exact, depth, columns)
        let found: SymmetricEigen?
        if columns <= depth {
            lower = nil
            let heard = Matrix.product(square, exact, depth, depth, columns)
            found = SymmetricEigen(Matrix.product(turned, heard, columns, depth, columns), size: columns)
        } else {
            guard let factor = Matrix.cholesky(square, depth) else { return nil }
            lower = factor
            let inner = Matrix.product(exact, turned, depth, columns, depth)
            let heard = Matrix.product(inner, factor, depth, depth, depth)
            let upper = Matrix.turned(factor, depth, depth)
            found = SymmetricEigen(Matrix.product(upper, heard, depth, depth, depth), size: depth)
        }
        guard let found else { return nil }
        // What is the same for all inputs is no information, and must not pay for what is lost.
        let means = moments.sums.map { $0 / Double(moments.rows) }
        let steady = Matrix.product(means, exact, 1, depth, columns).reduce(0) { $0 + $1 * $1 }
        energy = found.values.reduce(0) { $0 + max(0, $1) } - steady
        guard energy > 0 else { return nil }
        (self.depth, self.columns, self.weights) = (depth, columns, exact)
        eigen = found
    }

    /// The share of what outputs vary by that is lost with a rank.
    func loss(rank: Int) -> Double { eigen.values.dropFirst(rank).reduce(0) { $0 + max(0, $1) } / energy }

    /// The smallest rank that loses no more than a share.
    func rank(losing most: Double) -> Int {
        var left = 0.0
        for place in eigen.values.indices.reversed() {
            left += max(0, eigen.values[place])
            if left > most * energy { return place + 1 }
        }
        return 1
    }

    /// `A`, depth rows, and `B`, rank rows.
    func factors(rank: Int) -> (first: [Float], second: [Float]) {
        let size = eigen.size
        var leading = [Double](repeating: 0, count: size * rank)
        for row in 0..<size {
            for column in 0..<rank { leading[row * rank + column] = eigen.vectors[row * size + column] }
        }
        let turned = Matrix.turned(leading, size, rank)
        guard let lower else {
            return (
                Matrix.product(weights, leading, depth, columns, rank).map { Float($0) }, turned.map { Float($0) }
            )
        }
        let upper = Matrix.turned(lower, depth, depth)
        let second = Matrix.product(turned, Matrix.product(upper, weights, depth, depth, columns), rank, depth, columns)
        return (Matrix.solved(upper: upper, leading, depth, rank).map { Float($0) }, second.map { Float($0) })
    }
}

/// Dense matrices in double precision, row-major.
enum Matrix {
    /// `a · b`, of `rows` by `inner` and `inner` by `columns`.
    static func product(_ a: [Double], _ b: [Double], _ rows: Int, _ inner: Int, _ columns: Int) -> [Double] {
        [Double](unsafeUninitializedCapacity: rows * columns) { result, count in
            result.initialize(repeating: 0)
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    for row in 0..<rows {
                        for place in 0..<inner {
                            let factor = a[row * inner + place]
                            if factor == 0 { continue }
                            for column in 0..<columns {
                                result[row * columns + column] += factor * b[place * columns + column]
                            }
                        }
                    }
                }
            }
            count = rows * columns
        }
    }

    static func turned(_ a: [Double], _ rows: Int, _ columns: Int) -> [Double] {
        [Double](unsafeUninitializedCapacity: rows * columns) { result, count in
            a.withUnsafeBufferPointer { a in
                for row in 0..<rows {
                    for column in 0..<columns { result[column * rows + row] = a[row * columns + column] }
                }
            }
            count = rows * columns
        }
    }

    /// The lower factor of a symmetric matrix; `nil` where it is not positive definite.
    static func cholesky(_ matrix: [Double], _ size: Int) -> [Double]? {
        var lower = [Double](repeating: 0, count: size * size)
        let isDefinite = lower.withUnsafeMutableBufferPointer { lower in
            matrix.withUnsafeBufferPointer { matrix in
                for row in 0..<size {
                    for column in 0...row {
                        var sum = matrix[row * size + column]
                        for place in 0..<column { sum -= lower[row * size + place] * lower[column * size + place] }
                        if row > column {
                            lower[row * size + column] = sum / lower[column * size + column]
                        } else if sum > 0, sum.isFinite {
                            lower[row * size + row] = sum.squareRoot()
                        } else {
                            return false
                        }
                    }
                }
                return true
            }
        }
        return isDefinite ? lower : nil
    }

    /// The `x` of `upper · x = right`, of `size` by `columns`.
    static func solved(upper: [Double], _ right: [Double], _ size: Int, _ columns: Int) -> [Double] {
        var result = right
        result.withUnsafeMutableBufferPointer { result in
            upper.withUnsafeBufferPointer { upper in
                for row in (0..<size).reversed() {
                    for place in (row + 1)..<max(size, row + 1) {
                        let factor = upper[row * size + place]
                        for column in 0..<columns {
                            result[row * columns + column] -= factor * result[place * columns + column]
                        }
                    }
                    let pivot = upper[row * size + row]
                    for column in 0..<columns { result[row * columns + column] /= pivot }
                }
            }
        }
        return result
    }
}
