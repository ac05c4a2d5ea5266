import ModelGraph
import Pickle
import Tensors

/// Estimators made of others.
enum Composition {
    /// A named part: a transformer or a model, or a word.
    enum Part {
        case estimator(Estimator)
        case passthrough
        case drop

        init(_ view: PickleView, of whole: Estimator) throws(ConversionError) {
            if view.isNone {
                self = .passthrough
            } else if let word = view.text {
                switch word {
                case "passthrough": self = .passthrough
                case "drop": self = .drop
                default: throw whole.refusal("has the part \(word.quotedName); expected an estimator")
                }
            } else {
                self = .estimator(try Estimator(view))
            }
        }
    }

    /// The steps of a `Pipeline`, without those that do nothing.
    static func steps(_ pipeline: Estimator) throws(ConversionError) -> [Estimator] {
        var steps: [Estimator] = []
        for view in try pipeline.objects("steps") {
            guard let pair = view.items, pair.count == 2 else {
                throw pipeline.refusal("has a step that is not a name and an estimator")
            }
            if case .estimator(let estimator) = try Part(pair[1], of: pipeline) { steps.append(estimator) }
        }
        guard !steps.isEmpty, steps.count <= 100 else { throw pipeline.refusal("has \(steps.count) steps") }
        return steps
    }

    /// One part of a `ColumnTransformer` and the columns it gets.
    struct ColumnPart {
        var part: Part
        var places: [Int]
    }

    static func columnParts(_ transformer: Estimator) throws(ConversionError) -> [ColumnPart] {
        let width = try transformer.featureCount()
        let names = try names(transformer)
        var parts: [ColumnPart] = []
        for view in try transformer.objects("transformers_") {
            guard let triple = view.items, triple.count == 3 else {
                throw transformer.refusal("has a part that is not a name, a transformer and columns")
            }
            let places = try ColumnChoice.places(triple[2], width: width, names: names, transformer)
            guard !places.isEmpty else { continue }
            parts.append(ColumnPart(part: try Part(triple[1], of: transformer), places: places))
        }
        return parts
    }

    /// Names of the columns that an estimator was fitted with.
    static func names(_ estimator: Estimator) throws(ConversionError) -> [String]? {
        guard let view = estimator.optional("feature_names_in_") ?? estimator.optional("_feature_names_in") else {
            return nil
        }
        do throws(PickleError) {
            return try view.texts()
        } catch {
            throw estimator.refusal("has names of features that are not read: \(error.message)")
        }
    }

    /// Which columns of what an estimator is given are text.
    static func textColumns(_ estimator: Estimator, depth: Int = 0) throws(ConversionError) -> Set<Int> {
        guard depth < Conversion.deepest else { throw estimator.refusal("is made of parts within parts without end") }
        switch estimator.name {
        case "Pipeline":
            guard let first = try steps(estimator).first else { return [] }
            return try textColumns(first, depth: depth + 1)
        case "ColumnTransformer":
            var columns: Set<Int> = []
            for part in try columnParts(estimator) {
                guard case .estimator(let inner) = part.part else { continue }
                for place in try textColumns(inner, depth: depth + 1) where part.places.indices.contains(place) {
                    columns.insert(part.places[place])
                }
            }
            return columns
        case "GridSearchCV", "RandomizedSearchCV":
            return try textColumns(try Estimator(try estimator.attribute("best_estimator_")), depth: depth + 1)
        case "OneHotEncoder", "OrdinalEncoder":
            return Set(
                try OneHotEncoding.categories(estimator).enumerated().compactMap { place, categories in
                    if case .texts = categories { place } else { nil }
                })
        default: return []
        }
    }
}
