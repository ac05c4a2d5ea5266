import Tensors

/// The operators of `ai.onnx.ml` that prepare features, and linear models. Rows are `[N, features]`; `[features]` is
/// one row.
enum MachineLearningRules {
    static let table: [String: InferenceRule] = [
        "Scaler": { facts in [.tensor(.float32, facts.sizes(0))] },
        "Normalizer": { facts in [.tensor(.float32, facts.sizes(0))] },
        "Binarizer": { facts in [Fact(facts.fact(0).type)] },
        "Imputer": { facts in [Fact(facts.fact(0).type)] },
        "LinearRegressor": { facts in
            [.tensor(.float32, [rows(facts), .fixed(max(1, facts.int("targets") ?? 1))])]
        },
        "LinearClassifier": classifier,
        "SVMClassifier": classifier,
        "SVMRegressor": { facts in [.tensor(.float32, [rows(facts), .fixed(1)])] },
        "LabelEncoder": { facts in [.tensor(encodedType(facts), facts.sizes(0))] },
        "CategoryMapper": { facts in
            [.tensor(facts.element(0) == .string ? .int64 : facts.element(0) == nil ? nil : .string, facts.sizes(0))]
        },
        "OneHotEncoder": { facts in
            let count = max(facts.count("cats_int64s"), facts.count("cats_strings"))
            return [.tensor(.float32, facts.sizes(0).map { $0 + [.fixed(count)] })]
        },
        "ArrayFeatureExtractor": { facts in
            guard let sizes = facts.sizes(0), let picked = facts.sizes(1) else {
                return [.tensor(facts.element(0), nil)]
            }
            let count = picked.product
            return [.tensor(facts.element(0), sizes.count == 1 ? [.fixed(1), count] : sizes.dropLast() + [count])]
        },
        "FeatureVectorizer": { facts in
            let widths = facts.ints("inputdimensions") ?? []
            let total = widths.map(Size.fixed).reduce(Size.fixed(0), +)
            return [.tensor(.float32, [rows(facts), widths.isEmpty ? .unknown : total])]
        },
        "DictVectorizer": { facts in
            let count = max(facts.count("string_vocabulary"), facts.count("int64_vocabulary"))
            guard case .map(_, let value) = facts.fact(0).type else {
                return [.tensor(nil, [.fixed(1), .fixed(count)])]
            }
            return [.tensor(value.element, [.fixed(1), .fixed(count)])]
        },
        "CastMap": { facts in
            let element: ElementType =
                switch facts.text("cast_to") ?? "TO_FLOAT" {
                case "TO_STRING": .string
                case "TO_INT64": .int64
                default: .float32
                }
            let width: Size = facts.text("map_form") == "SPARSE" ? .fixed(facts.int("max_map") ?? 1) : .unknown
            return [.tensor(element, [.fixed(1), width])]
        },
        "ZipMap": { facts in
            let key: ElementType = facts.count("classlabels_strings") > 0 ? .string : .int64
            return [Fact(.sequence(.map(key: key, .tensor(.float32, []))))]
        },
    ]

    /// How many rows the first input has.
    static func rows(_ facts: NodeFacts) -> Size {
        guard let sizes = facts.sizes(0) else { return .unknown }
        return sizes.count == 1 ? .fixed(1) : sizes.first ?? .fixed(1)
    }

    /// The labels' type and how many there are: strings, else integers.
    static func classes(_ facts: NodeFacts, strings: String, integers: String) -> (type: ElementType, count: Int) {
        let named = facts.count(strings)
        return named > 0 ? (.string, named) : (.int64, facts.count(integers))
    }

    private static func classifier(_ facts: NodeFacts) -> [Fact] {
        let isVectorMachine = facts.node.operatorType == "SVMClassifier"
        let labels = classes(
            facts, strings: isVectorMachine ? "classlabels_strings" : "classlabels_strings",
            integers: isVectorMachine ? "classlabels_ints" : "classlabels_ints")
        let rows = rows(facts)
        return [.tensor(labels.type, [rows]), .tensor(.float32, [rows, scoreCount(facts, labels.count)])]
    }

    /// One score per class; one vector of coefficients for two classes makes two scores, for none one.
    private static func scoreCount(_ facts: NodeFacts, _ classes: Int) -> Size {
        if facts.node.operatorType == "SVMClassifier" {
            // Without probabilities, pairs of classes vote.
            if facts.count("prob_a") > 0 || facts.count("vectors_per_class") == 0 { return .fixed(classes) }
            return .fixed(classes <= 2 ? 2 : classes * (classes - 1) / 2)
        }
        let vectors = max(1, facts.count("intercepts"))
        guard facts.count("intercepts") > 0 || classes > 0 else { return .unknown }
        return .fixed(max(vectors == 1 && classes == 2 ? 2 : vectors, min(classes, vectors == 1 ? classes : vectors)))
    }

    /// What a `LabelEncoder` maps to: named by its list of values, before version 2 the other of strings and integers.
    private static func encodedType(_ facts: NodeFacts) -> ElementType? {
        if facts.attributes["values_strings"] != nil { return .string }
        if facts.attributes["values_int64s"] != nil { return .int64 }
        if facts.attributes["values_floats"] != nil { return .float32 }
        if case .tensor(let tensor)? = facts.attributes["values_tensor"] { return tensor.elementType }
        guard let element = facts.element(0), facts.opset < 2 else { return nil }
        return element == .string ? .int64 : .string
    }
}
