import ModelGraph

/// Missing numbers filled in.
enum Imputer {
    static func simple(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        guard !estimator.flag("add_indicator") else {
            throw estimator.refusal("adds columns that tell what was missing")
        }
        let fillings = try estimator.numbers("statistics_").values
        guard fillings.count == features.width else {
            throw estimator.refusal("has \(fillings.count) fillings for \(features.width) features")
        }
        let missing = try estimator.real("missing_values")
        let isMissing =
            missing.isNaN
            ? assembly.node("IsNaN", [features.value], "is_missing")
            : assembly.node("Equal", [features.value, assembly.constant([missing], [1], "missing")], "is_missing")
        let constant = assembly.constant(fillings.map { $0.isNaN ? 0 : $0 }, [fillings.count], "filling")
        let filled = FeatureMatrix(
            value: assembly.node("Where", [isMissing, constant, features.value], "filled"), width: features.width)
        // Features of which nothing was known are left out.
        let kept = fillings.indices.filter { !fillings[$0].isNaN }
        guard kept.count < fillings.count, !estimator.flag("keep_empty_features") else { return filled }
        guard !kept.isEmpty else { throw estimator.refusal("knows a filling for no feature at all") }
        guard case .matrix(let matrix) = FeatureTable.matrix(filled).selecting(kept, &assembly) else { return filled }
        return matrix
    }
}
