/// A linear layer refitted to what it should answer: `min ‖X · W + b − Y‖² + λ ‖W − W₀‖²`, gathered row by row in constant memory.
///
/// The normal equations `(XᵀX + λI) W = XᵀY + λW₀`, with a column of ones in `X` for `b`, which is not drawn back. `λ` is a
/// share of the mean of the diagonal, so that it means the same for every scale of values. `W₀` is what the weights were:
/// where the samples say nothing, they stay.
struct LeastSquares {
    let inputs: Int
    let outputs: Int
    /// `XᵀX` with the column of ones last; only the lower triangle.
    private var gram: [Double]
    /// `XᵀY`.
    private var cross: [Double]
    private(set) var rows = 0
    /// Whether there is a `b`.
    private let isBiased: Bool

    /// Memory: `(inputs + 1) · (inputs + 1 + outputs)` doubles.
    init(inputs: Int, outputs: Int, isBiased: Bool = true) {
        self.inputs = inputs
        self.isBiased = isBiased
        self.outputs = outputs
        gram = [Double](repeating: 0, count: (inputs + 1) * (inputs + 1))
        cross = [Double](repeating: 0, count: (inputs + 1) * outputs)
    }

    /// Adds samples.
    ///
    /// - Precondition: `input.count == inputs` and `output.count == outputs`.
    mutating func add(_ input: [Float], _ output: [Float]) {
        let width = inputs + 1
        rows += 1
        gram.withUnsafeMutableBufferPointer { gram in
            input.withUnsafeBufferPointer { input in
                for row in 0..<inputs where input[row] != 0 {
                    let value = Double(input[row])
                    for column in 0...row { gram[row * width + column] += value * Double(input[column]) }
                }
                guard isBiased else { return }
                for column in 0..<inputs { gram[inputs * width + column] += Double(input[column]) }
                gram[inputs * width + inputs] += 1
            }
        }
        cross.withUnsafeMutableBufferPointer { cross in
            for row in 0..<inputs where input[row] != 0 {
                let value = Double(input[row])
                for column in 0..<outputs { cross[row * outputs + column] += value * Double(output[column]) }
            }
            guard isBiased else { return }
            for column in 0..<outputs { cross[inputs * outputs + column] += Double(output[column]) }
        }
    }

    /// Adds the samples of another, of the same sizes.
    mutating func add(_ other: LeastSquares) {
        rows += other.rows
        for index in gram.indices { gram[index] += other.gram[index] }
        for index in cross.indices { cross[index] += other.cross[index] }
    }

    /// `‖X · W + b − Y‖²` less `‖Y‖²`, which is the same for all: what to compare fits by.
    func error(_ weights: [Double], _ biases: [Double]) -> Double {
        let width = inputs + 1
        let all = weights + biases
        var sum = 0.0
        var product = [Double](repeating: 0, count: outputs)
        for row in 0..<width {
            for column in 0..<outputs { product[column] = -2 * cross[row * outputs + column] }
            for other in 0..<width {
                let value = gram[max(row, other) * width + min(row, other)]
                guard value != 0 else { continue }
                for column in 0..<outputs { product[column] += value * all[other * outputs + column] }
            }
            for column in 0..<outputs { sum += all[row * outputs + column] * product[column] }
        }
        return sum
    }

    /// The weights, `[inputs, outputs]`, and the biases.
    ///
    /// - Parameters:
    ///   - before: the weights as they were, of the same layout.
    ///   - ridge: `λ` as a share of the diagonal's mean.
    /// - Returns: `nil` when there are no samples, or the equations cannot be solved in double precision.
    func solution(drawnTo before: [Double], ridge: Double) -> (weights: [Double], biases: [Double])? {
        let width = inputs + 1
        guard rows > 0, before.count == inputs * outputs else { return nil }
        let mean = (0..<inputs).reduce(0) { $0 + gram[$1 * width + $1] } / Double(max(inputs, 1))
        let weight = max(ridge * mean, Double.leastNormalMagnitude)
        var (left, right) = (gram, cross)
        for index in 0..<inputs {
            left[index * width + index] += weight
            for column in 0..<outputs { right[index * outputs + column] += weight * before[index * outputs + column] }
        }
        if !isBiased { left[width * width - 1] = 1 }
        guard let factor = Cholesky(left, size: width) else { return nil }
        let solved = factor.solution(right, columns: outputs)
        guard solved.allSatisfy(\.isFinite) else { return nil }
        return (Array(solved[..<(inputs * outputs)]), Array(solved[(inputs * outputs)...]))
    }
}
