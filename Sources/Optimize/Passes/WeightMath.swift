import ModelGraph
import Tensors

/// Arithmetic on weights: in double precision, rounded once to the weights' own type.
enum WeightMath {
    /// The elements of a constant of floats.
    static func doubles(_ value: TensorValue?) -> [Double]? {
        guard let tensor = try? value?.tensor(), tensor.elementType.isFloatingPoint else { return nil }
        return try? tensor.doubles()
    }

    /// `w[i] · factor(i)`, where `factor` sees an element's position.
    ///
    /// - Throws: `RuleFault` when a product is not finite in the weights' type.
    static func scaled(_ tensor: Tensor, _ factor: (Int) -> Double) throws -> Tensor {
        if tensor.elementType == .float32, var values = tensor.values(as: Float.self) {
            var isFinite = true
            for index in values.indices {
                let product = Float(Double(values[index]) * factor(index))
                isFinite = isFinite && product.isFinite
                values[index] = product
            }
            guard isFinite else { throw notFinite }
            return try Tensor(.float32, tensor.shape, values: values)
        }
        var values = try tensor.doubles()
        for index in values.indices { values[index] *= factor(index) }
        return try made(values, tensor.elementType, tensor.shape)
    }

    /// Rows of equal length, each multiplied with its factor, straight from where the file has them: of large weights no copy is
    /// made but the result. The same bits as `scaled`.
    ///
    /// - Returns: `nil` for anything but 32-bit floats in a row that as many rows fill.
    /// - Throws: `RuleFault` when a product is not finite.
    static func scaledRows(_ value: TensorValue, by factors: [Double]) throws -> Tensor? {
        guard value.elementType == .float32, case .raw(let view) = value.elements,
            let shape = try? Shape(value.dimensions.map { Int($0) }), !factors.isEmpty,
            view.count == shape.elementCount * 4, shape.elementCount.isMultiple(of: factors.count)
        else { return nil }
        let row = shape.elementCount / factors.count
        let buffer = TensorBuffer(capacity: view.count)
        let isFinite = view.withUnsafeBytes { bytes in
            var probe: Float = 0
            for (number, factor) in factors.enumerated() {
                for place in (number * row)..<((number + 1) * row) {
                    let product = Float(Double(bytes.loadUnaligned(fromByteOffset: place * 4, as: Float.self)) * factor)
                    // Nothing times 0 is NaN but what is not finite.
                    probe += product * 0
                    buffer.base.storeBytes(of: product, toByteOffset: place * 4, as: Float.self)
                }
            }
            return probe == 0
        }
        guard isFinite else { throw notFinite }
        return try Tensor(.float32, shape, buffer: buffer)
    }

    /// A tensor of floats, rounded to a type.
    ///
    /// - Throws: `RuleFault` when a value is not finite in it.
    static func made(_ values: [Double], _ type: ElementType, _ shape: Shape) throws -> Tensor {
        let tensor = try Tensor(.float64, shape, values: values).converted(to: type)
        guard try tensor.doubles().allSatisfy(\.isFinite) else { throw notFinite }
        return tensor
    }

    private static let notFinite = RuleFault("a folded weight would not be finite")
}
