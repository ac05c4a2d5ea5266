import ModelGraph
import Pickle
import Tensors

/// What a model answers.
enum Outputs {
    /// Places of classes, `[N]`, and their probabilities, `[N, classes]`; models without probabilities have none.
    case classes(places: String, probabilities: String?, labels: ClassLabels)
    /// `[N, targets]`.
    case numbers(String, targets: Int)
    /// Places of clusters, `[N]`, and the distances to all of them, `[N, clusters]`.
    case clusters(places: String, distances: String, count: Int)
    /// What a transformer makes: `[N, width]`.
    case features(FeatureMatrix)
}

/// The classes that a classifier tells apart, in the order of its probabilities.
enum ClassLabels {
    case integers([Int64])
    case texts([String])
    case truths([Bool])
    case reals([Float])

    var count: Int {
        switch self {
        case .integers(let values): values.count
        case .texts(let values): values.count
        case .truths(let values): values.count
        case .reals(let values): values.count
        }
    }

    var elementType: ElementType {
        switch self {
        case .integers: .int64
        case .texts: .string
        case .truths: .bool
        case .reals: .float32
        }
    }

    /// Reads `classes_`.
    init(_ estimator: Estimator) throws(ConversionError) {
        if !estimator.has("classes_"), let binarizer = estimator.optional("_label_binarizer") {
            // Where it is a property that asks another object.
            try self.init(try Estimator(binarizer).attribute("classes_"), of: estimator)
        } else {
            try self.init(try estimator.attribute("classes_"), of: estimator)
        }
    }

    init(_ view: PickleView, of estimator: Estimator) throws(ConversionError) {
        do throws(PickleError) {
            if let texts = try view.texts() {
                self = .texts(texts)
                return
            }
            if let objects = try view.objects(), !objects.isEmpty, objects.allSatisfy({ $0.integer != nil }) {
                self = .integers(objects.compactMap { $0.integer.map(Int64.init) })
                return
            }
            guard let tensor = try view.tensor(), tensor.shape.dimensions.count == 1 else {
                throw PickleError(.unsupported, "they are \(view.kindName)")
            }
            switch tensor.elementType {
            case .bool: self = .truths((tensor.wholeNumbers ?? []).map { $0 != 0 })
            case .float64, .float32: self = .reals((tensor.reals ?? []).map { Float($0) })
            default:
                guard let whole = tensor.wholeNumbers else { throw PickleError(.unsupported, "they are no numbers") }
                self = .integers(whole.map(Int64.init))
            }
        } catch {
            throw estimator.refusal("has classes that are not read: \(error.message)")
        }
        guard count >= 1 else { throw estimator.refusal("knows no class") }
    }

    /// The labels as a constant.
    func constant(_ assembly: inout GraphAssembly) -> String {
        switch self {
        case .integers(let values): assembly.constant(values, [values.count], "classes")
        case .texts(let values): assembly.constant(values, [values.count], "classes")
        case .truths(let values): assembly.constant(values, [values.count], "classes")
        case .reals(let values): assembly.constant(values, [values.count], "classes")
        }
    }
}
