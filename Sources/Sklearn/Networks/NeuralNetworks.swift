import ModelGraph
import Pickle

/// Multi-layer perceptrons.
enum NeuralNetworks {
    static func classifier(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let binarizer = try Estimator(try estimator.attribute("_label_binarizer"))
        let kind = try binarizer.text("y_type_")
        guard kind == "binary" || kind == "multiclass" else {
            throw estimator.refusal(
                "answers several labels at once ('\(kind.prefix(40))'), which no answer of ours has")
        }
        let labels = try ClassLabels(try binarizer.attribute("classes_"), of: estimator)
        let (value, width) = try forward(estimator, features, &assembly)
        if width == 1, labels.count == 2 {
            return .classes(
                places: assembly.places(value, above: 0.5), probabilities: assembly.both(value), labels: labels)
        }
        guard width == labels.count else {
            throw estimator.refusal("has \(width) outputs for \(labels.count) classes")
        }
        return .classes(places: assembly.largest(value), probabilities: value, labels: labels)
    }

    static func regressor(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> Outputs {
        let (value, width) = try forward(estimator, features, &assembly)
        return .numbers(value, targets: width)
    }

    /// All layers; `[N, width of the last]`.
    private static func forward(
        _ estimator: Estimator, _ features: FeatureMatrix, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> (value: String, width: Int) {
        let weights = try estimator.objects("coefs_")
        let biases = try estimator.objects("intercepts_")
        guard !weights.isEmpty, weights.count == biases.count, weights.count <= 1000 else {
            throw estimator.refusal("has \(weights.count) layers of weights and \(biases.count) of biases")
        }
        var (value, width) = (features.value, features.width)
        for (layer, (weight, bias)) in zip(weights, biases).enumerated() {
            let matrix = try estimator.numbers(weight, "coefs_")
            let vector = try estimator.numbers(bias, "intercepts_")
            guard let (rows, columns) = matrix.matrix, matrix.dimensions.count == 2, rows == width,
                vector.count == columns, columns > 0
            else {
                throw estimator.refusal("has a layer \(layer) of shape \(matrix.dimensions) after \(width) values")
            }
            let sum = assembly.product(value, matrix.values, rows, columns, bias: vector.values, "layer")
            let isLast = layer == weights.count - 1
            value = try activated(
                sum, try estimator.text(isLast ? "out_activation_" : "activation"), estimator, &assembly)
            width = columns
        }
        return (value, width)
    }

    private static func activated(
        _ value: String, _ name: String, _ estimator: Estimator, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> String {
        switch name {
        case "identity": value
        case "relu": assembly.node("Relu", [value], "relu")
        case "tanh": assembly.node("Tanh", [value], "tanh")
        case "logistic": assembly.node("Sigmoid", [value], "sigmoid")
        case "softmax": assembly.softmax(value)
        default: throw estimator.refusal("has the activation '\(name.prefix(40))'")
        }
    }
}
