import Glibc
import ModelGraph
import Pickle

/// Boosted trees, grown exactly or over histograms.
enum GradientBoosting {
    static func classifier(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let labels = try ClassLabels(estimator)
        let raw = try boosted(estimator, features, classes: labels.count, &assembly)
        let loss = try estimator.text("loss")
        guard labels.count == 2 else {
            return .classes(places: assembly.largest(raw), probabilities: assembly.softmax(raw), labels: labels)
        }
        var score = raw
        switch loss {
        case "deviance", "log_loss": break
        case "exponential": score = assembly.node("Mul", [raw, assembly.constant([2.0], [1], "two")], "doubled")
        default: throw estimator.refusal("was trained with the loss '\(loss.prefix(40))'")
        }
        let probability = assembly.node("Sigmoid", [score], "sigmoid")
        // Before 1.4, the deviance decided by the larger probability, which at 0.5 each is the first.
        let orEqual = loss == "exponential" || estimator.isFrom(1, 4)
        return .classes(
            places: assembly.places(raw, above: 0, orEqual: orEqual), probabilities: assembly.both(probability),
            labels: labels)
    }

    static func regressor(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        .numbers(try boosted(estimator, features, classes: 0, &assembly), targets: 1)
    }

    /// The first guess and every stage's trees, in their order; `[N, 1]`, or `[N, classes]` for three and more.
    private static func boosted(
        _ estimator: Estimator, _ features: FeatureMatrix, classes: Int, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> String {
        let members = try TreeModels.members(estimator)
        let width = classes > 2 ? classes : 1
        guard members.count.isMultiple(of: width) else {
            throw estimator.refusal("has \(members.count) trees for \(width) sums")
        }
        var ensemble = TreeEnsemble(targets: width)
        for (target, start) in try initial(estimator, classes: classes, width: width).enumerated() {
            ensemble.add(constant: start, to: target)
        }
        let rate = try estimator.real("learning_rate")
        for (place, member) in members.enumerated() {
            let tree = try DecisionTree(member).checked(member, features: features.width)
            guard tree.width == 1 else { throw member.refusal("has \(tree.width) values in each leaf; expected one") }
            try ensemble.add(tree, to: place % width, member) { rate * tree.values[$0] }
        }
        return ensemble.node(TreeModels.rounded(features, &assembly), &assembly)
    }

    /// What is known before the first tree: nothing, the mean, or the classes' shares as scores.
    private static func initial(
        _ estimator: Estimator, classes: Int, width: Int
    ) throws(ConversionError) -> [Double] {
        let guess = try estimator.attribute("init_")
        if guess.text == "zero" { return [Double](repeating: 0, count: width) }
        let dummy = try Estimator(guess)
        if classes == 0 {
            guard dummy.className == "sklearn.dummy.DummyRegressor",
                let value = try dummy.numbers("constant_").values.first
            else { throw estimator.refusal("starts from an object of '\(dummy.className)'") }
            return [value]
        }
        guard dummy.className == "sklearn.dummy.DummyClassifier", try dummy.text("strategy") == "prior" else {
            throw estimator.refusal("starts from an object of '\(dummy.className)'")
        }
        let shares = try dummy.numbers("class_prior_").values
        guard shares.count == classes else { throw estimator.refusal("starts from \(shares.count) classes") }
        return try scores(shares, estimator)
    }

    /// The smallest and largest share that counts, of single precision's own smallest step.
    private static let step = Double(Float.ulpOfOne)

    private static func scores(_ shares: [Double], _ estimator: Estimator) throws(ConversionError) -> [Double] {
        let bounded = shares.map { min(max($0, step), 1 - step) }
        if bounded.count == 2 {
            let logit = log(bounded[1] / (1 - bounded[1]))
            return [try estimator.text("loss") == "exponential" ? 0.5 * logit : logit]
        }
        let logarithms = bounded.map { log($0) }
        guard estimator.isFrom(1, 4) else { return logarithms }
        // Since 1.4 the scores are centred.
        let mean = logarithms.reduce(0, +) / Double(logarithms.count)
        return logarithms.map { $0 - mean }
    }
}
