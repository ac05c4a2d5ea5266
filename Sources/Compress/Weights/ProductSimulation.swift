import Glibc
import Optimize

/// How well a product in integers answers like one in floats, on rows that really arrived.
struct ProductSimulation {
    private let rows: [Float]
    /// How far each channel reaches: a run's scale comes from its farthest row, which the sample may lack.
    private let lowest: [Float]
    private let highest: [Float]
    private let rowCount: Int
    private let depth: Int
    /// Of the weights, these columns; all would say the same and cost more.
    private let columns: [Int]
    private let weights: [Float]
    private let exact: [Float]

    private static let mostColumns = 64
    private static let mostRows = 64

    /// - Parameter weights: `depth` rows of `width`.
    init(_ inputs: LayerInputs, _ weights: [Float], width: Int) {
        depth = inputs.depth
        (lowest, highest) = (inputs.lowest, inputs.highest)
        rowCount = min(Self.mostRows, inputs.rowCount)
        let step = max(1, inputs.rowCount / max(1, rowCount))
        var rows: [Float] = []
        for row in 0..<rowCount { rows += inputs.rows[(row * step) * depth..<(row * step + 1) * depth] }
        self.rows = rows
        let spread = max(1, width / Self.mostColumns)
        columns = Array(stride(from: 0, to: width, by: spread).prefix(Self.mostColumns))
        var chosen: [Float] = []
        chosen.reserveCapacity(depth * columns.count)
        for row in 0..<depth { for column in columns { chosen.append(weights[row * width + column]) } }
        self.weights = chosen
        exact = Self.product(rows, chosen, rowCount, depth, columns.count)
    }

    /// Signal to noise in decibels of weights in 8 bits by column and activations in 8 bits by tensor, as
    /// `DynamicQuantizeLinear` makes them, after dividing channels by `smoothing`.
    func decibels(smoothing: [Float]?, largest: Int) -> Double {
        var scaledRows = rows
        var scaledWeights = weights
        let width = columns.count
        if let smoothing {
            for row in 0..<rowCount {
                for channel in 0..<depth { scaledRows[row * depth + channel] /= smoothing[channel] }
            }
            for channel in 0..<depth {
                for column in 0..<width { scaledWeights[channel * width + column] *= smoothing[channel] }
            }
        }
        let factors = smoothing ?? [Float](repeating: 1, count: depth)
        let low = zip(lowest, factors).lazy.map { $0 / $1 }.min() ?? 0
        let high = zip(highest, factors).lazy.map { $0 / $1 }.max() ?? 0
        Self.round(&scaledRows, between: min(0, low), and: max(0, high))
        let quantized = ColumnQuantization(scaledWeights, depth: depth, columns: width, largest: largest)
        for place in scaledWeights.indices {
            scaledWeights[place] = Float(quantized.values[place]) * quantized.scales[place % width]
        }
        return ratio(Self.product(scaledRows, scaledWeights, rowCount, depth, width))
    }

    /// Signal to noise of other weights, with activations as they are.
    func decibels(weights other: [Float], width: Int) -> Double {
        var chosen: [Float] = []
        chosen.reserveCapacity(weights.count)
        for row in 0..<depth { for column in columns { chosen.append(other[row * width + column]) } }
        return ratio(Self.product(rows, chosen, rowCount, depth, columns.count))
    }

    private func ratio(_ answers: [Float]) -> Double {
        var (signal, noise) = (0.0, 0.0)
        for (a, b) in zip(exact, answers) {
            signal += Double(a) * Double(a)
            noise += Double(a - b) * Double(a - b)
        }
        return .decibels(signal, noise)
    }

    /// To 256 steps between the least and the greatest, with 0 among them. Source: ONNX, `DynamicQuantizeLinear`.
    private static func round(_ values: inout [Float], between low: Float, and high: Float) {
        let scale = (high - low) / 255
        guard scale > 0 else { return }
        let zero = max(0, min(255, (-low / scale).rounded(.toNearestOrEven)))
        for place in values.indices {
            let step = max(0, min(255, (values[place] / scale).rounded(.toNearestOrEven) + zero))
            values[place] = (step - zero) * scale
        }
    }

    private static func product(_ a: [Float], _ b: [Float], _ rows: Int, _ depth: Int, _ width: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: rows * width) { result, count in
            result.initialize(repeating: 0)
            a.withUnsafeBufferPointer { a in
                b.withUnsafeBufferPointer { b in
                    for row in 0..<rows {
                        for inner in 0..<depth {
                            let factor = a[row * depth + inner]
                            for column in 0..<width {
                                result[row * width + column] += factor * b[inner * width + column]
                            }
                        }
                    }
                }
            }
            count = rows * width
        }
    }
}

extension Double {
    /// Signal to noise, both as sums of squares; at most 200, where there is no noise.
    static func decibels(_ signal: Double, _ noise: Double) -> Double {
        guard signal > 0 else { return noise > 0 ? 0 : 200 }
        return min(200, 10 * log10(signal / max(noise, signal * 1e-20)))
    }
}
