import ModelGraph

/// Clusters by the nearest centre.
enum Clusters {
    /// Distances as scikit-learn computes them: `√max(0, x·x − 2 x·c + c·c)`.
    static func means(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let centres = try estimator.numbers("cluster_centers_")
        guard let (rows, columns) = centres.matrix, columns == features.width, rows > 0 else {
            throw estimator.refusal("has centres of shape \(centres.dimensions) for \(features.width) features")
        }
        let squares = (0..<rows).map { row in
            (0..<columns).reduce(0.0) { $0 + centres.values[row * columns + $1] * centres.values[row * columns + $1] }
        }
        let scaled = centres.transposed(rows, columns).map { -2 * $0 }
        // The part that decides which centre is nearest.
        let partial = assembly.product(features.value, scaled, columns, rows, bias: squares, "partial")
        let places = assembly.node(
            "ArgMin", [partial], "nearest", attributes: [Attribute("axis", .int(1)), Attribute("keepdims", .int(0))])
        let axis = assembly.constant([Int64(1)], [1], "axis")
        let square = assembly.node("Mul", [features.value, features.value], "square")
        let own = assembly.node("ReduceSum", [square, axis], "own", attributes: [Attribute("keepdims", .int(1))])
        let sum = assembly.node("Add", [partial, own], "squared_distance")
        let positive = assembly.node("Max", [sum, assembly.constant([0.0], [1], "zero")], "positive")
        return .clusters(
            places: places, distances: assembly.node("Sqrt", [positive], "distance"), count: rows)
    }
}
