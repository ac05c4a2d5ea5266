import ModelGraph
import Tensors

/// Which numbers of a lowered model are its batch, or several times it: found by lowering it for two batches and
/// looking for what differs. LiteRT's operators need fixed sizes; TensorFlow's do not.
struct OpenBatch {
    /// Two primes that no size of a model is likely to be a multiple of.
    static let probes = (29, 31)

    /// Of each tensor, how many times the batch each size is; 0 for one that is fixed.
    private let sizes: [[Int]]
    /// The same for the elements of constants of whole numbers that differ.
    private let elements: [Int: [Int]]

    /// - Parameters:
    ///   - model: lowered for the first of `probes`.
    ///   - other: lowered for the second.
    /// - Throws: `LoweringFault` when they are not the same operators, or differ otherwise than in a multiple of the
    ///   batch.
    init(_ model: LiteModel, _ other: LiteModel) throws {
        guard model.tensors.count == other.tensors.count, model.operators.count == other.operators.count,
            zip(model.operators, other.operators).allSatisfy({ $0.isSameOperation(as: $1) })
        else { throw LoweringFault("is another graph for other batches") }
        var sizes: [[Int]] = []
        var elements: [Int: [Int]] = [:]
        for (index, (one, two)) in zip(model.tensors, other.tensors).enumerated() {
            guard let multiples = Self.multiples(one.shape, two.shape), one.type == two.type else {
                throw LoweringFault("makes '\(one.name.prefix(80))' of a size that is no multiple of the batch")
            }
            sizes.append(multiples)
            guard let data = one.data, let data2 = two.data, multiples.allSatisfy({ $0 == 0 }) else { continue }
            guard !data.hasSameElements(as: data2) else { continue }
            guard let first = data.integerValues, let second = data2.integerValues,
                let multiples = Self.multiples(first, second)
            else { throw LoweringFault("reckons with the batch: constant '\(one.name.prefix(80))' depends on it") }
            elements[index] = multiples
        }
        self.sizes = sizes
        self.elements = elements
    }

    private static func multiples(_ one: [Int], _ two: [Int]) -> [Int]? {
        guard one.count == two.count else { return nil }
        var result: [Int] = []
        for (first, second) in zip(one, two) {
            if first == second {
                result.append(0)
                continue
            }
            let (times, rest) = first.quotientAndRemainder(dividingBy: probes.0)
            guard times > 0, rest == 0, times.multipliedReportingOverflow(by: probes.1) == (second, false) else {
                return nil
            }
            result.append(times)
        }
        return result
    }

    /// The sizes of a tensor; `nil` for those that are the batch, or several times it.
    func shape(_ tensor: Int, _ model: LiteModel) -> [Int?] {
        zip(model.tensors[tensor].shape, sizes[tensor]).map { $1 == 0 ? $0 : nil }
    }

    /// How many times the batch each element of a constant is; `nil` for a constant that does not depend on it.
    func multiples(_ tensor: Int) -> [Int]? { elements[tensor] }
}

extension LiteOperator {
    fileprivate func isSameOperation(as other: LiteOperator) -> Bool {
        code == other.code && inputs == other.inputs && outputs == other.outputs && options == other.options
    }
}

extension Tensor {
    fileprivate func hasSameElements(as other: Tensor) -> Bool {
        guard elementType == other.elementType, shape == other.shape, case .buffer(let one) = storage,
            case .buffer(let two) = other.storage
        else { return false }
        return ByteView(one, 0..<byteCount) == ByteView(two, 0..<other.byteCount)
    }
}
