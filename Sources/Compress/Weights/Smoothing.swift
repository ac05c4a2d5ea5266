import Glibc
import Optimize
import Tensors

/// Takes what makes activations hard to round into the weights: `x·W = (x / s)·(s·W)`, with a factor for each channel.
/// A tensor has one scale, so that a channel a hundred times as large as the others leaves them a few steps; weights have
/// a scale for each column, and can take it.
///
/// Source: G. Xiao and others, "SmoothQuant", 2022, equation 4; here the strength is searched for each layer.
package struct Smoothing: Hashable, Sendable {
    /// What each channel of the activations is divided by, and each row of the weights multiplied with.
    package let factors: [Float]
    /// 0: all stays with the activations, 1: all goes to the weights.
    package let strength: Float

    static let strengths: [Float] = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

    /// - Parameters:
    ///   - activations: the largest magnitude of each channel.
    ///   - weights: the largest magnitude of each row, over all layers that read the activations.
    init(activations: [Float], weights: [Float], strength: Float) {
        self.strength = strength
        factors = zip(activations, weights).map { activation, weight in
            guard activation > 0 else { return 1 }
            // What is multiplied with nothing but 0 is made as small as the rest.
            guard weight > 0 else { return max(1, min(1e5, activation)) }
            let factor = powf(activation, strength) / powf(weight, 1 - strength)
            return factor.isFinite ? max(1e-5, min(1e5, factor)) : 1
        }
    }

    /// The strength with which layers that read the same activations lose least, and what each answers with it; none
    /// where it gains nothing to speak of.
    static func searched(
        _ inputs: LayerInputs, _ simulations: [ProductSimulation], rowMagnitudes: [Float], largest: Int
    ) -> (smoothing: Smoothing?, decibels: [Double]) {
        // The worst of them decides: queries and keys are easy, and values that share their input are not.
        let plain = simulations.map { $0.decibels(smoothing: nil, largest: largest) }
        var best: (smoothing: Smoothing?, decibels: [Double]) = (nil, plain)
        // A node more has to be worth it.
        var bar = mean(plain) + 1
        for strength in strengths {
            let candidate = Smoothing(activations: inputs.largest, weights: rowMagnitudes, strength: strength)
            let decibels = simulations.map { $0.decibels(smoothing: candidate.factors, largest: largest) }
            guard mean(decibels) > bar else { continue }
            bar = mean(decibels)
            best = (candidate, decibels)
        }
        return best
    }

    /// Of several ratios in decibels the one of their mean noise.
    private static func mean(_ values: [Double]) -> Double {
        let noise = values.reduce(0) { $0 + pow(10, -$1 / 10) } / Double(max(1, values.count))
        return -10 * log10(max(noise, 1e-20))
    }
}
