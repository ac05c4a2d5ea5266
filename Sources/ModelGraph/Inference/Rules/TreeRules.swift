import Tensors

/// Ensembles of decision trees.
enum TreeRules {
    static let table: [String: InferenceRule] = [
        "TreeEnsembleRegressor": { facts in
            let count = Size.fixed(max(1, facts.int("n_targets") ?? 1))
            return [.tensor(.float32, [MachineLearningRules.rows(facts), count])]
        },
        "TreeEnsembleClassifier": { facts in
            let labels = MachineLearningRules.classes(
                facts, strings: "classlabels_strings", integers: "classlabels_int64s")
            let rows = MachineLearningRules.rows(facts)
            return [.tensor(labels.type, [rows]), .tensor(.float32, [rows, .fixed(labels.count)])]
        },
        "TreeEnsemble": { facts in
            let count = Size.fixed(max(1, facts.int("n_targets") ?? 1))
            return [.tensor(facts.element(0), [MachineLearningRules.rows(facts), count])]
        },
    ]
}
