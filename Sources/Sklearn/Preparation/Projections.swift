import Glibc
import ModelGraph

/// Transformers that mix features linearly.
enum Projections {
    /// `(x − mean_) · components_ᵀ`, to unit variance where asked.
    static func principalComponents(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        var value = features.value
        if estimator.has("mean_") {
            let mean = try estimator.numbers("mean_")
            guard mean.count == features.width else {
                throw estimator.refusal("has \(mean.count) means for \(features.width) features")
            }
            value = assembly.node("Sub", [value, assembly.constant(mean.values, [mean.count], "mean")], "centred")
        }
        let projected = try project(estimator, value, features.width, &assembly)
        guard estimator.flag("whiten") else { return projected }
        let variances = try estimator.numbers("explained_variance_").values
        guard variances.count == projected.width else {
            throw estimator.refusal("has \(variances.count) variances for \(projected.width) components")
        }
        let deviations = variances.map { max(sqrt(max($0, 0)), Double.ulpOfOne) }
        let scale = assembly.constant(deviations, [deviations.count], "deviation")
        return FeatureMatrix(
            value: assembly.node("Div", [projected.value, scale], "whitened"), width: projected.width)
    }

    /// `x · components_ᵀ`.
    static func truncated(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        try project(estimator, features.value, features.width, &assembly)
    }

    private static func project(
        _ estimator: Estimator, _ value: String, _ width: Int, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        let components = try estimator.numbers("components_")
        guard let (rows, columns) = components.matrix, columns == width, rows > 0 else {
            throw estimator.refusal("has components of shape \(components.dimensions) for \(width) features")
        }
        let projected = assembly.product(
            value, components.transposed(rows, columns), columns, rows, bias: nil, "component")
        return FeatureMatrix(value: projected, width: rows)
    }
}
