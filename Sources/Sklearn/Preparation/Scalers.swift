import ModelGraph
import Pickle
import Tensors

/// Transformers that move and stretch each feature by itself.
enum Scalers {
    /// `(x − mean_) / scale_`.
    static func standard(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        try shifted(estimator, features, centre: "mean_", scale: "scale_", &assembly)
    }

    /// `(x − center_) / scale_`.
    static func robust(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        try shifted(estimator, features, centre: "center_", scale: "scale_", &assembly)
    }

    private static func shifted(
        _ estimator: Estimator, _ features: FeatureMatrix, centre: String, scale: String,
        _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        var value = features.value
        let moves = estimator.flag(centre == "mean_" ? "with_mean" : "with_centering", true)
        let stretches = estimator.flag(centre == "mean_" ? "with_std" : "with_scaling", true)
        if moves {
            value = try applied("Sub", value, centre, estimator, features.width, &assembly)
        }
        if stretches {
            value = try applied("Div", value, scale, estimator, features.width, &assembly)
        }
        return FeatureMatrix(value: value, width: features.width)
    }

    /// `x · scale_ + min_`, cut to the range where asked.
    static func range(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        var value = try applied("Mul", features.value, "scale_", estimator, features.width, &assembly)
        value = try applied("Add", value, "min_", estimator, features.width, &assembly)
        if estimator.flag("clip") {
            guard let range = try estimator.attribute("feature_range").items?.compactMap(\.real), range.count == 2
            else {
                throw estimator.refusal("has a 'feature_range' that is no pair of numbers")
            }
            value = assembly.node(
                "Clip",
                [value, assembly.constant([range[0]], [], "least"), assembly.constant([range[1]], [], "most")],
                "clipped")
        }
        return FeatureMatrix(value: value, width: features.width)
    }

    /// `x / scale_`.
    static func largest(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        let value = try applied("Div", features.value, "scale_", estimator, features.width, &assembly)
        return FeatureMatrix(value: value, width: features.width)
    }

    /// Rows made to length 1; rows of zeros stay.
    static func normaliser(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        let axis = assembly.constant([Int64(1)], [1], "axis")
        let keep = [Attribute("keepdims", .int(1))]
        let absolute = assembly.node("Abs", [features.value], "absolute")
        var length: String
        switch try estimator.text("norm") {
        case "l1": length = assembly.node("ReduceSum", [absolute, axis], "length", attributes: keep)
        case "l2":
            let square = assembly.node("Mul", [features.value, features.value], "square")
            let sum = assembly.node("ReduceSum", [square, axis], "sum", attributes: keep)
            length = assembly.node("Sqrt", [sum], "length")
        case "max":
            length = assembly.node(
                "ReduceMax", [absolute], "length", attributes: [Attribute("axes", .ints([1]))] + keep)
        default: throw estimator.refusal("has a norm that no version knows")
        }
        let zero = assembly.constant([0.0], [1], "zero")
        let isZero = assembly.node("Equal", [length, zero], "is_zero")
        length = assembly.node("Where", [isZero, assembly.constant([1.0], [1], "one"), length], "divisor")
        let value = assembly.node("Div", [features.value, length], "unit")
        return FeatureMatrix(value: value, width: features.width)
    }

    /// 1 above the threshold, else 0.
    static func binariser(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        let bound = assembly.constant([try estimator.real("threshold")], [1], "bound")
        let above = assembly.node("Greater", [features.value, bound], "above")
        return FeatureMatrix(value: assembly.cast(above, to: .float64, "binary"), width: features.width)
    }

    private static func applied(
        _ operatorType: String, _ value: String, _ name: String, _ estimator: Estimator, _ width: Int,
        _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> String {
        let numbers = try estimator.numbers(name)
        guard numbers.count == width else {
            throw estimator.refusal("has \(numbers.count) numbers in '\(name)' for \(width) features")
        }
        let stem = String(name.drop { $0 == "_" }.reversed().drop { $0 == "_" }.reversed())
        return assembly.node(
            operatorType, [value, assembly.constant(numbers.values, [width], stem)], "\(stem)_applied")
    }
}
