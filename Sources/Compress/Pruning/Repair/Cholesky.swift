/// Linear systems with a symmetric positive definite matrix, in double precision.
///
/// `A = L · Lᵀ` with `L` lower triangular; then `A · X = B` is two triangular systems for each column of `B`. Cost: n³/6
/// multiplications for the factor, n² for each column.
///
/// Source: G. Golub, C. Van Loan, "Matrix Computations", 4th edition, algorithms 4.2.1 (by rows), 3.1.1 and 3.1.2.
struct Cholesky {
    let size: Int
    /// `L`, row-major; what is above the diagonal is not read.
    private var factor: [Double]

    /// - Parameter matrix: row-major, of which only the lower triangle is read.
    /// - Returns: `nil` when it is not positive definite in this precision.
    /// - Precondition: `matrix.count == size * size`.
    init?(_ matrix: [Double], size: Int) {
        self.size = size
        factor = matrix
        let isDefinite = factor.withUnsafeMutableBufferPointer { values in
            for row in 0..<size {
                for column in 0...row {
                    var sum = values[row * size + column]
                    for index in 0..<column { sum -= values[row * size + index] * values[column * size + index] }
                    if row == column {
                        guard sum > 0, sum.isFinite else { return false }
                        values[row * size + row] = sum.squareRoot()
                    } else {
                        values[row * size + column] = sum / values[column * size + column]
                    }
                }
            }
            return true
        }
        guard isDefinite else { return nil }
    }

    /// The `X` of `A · X = B`.
    ///
    /// - Parameter columns: of `B`, which is row-major with `size` rows.
    func solution(_ right: [Double], columns: Int) -> [Double] {
        var result = right
        for row in 0..<size {
            for index in 0..<row { subtract(&result, factor[row * size + index], index, from: row, columns) }
            divide(&result, row, columns)
        }
        for row in (0..<size).reversed() {
            for index in (row + 1)..<max(size, row + 1) {
                subtract(&result, factor[index * size + row], index, from: row, columns)
            }
            divide(&result, row, columns)
        }
        return result
    }

    private func subtract(
        _ values: inout [Double], _ times: Double, _ source: Int, from target: Int, _ columns: Int
    ) {
        guard times != 0 else { return }
        values.withUnsafeMutableBufferPointer { values in
            for column in 0..<columns { values[target * columns + column] -= times * values[source * columns + column] }
        }
    }

    private func divide(_ values: inout [Double], _ row: Int, _ columns: Int) {
        let pivot = factor[row * size + row]
        for column in 0..<columns { values[row * columns + column] /= pivot }
    }
}
