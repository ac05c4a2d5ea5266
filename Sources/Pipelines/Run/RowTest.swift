import Tensors

extension PipelineSpec.Condition.Test {
    /// Asks each row of a tensor; a scalar is one row.
    func decisions(_ tensor: Tensor, _ place: String) throws(PipelineError) -> [Bool] {
        switch self {
        case .below(let limit): try tensor.rowPeaks(place).map { !($0 >= limit) }
        case .atLeast(let limit): try tensor.rowPeaks(place).map { $0 >= limit }
        case .equals(let literal): try Self.equal(tensor, literal, place)
        case .differs(let literal): try Self.equal(tensor, literal, place).map { !$0 }
        }
    }

    private static func equal(
        _ tensor: Tensor, _ literal: PipelineSpec.Condition.Literal, _ place: String
    ) throws(PipelineError) -> [Bool] {
        let count = tensor.rowCount ?? 1
        guard tensor.shape.elementCount == count else {
            throw PipelineError(
                .failed, place, "one element a row can be compared, and the value has shape \(tensor.shape)")
        }
        switch literal {
        case .number(let number): return try tensor.rowPeaks(place).map { $0 == number }
        case .text(let text):
            guard let strings = tensor.strings else { throw PipelineError(.failed, place, "the value is no text") }
            return (0..<count).map { strings[$0].elementsEqual(text.utf8) }
        }
    }
}

extension Tensor {
    /// The largest number of each row; not a number where one of them is not.
    func rowPeaks(_ place: String) throws(PipelineError) -> [Double] {
        let numbers: [Double]
        do throws(TensorError) {
            numbers = try doubles()
        } catch {
            throw PipelineError(.failed, place, error.message)
        }
        let count = rowCount ?? 1
        guard count > 0 else { return [] }
        let width = numbers.count / count
        guard width > 0 else { throw PipelineError(.failed, place, "the value's rows have no elements: \(shape)") }
        return (0..<count).map { row in
            var peak = -Double.infinity
            for number in numbers[row * width..<(row + 1) * width] {
                if number.isNaN { return number }
                peak = max(peak, number)
            }
            return peak
        }
    }
}
