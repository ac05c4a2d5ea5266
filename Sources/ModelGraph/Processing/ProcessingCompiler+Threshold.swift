import Tensors

/// Decisions by thresholds.
extension ProcessingCompiler {
    /// The class that thresholds decide for, INT64 without the classes' dimension.
    ///
    /// One threshold decides between two classes by the score of the second, `score >= threshold`, as scikit-learn's
    /// `FixedThresholdClassifier` does. One for each class decides for the largest `score / threshold`, as Spark ML's
    /// `thresholds` do.
    ///
    /// - Returns: what was found, and how many classes there are.
    mutating func threshold(
        _ scores: ProcessedValue, _ thresholds: [Double], as base: String, at place: Place.Step
    ) throws(GraphError) -> (value: ProcessedValue, classCount: Int?) {
        try requireComparable(scores, thresholds, "threshold", at: place)
        var decided = ProcessedValue(name: editor.freshName(base), type: .int64, dimensions: nil)
        if thresholds.count == 1 {
            let positive = try positiveScores(scores, as: base, at: place)
            let isPositive = try isReached(positive, thresholds, as: "\(base)_reached")
            appendDecision(
                "Cast", [isPositive], decided.name, [Attribute("to", .int(Int64(ElementType.int64.onnxCode)))])
            decided.dimensions = positive.dimensions
            publishDecision(decided)
            return (decided, 2)
        }
        guard let dimensions = scores.dimensions, dimensions.count >= 2 else {
            throw processingError(
                "a threshold for each class needs scores of shape [N, classes], found \(scores.description)", at: place)
        }
        guard thresholds.allSatisfy({ $0 > 0 }) else {
            throw processingError(
                "thresholds of several classes are over 0, because scores are divided by them", at: place)
        }
        let divisors = try addFloats("\(base)_divisors", thresholds, shape: [thresholds.count], scores.type)
        let divided = editor.freshName("\(base)_divided")
        appendDecision("Div", [scores.name, divisors], divided)
        appendDecision(
            "ArgMax", [divided], decided.name,
            [Attribute("axis", .int(Int64(dimensions.count - 1))), Attribute("keepdims", .int(0))])
        decided.dimensions = Array(dimensions.dropLast())
        publishDecision(decided)
        return (decided, thresholds.count)
    }

    /// Which classes reach their thresholds, BOOL of the scores' shape: for models whose classes do not exclude each other.
    mutating func above(
        _ scores: ProcessedValue, _ thresholds: [Double], as base: String, at place: Place.Step
    ) throws(GraphError) {
        try requireComparable(scores, thresholds, "above", at: place)
        var reached = scores
        reached.name = try isReached(scores, thresholds, as: base)
        reached.type = .bool
        publishDecision(reached)
    }

    /// The score of the second of two classes.
    private mutating func positiveScores(
        _ scores: ProcessedValue, as base: String, at place: Place.Step
    ) throws(GraphError) -> ProcessedValue {
        guard let dimensions = scores.dimensions, (1...2).contains(dimensions.count) else {
            throw processingError(
                "threshold needs scores of shape [N], [N, 1] or [N, 2], found \(scores.description)", at: place)
        }
        guard dimensions.count == 2 else { return scores }
        let index: Int64
        switch dimensions[1].size {
        case 1?: index = 0
        case 2?: index = 1
        case nil where labels.count == 2 && opset >= 11: index = -1
        default:
            throw processingError(
                "one threshold decides between two classes, but the scores are \(scores.description); give a threshold "
                    + "for each class, or labels for two", at: place)
        }
        let place = try addInt64("\(base)_class", index)
        let positive = ProcessedValue(
            name: editor.freshName("\(base)_positive"), type: scores.type, dimensions: [dimensions[0]])
        appendDecision("Gather", [scores.name, place], positive.name, [Attribute("axis", .int(1))])
        return positive
    }

    /// Whether scores reach thresholds: `>=`, written as `>` of the next number below, which every operator set has. NaN
    /// reaches nothing.
    private mutating func isReached(
        _ scores: ProcessedValue, _ thresholds: [Double], as base: String
    ) throws(GraphError) -> String {
        let below = thresholds.map { scores.type.number(below: $0) }
        let limits = try addFloats(
            "\(base)_limits", below, shape: thresholds.count == 1 ? [] : [thresholds.count], scores.type)
        let reached = editor.freshName(base)
        appendDecision("Greater", [scores.name, limits], reached)
        return reached
    }

    private func requireComparable(
        _ scores: ProcessedValue, _ thresholds: [Double], _ step: String, at place: Place.Step
    ) throws(GraphError) {
        guard [.float16, .float32, .float64].contains(scores.type) else {
            throw processingError(
                "\(step) works on FP16, FP32 and FP64, but the value is \(scores.type.displayName)", at: place)
        }
        guard !thresholds.isEmpty, thresholds.allSatisfy(\.isFinite) else {
            throw processingError("\(step) needs finite thresholds: one, or one for each class", at: place)
        }
        guard thresholds.count > 1, let classes = scores.dimensions?.last?.size else { return }
        guard classes == thresholds.count else {
            throw processingError(
                "\(step) has \(thresholds.count) thresholds, but there are \(classes) classes", at: place)
        }
    }

    private mutating func appendDecision(
        _ operatorType: String, _ inputs: [String], _ output: String, _ attributes: [Attribute] = []
    ) {
        let name = editor.freshName("\(output)_node")
        editor.append(Node(operatorType, inputs, [output], name: name, attributes: attributes))
    }

    private mutating func publishDecision(_ value: ProcessedValue) {
        editor.addOutput(ValueInfo(value.name, value.type, value.dimensions))
    }
}

extension ElementType {
    /// The largest number of this float type that is below another, once that is a number of the type.
    fileprivate func number(below number: Double) -> Double {
        switch self {
        case .float16: Double(Float16(number).nextDown)
        case .float32: Double(Float(number).nextDown)
        default: number.nextDown
        }
    }
}
