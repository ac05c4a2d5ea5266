import ModelGraph
import Pickle
import Tensors

/// Categories made columns of zeros and ones.
enum OneHotEncoding {
    /// What a feature's categories are.
    enum Categories {
        case texts([String])
        case numbers([Double])

        var count: Int {
            switch self {
            case .texts(let values): values.count
            case .numbers(let values): values.count
            }
        }
    }

    /// The categories of every feature.
    static func categories(_ estimator: Estimator) throws(ConversionError) -> [Categories] {
        var result: [Categories] = []
        for (place, view) in try estimator.objects("categories_").enumerated() {
            do throws(PickleError) {
                if let texts = try view.texts(), !texts.isEmpty {
                    result.append(.texts(texts))
                } else if let numbers = try view.tensor()?.reals {
                    result.append(.numbers(numbers))
                } else if let objects = try view.objects(), objects.allSatisfy({ $0.real != nil }) {
                    result.append(.numbers(objects.compactMap(\.real)))
                } else {
                    throw PickleError(.unsupported, "they are neither text nor numbers")
                }
            } catch {
                throw estimator.refusal("has categories of feature \(place) that are not read: \(error.message)")
            }
        }
        return result
    }

    static func encode(
        _ estimator: Estimator, _ table: FeatureTable, _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> FeatureMatrix {
        guard !estimator.flag("_infrequent_enabled"), !estimator.has("min_frequency"), !estimator.has("max_categories")
        else { throw estimator.refusal("puts rare categories together") }
        let categories = try categories(estimator)
        guard categories.count == table.width else {
            throw estimator.refusal("knows \(categories.count) features, and would be given \(table.width)")
        }
        let refuses = (estimator.optional("handle_unknown")?.text ?? "error") == "error"
        if refuses, categories.contains(where: { if case .numbers = $0 { true } else { false } }) {
            assembly.notes.append(
                "a number that OneHotEncoder has not seen becomes zeros; scikit-learn would end with an error")
        }
        let dropped = try dropped(estimator, categories.count)
        var parts: [String] = []
        var width = 0
        for (place, known) in categories.enumerated() {
            var part = try encode(known, table.selecting([place], &assembly), refuses, estimator, &assembly)
            var count = known.count
            if let drop = dropped[place] {
                guard drop >= 0, drop < count else { throw estimator.refusal("drops a category that it does not know") }
                let kept = (0..<count).filter { $0 != drop }
                count -= 1
                guard count > 0 else { continue }
                let places = assembly.constant(kept.map(Int64.init), [count], "kept")
                part = assembly.node("Gather", [part, places], "kept_part", attributes: [Attribute("axis", .int(1))])
            }
            parts.append(part)
            width += count
        }
        guard !parts.isEmpty else { throw estimator.refusal("keeps no category") }
        let value =
            parts.count == 1
            ? parts[0] : assembly.node("Concat", parts, "encoded", attributes: [Attribute("axis", .int(1))])
        return FeatureMatrix(value: value, width: width, isSingle: true)
    }

    /// Which category of each feature is left out.
    private static func dropped(_ estimator: Estimator, _ count: Int) throws(ConversionError) -> [Int?] {
        guard estimator.has("drop") else { return [Int?](repeating: nil, count: count) }
        let name = estimator.has("_drop_idx_after_grouping") ? "_drop_idx_after_grouping" : "drop_idx_"
        guard estimator.has(name) else { return [Int?](repeating: nil, count: count) }
        let view = try estimator.attribute(name)
        do throws(PickleError) {
            var places = try view.objects()?.map(\.integer)
            if places == nil { places = try view.tensor()?.wholeNumbers?.map { $0 } }
            guard let places, places.count == count else {
                throw PickleError(.malformed, "expected one for each of \(count) features")
            }
            return places
        } catch {
            throw estimator.refusal("does not say which categories it drops: \(error.message)")
        }
    }

    /// `[N, categories]` of one feature.
    private static func encode(
        _ known: Categories, _ column: FeatureTable, _ refuses: Bool, _ estimator: Estimator,
        _ assembly: inout GraphAssembly
    ) throws(ConversionError) -> String {
        switch known {
        case .texts(let texts):
            guard case .columns(let columns) = column, let first = columns.first, first.isText else {
                throw estimator.refusal("has categories that are text where it would be given numbers")
            }
            let encoded = assembly.node(
                "OneHotEncoder", [first.value], "one_hot", domain: "ai.onnx.ml",
                attributes: [
                    Attribute("cats_strings", .strings(texts.map { ByteView($0) })),
                    Attribute("zeros", .int(refuses ? 0 : 1)),
                ])
            let shape = assembly.constant([-1, Int64(texts.count)], [2], "flat")
            return assembly.cast(
                assembly.node("Reshape", [encoded, shape], "one_hot_flat"), to: .float64, "one_hot_wide")
        case .numbers(let numbers):
            let value = try column.matrix(&assembly, for: estimator).value
            let constant = assembly.constant(numbers, [1, numbers.count], "categories")
            var equal = assembly.node("Equal", [value, constant], "is_category")
            if numbers.contains(where: \.isNaN) {
                let isNaN = assembly.node("IsNaN", [value], "is_missing")
                let place = assembly.constant(numbers.map(\.isNaN), [1, numbers.count], "missing_place")
                let both = assembly.node("And", [isNaN, place], "missing_category")
                equal = assembly.node("Or", [equal, both], "is_category")
            }
            return assembly.cast(equal, to: .float64, "one_hot_wide")
        }
    }
}
