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
