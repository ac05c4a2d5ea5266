import ModelGraph
import Optimize
import Tensors

/// How the elements of a constant are spread, in the numbers that they stand for: whole numbers by their scale and zero.
struct WeightSpread {
    let histogram: OptimisationRecord.Histogram

    private static let bins = 48
    /// Elements that are looked at, evenly chosen.
    private static let mostElements = 1 << 16
    /// Larger constants are not converted, for which a copy would be needed.
    private static let mostBytes = 64 << 20
    /// More different values than this are not counted.
    private static let mostLevels = 1024

    /// - Returns: `nil` for what has no numbers, or cannot be restored.
    init?(_ view: GraphView, _ name: String) {
        guard let values = Self.values(view, name), let least = values.min(), let most = values.max(), least < most,
            (most - least).isFinite
        else { return nil }
        var counts = [Int](repeating: 0, count: Self.bins)
        for value in values {
            counts[min(Self.bins - 1, max(0, Int((value - least) / (most - least) * Double(Self.bins))))] += 1
        }
        var levels = Set<Double>()
        for value in values where levels.count <= Self.mostLevels { levels.insert(value) }
        histogram = OptimisationRecord.Histogram(
            least: least, most: most, counts: counts, levels: levels.count <= Self.mostLevels ? levels.count : nil)
    }

    private static func values(_ view: GraphView, _ name: String) -> [Double]? {
        guard let constant = view.constant(name), let type = constant.elementType,
            let size = constant.byteCount, size <= mostBytes, type != .string, type != .complex64, type != .complex128,
            let tensor = try? constant.tensor()
        else { return nil }
        let step = max(1, (tensor.shape.elementCount + mostElements - 1) / mostElements)
        guard !type.isFloatingPoint else {
            return sample(tensor, step).map { $0.filter(\.isFinite) }
        }
        guard let restoring = restoring(name, view) else { return nil }
        return restored(tensor, restoring, step)
    }

    private static func sample(_ tensor: Tensor, _ step: Int) -> [Double]? {
        if let floats = tensor.values(as: Float.self) {
            return stride(from: 0, to: floats.count, by: step).map { Double(floats[$0]) }
        }
        guard let values = try? tensor.doubles() else { return nil }
        return stride(from: 0, to: values.count, by: step).map { values[$0] }
    }

    // MARK: - Whole numbers

    private struct Restoring {
        var scales: [Double]
        var zeros: [Double]
        var axis: Int
    }

    /// What restores a constant: the one `DequantizeLinear` that reads it, with a scale, or one for each place along an axis.
    private static func restoring(_ name: String, _ view: GraphView) -> Restoring? {
        guard
            let node = view.readers(of: name).map({ view.nodes[$0] }).first(where: {
                $0.operatorType == "DequantizeLinear" && $0.input(0) == name
            }), node.int("block_size") ?? 0 == 0,
            let scales = try? view.constant(node.input(1))?.tensor().doubles(), !scales.isEmpty
        else { return nil }
        let zeros = (try? view.constant(node.input(2))?.tensor().doubles()) ?? []
        guard zeros.isEmpty || zeros.count == scales.count else { return nil }
        return Restoring(scales: scales, zeros: zeros, axis: Int(node.int("axis") ?? 1))
    }

    private static func restored(_ tensor: Tensor, _ restoring: Restoring, _ step: Int) -> [Double]? {
        guard let values = try? tensor.doubles(), !values.isEmpty else { return nil }
        let sizes = tensor.shape.dimensions
        var inner = 1
        if restoring.scales.count > 1 {
            let axis = restoring.axis < 0 ? restoring.axis + sizes.count : restoring.axis
            guard sizes.indices.contains(axis), sizes[axis] == restoring.scales.count else { return nil }
            inner = max(1, sizes[(axis + 1)...].reduce(1, *))
        }
        return stride(from: 0, to: values.count, by: step).map { index in
            let place = restoring.scales.count > 1 ? index / inner % restoring.scales.count : 0
            return (values[index] - (restoring.zeros.isEmpty ? 0 : restoring.zeros[place])) * restoring.scales[place]
        }.filter(\.isFinite)
    }
}
