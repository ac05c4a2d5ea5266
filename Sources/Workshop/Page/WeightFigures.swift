import ModelGraph
import Tensors

/// How the elements of a constant are spread.
struct WeightFigures {
    /// How many elements were looked at: all, or evenly chosen ones of a large tensor.
    private(set) var looked = 0
    private(set) var least = Double.infinity
    private(set) var most = -Double.infinity
    private(set) var mean = 0.0
    private(set) var deviation = 0.0
    private(set) var zeros = 0
    /// Infinities and what is no number.
    private(set) var notFinite = 0
    /// How many elements are in each of equal parts between the least and the most.
    private(set) var bins: [Int] = []

    private static let mostElements = 1 << 18
    /// Larger ones are not converted, for which a copy would be needed.
    private static let mostBytes = 64 << 20
    private static let binCount = 32

    /// - Returns: `nil` for strings, for elements in another file, and for what is not valid.
    init?(_ constant: TensorValue) {
        guard let values = Self.sample(constant), !values.isEmpty else { return nil }
        looked = values.count
        let finite = values.filter(\.isFinite)
        notFinite = looked - finite.count
        zeros = finite.count { $0 == 0 }
        guard let low = finite.min(), let high = finite.max() else { return }
        (least, most) = (low, high)
        mean = finite.reduce(0, +) / Double(finite.count)
        let middle = mean
        deviation = (finite.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(finite.count)).squareRoot()
        guard low < high, (high - low).isFinite else { return }
        bins = Array(repeating: 0, count: Self.binCount)
        for value in finite {
            bins[min(Self.binCount - 1, Int((value - low) / (high - low) * Double(Self.binCount)))] += 1
        }
    }

    private static func sample(_ constant: TensorValue) -> [Double]? {
        guard !constant.isExternal, let type = constant.elementType, type != .string, type != .complex64,
            type != .complex128, let tensor = try? constant.tensor()
        else { return nil }
        if type == .float32 {
            return tensor.bytes.withMemoryRebound(to: Float.self) { floats in
                every(floats.count).map { Double(floats[$0]) }
            }
        }
        guard tensor.byteCount <= mostBytes, let plain = try? tensor.converted(to: .float32),
            let values = plain.values(as: Float.self)
        else { return nil }
        return every(values.count).map { Double(values[$0]) }
    }

    private static func every(_ count: Int) -> StrideTo<Int> {
        stride(from: 0, to: count, by: max(1, (count + mostElements - 1) / mostElements))
    }
}
