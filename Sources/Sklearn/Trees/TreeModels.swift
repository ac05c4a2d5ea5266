import ModelGraph
import Pickle
import Tensors

/// Decision trees, alone and in forests.
enum TreeModels {
    /// Features as trees see them: rounded to single precision, then compared in double.
    static func rounded(_ features: FeatureMatrix, _ assembly: inout GraphAssembly) -> FeatureMatrix {
        if features.isSingle { return features }
        let single = assembly.cast(features.value, to: .float32, "rounded")
        return FeatureMatrix(
            value: assembly.cast(single, to: .float64, "compared"), width: features.width, isSingle: true)
    }

    static func classifier(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        try classes([estimator], of: estimator, features, &assembly)
    }

    static func regressor(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        try numbers([estimator], of: estimator, features, &assembly)
    }

    static func forestClassifier(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        try classes(try members(estimator), of: estimator, features, &assembly)
    }

    static func forestRegressor(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        try numbers(try members(estimator), of: estimator, features, &assembly)
    }

    private static let treeClasses: Set<String> = [
        "DecisionTreeClassifier", "DecisionTreeRegressor", "ExtraTreeClassifier", "ExtraTreeRegressor",
    ]

    /// The trees of an ensemble: a list, or an array of objects.
    static func members(_ estimator: Estimator) throws(ConversionError) -> [Estimator] {
        var members: [Estimator] = []
        for object in try estimator.objects("estimators_") {
            let member = try Estimator(object)
            guard treeClasses.contains(member.name), member.className.hasPrefix("sklearn.tree.") else {
                throw estimator.refusal("is made of objects of '\(member.className)'; expected decision trees")
            }
            members.append(member)
        }
        guard !members.isEmpty else { throw estimator.refusal("has no trees") }
        return members
    }

    private static func classes(
        _ trees: [Estimator], of estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let outputs = estimator.optional("n_outputs_")?.integer ?? 1
        guard outputs == 1 else {
            throw estimator.refusal("answers \(outputs) labels at once; one is what an answer of ours has")
        }
        let labels = try ClassLabels(estimator)
        var ensemble = TreeEnsemble(targets: labels.count)
        for member in trees {
            var tree = try DecisionTree(member).checked(member, features: features.width)
            guard tree.width == labels.count else {
                throw member.refusal("has \(tree.width) values in each leaf for \(labels.count) classes")
            }
            if !member.isFrom(1, 4) { tree.normalise() }
            for label in 0..<labels.count {
                try ensemble.add(tree, to: label, member) { tree.values[$0 * tree.width + label] }
            }
        }
        let sums = ensemble.node(rounded(features, &assembly), &assembly)
        let mean = self.mean(sums, of: trees.count, &assembly)
        return .classes(places: assembly.largest(mean), probabilities: mean, labels: labels)
    }

    private static func numbers(
        _ trees: [Estimator], of estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        var ensemble: TreeEnsemble?
        var targets = 1
        for member in trees {
            let tree = try DecisionTree(member).checked(member, features: features.width)
            if ensemble == nil {
                guard (1...10_000).contains(tree.width) else { throw member.refusal("has \(tree.width) targets") }
                targets = tree.width
                ensemble = TreeEnsemble(targets: targets)
            }
            guard tree.width == targets else { throw member.refusal("has another number of targets than its forest") }
            for target in 0..<targets {
                try ensemble?.add(tree, to: target, member) { tree.values[$0 * targets + target] }
            }
        }
        guard let sums = ensemble?.node(rounded(features, &assembly), &assembly) else {
            throw estimator.refusal("has no trees")
        }
        return .numbers(mean(sums, of: trees.count, &assembly), targets: targets)
    }

    private static func mean(_ sums: String, of count: Int, _ assembly: inout GraphAssembly) -> String {
        guard count > 1 else { return sums }
        return assembly.node("Div", [sums, assembly.constant([Double(count)], [1], "trees_count")], "mean")
    }
}
