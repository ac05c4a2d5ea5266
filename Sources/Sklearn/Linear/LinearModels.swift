import ModelGraph
import Pickle

/// Models whose answer is a weighted sum of the features.
enum LinearModels {
    /// Sums for every target: `X · coef_ᵀ + intercept_`; `[N, targets]`.
    static func scores(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> (value: String, targets: Int) {
        let coefficients = try estimator.numbers("coef_")
        guard let (rows, columns) = coefficients.matrix, columns == features.width, rows > 0 else {
            throw estimator.refusal(
                "has coefficients of shape \(coefficients.dimensions) for \(features.width) features")
        }
        let intercepts = try intercepts(estimator, rows)
        let value = assembly.product(
            features.value, coefficients.transposed(rows, columns), columns, rows, bias: intercepts, "score")
        return (value, rows)
    }

    /// One for each target; `fit_intercept=False` leaves the number 0.
    private static func intercepts(_ estimator: Estimator, _ targets: Int) throws(ConversionError) -> [Double]? {
        guard estimator.has("intercept_") else { return nil }
        let values = try estimator.numbers("intercept_").values
        if values.count == targets { return values }
        guard values.count == 1, let value = values.first else {
            throw estimator.refusal("has \(values.count) intercepts for \(targets) targets")
        }
        return value == 0 ? nil : [Double](repeating: value, count: targets)
    }

    static func regressor(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let (value, targets) = try scores(estimator, features, &assembly)
        return .numbers(value, targets: targets)
    }

    /// Regressors whose answer is the exponential of the sum.
    static func logarithmicRegressor(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let (value, targets) = try scores(estimator, features, &assembly)
        return .numbers(assembly.node("Exp", [value], "exponential"), targets: targets)
    }

    /// The sums of every class, and where the decision falls: by the sign of the only one, else by the largest.
    private static func decisions(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> (labels: ClassLabels, value: String, targets: Int, places: String) {
        let labels = try ClassLabels(estimator)
        let (value, targets) = try scores(estimator, features, &assembly)
        try check(targets, labels, estimator)
        let places = targets == 1 ? assembly.places(value, above: 0) : assembly.largest(value)
        return (labels, value, targets, places)
    }

    /// Classifiers that decide by the sign or the largest sum and know no probabilities.
    static func decider(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let (labels, _, _, places) = try decisions(estimator, features, &assembly)
        return .classes(places: places, probabilities: nil, labels: labels)
    }

    /// Logistic regression: softmax over all classes, or each class against the rest.
    static func logisticRegression(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let (labels, value, targets, places) = try decisions(estimator, features, &assembly)
        let probabilities: String
        if try isOneVersusRest(estimator, labels.count) {
            let each = assembly.node("Sigmoid", [value], "sigmoid")
            probabilities = targets == 1 ? assembly.both(each) : normalised(each, &assembly)
        } else if targets == 1 {
            let negative = assembly.node("Neg", [value], "negative")
            let pair = assembly.node(
                "Concat", [negative, value], "pair", attributes: [Attribute("axis", .int(1))])
            probabilities = assembly.softmax(pair)
        } else {
            probabilities = assembly.softmax(value)
        }
        return .classes(places: places, probabilities: probabilities, labels: labels)
    }

    /// Linear discriminants: the same sums, always softmax for three classes and more.
    static func discriminants(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let (labels, value, targets, places) = try decisions(estimator, features, &assembly)
        let probabilities =
            targets == 1 ? assembly.both(assembly.node("Sigmoid", [value], "sigmoid")) : assembly.softmax(value)
        return .classes(places: places, probabilities: probabilities, labels: labels)
    }

    /// `predict_proba` of each version: `auto` means the softmax but for two classes and solvers that cannot.
    private static func isOneVersusRest(_ estimator: Estimator, _ classes: Int) throws(ConversionError) -> Bool {
        let choice = estimator.optional("multi_class")?.text ?? "auto"
        switch choice {
        case "ovr", "warn": return true
        case "multinomial": return false
        case "auto", "deprecated":
            let solver = estimator.optional("solver")?.text ?? "lbfgs"
            let cannot = solver == "newton-cholesky" && estimator.isFrom(1, 2) && !estimator.isFrom(1, 6)
            return classes <= 2 || solver == "liblinear" || cannot
        default: throw estimator.refusal("has 'multi_class' \(choice.debugDescription), which no version knows")
        }
    }

    private static func normalised(_ values: String, _ assembly: inout GraphAssembly) -> String {
        let axis = assembly.constant([Int64(1)], [1], "axis")
        let sum = assembly.node("ReduceSum", [values, axis], "sum", attributes: [Attribute("keepdims", .int(1))])
        return assembly.node("Div", [values, sum], "normalised")
    }

    private static func check(_ targets: Int, _ labels: ClassLabels, _ estimator: Estimator) throws(ConversionError) {
        guard targets == labels.count || targets == 1 && labels.count == 2 else {
            throw estimator.refusal("has \(targets) rows of coefficients for \(labels.count) classes")
        }
    }
}
