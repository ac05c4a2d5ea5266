import ModelGraph
import Pickle
import Tensors

/// Boosted trees over histograms; they compare in double precision and know where missing numbers go.
enum HistogramBoosting {
    static func classifier(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let labels = try ClassLabels(estimator)
        let width = labels.count > 2 ? labels.count : 1
        let raw = try boosted(estimator, features, width: width, &assembly)
        if width > 1 {
            return .classes(places: assembly.largest(raw), probabilities: assembly.softmax(raw), labels: labels)
        }
        let probability = assembly.node("Sigmoid", [raw], "sigmoid")
        return .classes(
            places: assembly.places(raw, above: 0), probabilities: assembly.both(probability), labels: labels)
    }

    static func regressor(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let raw = try boosted(estimator, features, width: 1, &assembly)
        let loss = try estimator.text("loss")
        switch loss {
        case "squared_error", "least_squares", "absolute_error", "least_absolute_deviation", "quantile":
            return .numbers(raw, targets: 1)
        case "poisson", "gamma": return .numbers(assembly.node("Exp", [raw], "exponential"), targets: 1)
        default: throw estimator.refusal("was trained with the loss '\(loss.prefix(40))'")
        }
    }

    private static func boosted(
        _ estimator: Estimator, _ features: FeatureMatrix, width: Int, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> String {
        if let mask = estimator.optional("is_categorical_"),
            let flags = try? estimator.numbers(mask, "is_categorical_"),
            flags.values.contains(where: { $0 != 0 })
        {
            throw estimator.refusal("splits by categories, which no node of ours does")
        }
        var ensemble = TreeEnsemble(targets: width)
        let baseline = try estimator.numbers("_baseline_prediction").values
        guard baseline.count == width else {
            throw estimator.refusal("starts from \(baseline.count) numbers; expected \(width)")
        }
        for (target, start) in baseline.enumerated() { ensemble.add(constant: start, to: target) }
        for stage in try estimator.objects("_predictors") {
            guard let trees = stage.items, trees.count == width else {
                throw estimator.refusal("has a stage without \(width) trees")
            }
            for (target, view) in trees.enumerated() {
                let member = try Estimator(view)
                let tree = try DecisionTree(predictor: member).checked(member, features: features.width)
                try ensemble.add(tree, to: target, member) { tree.values[$0] }
            }
        }
        return ensemble.node(features, &assembly)
    }
}

extension DecisionTree {
    /// A tree of the histogram kind: a structured array with all that a node has.
    init(predictor: Estimator) throws(ConversionError) {
        let view = try predictor.attribute("nodes")
        let nodes: NumPyArray?
        do throws(PickleError) {
            nodes = try view.array()
        } catch {
            throw predictor.refusal("cannot be read: \(error.message)")
        }
        guard let nodes else { throw predictor.refusal("has no nodes") }
        let leaves = try Self.integers(nodes, "is_leaf", predictor)
        left = zip(try Self.integers(nodes, "left", predictor), leaves).map { $1 != 0 ? -1 : $0 }
        right = try Self.integers(nodes, "right", predictor)
        features = try Self.integers(nodes, "feature_idx", predictor)
        // Called `threshold` before 0.24.
        thresholds = try Self.reals(nodes, "num_threshold", predictor)
        missingGoesLeft = try Self.integers(nodes, "missing_go_to_left", predictor).map { $0 != 0 }
        values = try Self.reals(nodes, "value", predictor)
        width = 1
        let categories = try Self.integers(nodes, "is_categorical", predictor)
        guard categories.allSatisfy({ $0 == 0 }) else {
            throw predictor.refusal("splits by categories, which no node of ours does")
        }
    }
}
