import Tensors

/// By how much a converted model's answers differ from ONNX Runtime's, on made-up inputs.
struct ConversionMeasurement {
    /// The largest difference of two numbers of an output: absolute below 1, relative above.
    let largest: Double
    /// How many runs were compared.
    let runs: Int
    /// What is accepted, where no step of integers is larger.
    static let tolerance = 1e-4

    /// Compares the answers of several runs.
    ///
    /// - Parameters:
    ///   - runtime: who gave the others, in words.
    ///   - step: what is accepted of an output of integers.
    ///   - made: the other answer of a run for an output.
    /// - Throws: `Failure` 2302 when an answer is missing, or differs by more than is accepted.
    init(
        _ expected: [[Tensor]], by runtime: String, step: (_ output: Int) -> Double? = { _ in nil },
        made: (_ run: Int, _ output: Int) throws -> Tensor?
    ) throws {
        var largest = 0.0
        var worst: (difference: Double, allowed: Double)?
        for (run, tensors) in expected.enumerated() {
            for (index, tensor) in tensors.enumerated() {
                guard let other = try made(run, index) else {
                    throw Failure(2302, .verificationFailed, "\(runtime) gives no output \(index)")
                }
                let found = try Self.difference(tensor, other)
                let allowed = max(Self.tolerance, step(index) ?? 0)
                if found > allowed { worst = (found, allowed) }
                largest = max(largest, found)
            }
        }
        if let worst {
            throw Failure(
                2302, .verificationFailed,
                "\(runtime)'s answers differ from ONNX Runtime's by \(ConversionText.number(worst.difference)), over "
                    + ConversionText.number(worst.allowed),
                help: "nothing was written; please report the model")
        }
        (self.largest, runs) = (largest, expected.count)
    }

    /// The largest difference between two tensors: absolute below 1, relative above; infinite where shapes differ.
    static func difference(_ one: Tensor, _ other: Tensor) throws -> Double {
        guard one.shape == other.shape, one.elementType == other.elementType else { return .infinity }
        var largest = 0.0
        for (left, right) in zip(try one.doubles(), try other.doubles()) where left != right {
            guard !(left.isNaN && right.isNaN) else { continue }
            let share = abs(left - right) / max(1, abs(left))
            largest = max(largest, share.isNaN ? .infinity : share)
        }
        return largest
    }
}
