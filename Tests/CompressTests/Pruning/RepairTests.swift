import Testing

@testable import Compress

/// Systems of equations, and layers fitted by them.
@Suite struct RepairTests {
    @Test func aSystemIsSolved() throws {
        let size = 12
        var generator = SplitMix(state: 3)
        let root = (0..<(size * size)).map { _ in Double.random(in: -1...1, using: &generator) }
        var matrix = [Double](repeating: 0, count: size * size)
        for row in 0..<size {
            for column in 0..<size {
                for index in 0..<size {
                    matrix[row * size + column] += root[row * size + index] * root[column * size + index]
                }
            }
            matrix[row * size + row] += 0.5
        }
        let expected = (0..<(size * 3)).map { _ in Double.random(in: -1...1, using: &generator) }
        var right = [Double](repeating: 0, count: size * 3)
        for row in 0..<size {
            for column in 0..<3 {
                for index in 0..<size {
                    right[row * 3 + column] += matrix[row * size + index] * expected[index * 3 + column]
                }
            }
        }
        let factor = try #require(Cholesky(matrix, size: size))
        for (found, value) in zip(factor.solution(right, columns: 3), expected) { #expect(abs(found - value) < 1e-9) }
    }

    @Test(arguments: [[0.0, 0, 0, 0], [1, 0, 2, 1], [1, 0, 0, .nan], [-1, 0, 0, 1]])
    func whatIsNotPositiveDefiniteHasNoFactor(_ values: [Double]) {
        let matrix = values == [1, 0, 2, 1] ? [1, 2, 2, 1] : values
        #expect(Cholesky(matrix, size: 2) == nil)
    }

    /// `y = x · w + b` with 3 inputs and 2 outputs.
    private static let weights = [0.5, -1, 2, 0.25, -0.75, 1.5]
    private static let biases = [0.125, -2]

    private static func samples(_ count: Int, isBiased: Bool = true) -> LeastSquares {
        var squares = LeastSquares(inputs: 3, outputs: 2, isBiased: isBiased)
        var generator = SplitMix(state: 11)
        for _ in 0..<count {
            let input = (0..<3).map { _ in Float.random(in: -1...2, using: &generator) }
            var output: [Float] = []
            for column in 0..<2 {
                var sum = isBiased ? biases[column] : 0
                for index in 0..<3 { sum += Double(input[index]) * weights[index * 2 + column] }
                output.append(Float(sum))
            }
            squares.add(input, output)
        }
        return squares
    }

    @Test(arguments: [true, false])
    func aLayerIsFoundFromItsAnswers(_ isBiased: Bool) throws {
        let squares = Self.samples(60, isBiased: isBiased)
        let zeros = [Double](repeating: 0, count: 6)
        let found = try #require(squares.solution(drawnTo: zeros, ridge: 1e-9))
        for (a, b) in zip(found.weights, Self.weights) { #expect(abs(a - b) < 1e-5) }
        for (a, b) in zip(found.biases, isBiased ? Self.biases : [0, 0]) { #expect(abs(a - b) < 1e-5) }
        let error = squares.error(found.weights, found.biases)
        #expect(error < squares.error(zeros, [0, 0]) && error < squares.error(Self.weights, [1, 1]))
    }

    @Test func whereSamplesSayNothingWeightsStay() throws {
        let squares = Self.samples(60)
        let before = [9.0, 8, 7, 6, 5, 4]
        let found = try #require(squares.solution(drawnTo: before, ridge: 1e9))
        for (a, b) in zip(found.weights, before) { #expect(abs(a - b) < 1e-3) }
        #expect(LeastSquares(inputs: 3, outputs: 2).solution(drawnTo: before, ridge: 1) == nil)
    }

    @Test func halvesAddUp() throws {
        var half = Self.samples(20)
        half.add(Self.samples(20))
        #expect(half.rows == 40)
        let found = try #require(half.solution(drawnTo: [Double](repeating: 0, count: 6), ridge: 1e-9))
        for (a, b) in zip(found.weights, Self.weights) { #expect(abs(a - b) < 1e-4) }
    }
}
