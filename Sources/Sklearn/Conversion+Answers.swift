import ModelGraph
import Pickle
import Tensors

/// What an estimator makes of what it is given.
extension Conversion {
    /// The answer of a model, or what a transformer makes.
    static func answer(
        _ estimator: Estimator, _ table: FeatureTable, _ assembly: inout GraphAssembly, depth: Int
    ) throws(ConversionError) -> Outputs {
        guard depth < deepest else { throw estimator.refusal("is made of parts within parts without end") }
        if estimator.className == "sklearn.pipeline.Pipeline" {
            var table = table
            let steps = try Composition.steps(estimator)
            for step in steps.dropLast() { table = try transformed(step, table, &assembly, depth: depth + 1) }
            guard let last = steps.last else { throw estimator.refusal("has no steps") }
            return try answer(last, table, &assembly, depth: depth + 1)
        }
        if EstimatorCatalog.searches.contains(estimator.className) {
            return try answer(
                try Estimator(try estimator.attribute("best_estimator_")), table, &assembly, depth: depth + 1)
        }
        if let model = EstimatorCatalog.models[estimator.className] {
            let features = try table.matrix(&assembly, for: estimator)
            try check(features.width, estimator)
            return try model(estimator, features, &assembly)
        }
        let made = try transformed(estimator, table, &assembly, depth: depth + 1)
        return .features(try made.matrix(&assembly, for: estimator))
    }

    /// What a transformer makes.
    static func transformed(
        _ estimator: Estimator, _ table: FeatureTable, _ assembly: inout GraphAssembly, depth: Int
    ) throws(ConversionError) -> FeatureTable {
        guard depth < deepest else { throw estimator.refusal("is made of parts within parts without end") }
        if let transformer = EstimatorCatalog.transformers[estimator.className] {
            let features = try table.matrix(&assembly, for: estimator)
            try check(features.width, estimator)
            return .matrix(try transformer(estimator, features, &assembly))
        }
        switch estimator.className {
        case "sklearn.preprocessing._encoders.OneHotEncoder":
            return .matrix(try OneHotEncoding.encode(estimator, table, &assembly))
        case "sklearn.preprocessing._function_transformer.FunctionTransformer":
            guard !estimator.has("func") else {
                throw estimator.refusal("calls a function of its own, which is code and stays where it is")
            }
            return table
        case "sklearn.pipeline.Pipeline":
            var table = table
            for step in try Composition.steps(estimator) {
                table = try transformed(step, table, &assembly, depth: depth + 1)
            }
            return table
        case "sklearn.compose._column_transformer.ColumnTransformer":
            var made: [FeatureTable] = []
            guard table.width == (try estimator.featureCount()) else {
                throw estimator.refusal("would be given \(table.width) features")
            }
            for part in try Composition.columnParts(estimator) {
                let chosen = table.selecting(part.places, &assembly)
                switch part.part {
                case .drop: continue
                case .passthrough: made.append(chosen)
                case .estimator(let inner):
                    made.append(try transformed(inner, chosen, &assembly, depth: depth + 1))
                }
            }
            return try joined(made, estimator, &assembly)
        case "sklearn.pipeline.FeatureUnion":
            guard !estimator.has("transformer_weights") else { throw estimator.refusal("weighs its parts") }
            var made: [FeatureTable] = []
            for part in try unionParts(estimator) {
                made.append(try transformed(part, table, &assembly, depth: depth + 1))
            }
            return try joined(made, estimator, &assembly)
        default:
            throw unknown(estimator)
        }
    }

    /// The refusal of a class that is not on the list.
    static func unknown(_ estimator: Estimator) -> ConversionError {
        ConversionError("\(estimator.place) is not on the list of classes that are rebuilt here")
    }

    /// Tables side by side.
    private static func joined(
        _ tables: [FeatureTable], _ estimator: Estimator, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureTable {
        var matrices: [FeatureMatrix] = []
        for table in tables { matrices.append(try table.matrix(&assembly, for: estimator)) }
        guard let first = matrices.first else { throw estimator.refusal("keeps no column") }
        guard matrices.count > 1 else { return .matrix(first) }
        let value = assembly.node(
            "Concat", matrices.map(\.value), "joined", attributes: [Attribute("axis", .int(1))])
        return .matrix(
            FeatureMatrix(
                value: value, width: matrices.reduce(0) { $0 + $1.width }, isSingle: matrices.allSatisfy(\.isSingle)))
    }

    /// What an estimator is given must be as wide as what it was fitted with.
    private static func check(_ width: Int, _ estimator: Estimator) throws(ConversionError) {
        let known = ["n_features_in_", "n_features_", "_n_features"].lazy
            .compactMap { estimator.optional($0)?.integer }.first
        guard known == nil || known == width else {
            throw estimator.refusal("was fitted with \(known ?? 0) features, and would be given \(width)")
        }
    }
}
