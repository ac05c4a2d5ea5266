import Pickle
import Tensors

/// An object of scikit-learn's, as its file describes it: a class and attributes, read and checked one by one.
struct Estimator {
    let view: PickleView
    /// Module and class: `sklearn.linear_model._logistic.LogisticRegression`.
    let className: String
    /// The class alone.
    let name: String

    /// - Throws: `ConversionError` when it is no object of a class.
    init(_ view: PickleView) throws(ConversionError) {
        guard let name = view.className else {
            throw ConversionError("expected a scikit-learn model, found \(view.kindName)")
        }
        self.view = view
        self.name = name.name
        className = "\(name.module).\(name.name)"
    }

    /// The version of scikit-learn that wrote it, as two numbers; `nil` where it does not say.
    var version: (major: Int, minor: Int)? {
        let parts = (versionText ?? "").split(separator: ".").prefix(2).compactMap { Int($0) }
        return parts.count == 2 ? (parts[0], parts[1]) : nil
    }

    var versionText: String? { view.attribute("_sklearn_version")?.text }

    /// Whether it was written by this version or a newer one. One that does not say is taken for a new one.
    func isFrom(_ major: Int, _ minor: Int) -> Bool {
        guard let version else { return true }
        return (version.major, version.minor) >= (major, minor)
    }

    /// An attribute that may be missing or `None`.
    func optional(_ name: String) -> PickleView? {
        guard let attribute = view.attribute(name), !attribute.isNone else { return nil }
        return attribute
    }

    func has(_ name: String) -> Bool { optional(name) != nil }

    /// An attribute that must be there: those whose names end in `_` are there once the model has been fitted.
    func attribute(_ name: String) throws(ConversionError) -> PickleView {
        if let attribute = optional(name) { return attribute }
        throw ConversionError(
            "\(place) has no '\(name)'", help: name.hasSuffix("_") ? "fit the model before saving it" : Self.unknown)
    }

    private static let unknown = ConversionError.safeWay

    /// The class and where it stands, for errors.
    var place: String {
        let version = versionText.map { " of scikit-learn \($0.prefix(20))" } ?? ""
        return "'\(className)'\(version)" + (view.position.map { " at byte \($0)" } ?? "")
    }

    /// A refusal of something about this object.
    func refusal(_ what: String) -> ConversionError { ConversionError("\(place) \(what)") }

    func text(_ name: String) throws(ConversionError) -> String {
        guard let text = try attribute(name).text else { throw refusal("has a '\(name)' that is no text") }
        return text
    }

    func integer(_ name: String) throws(ConversionError) -> Int {
        guard let value = try attribute(name).integer else { throw refusal("has a '\(name)' that is no whole number") }
        return value
    }

    func real(_ name: String) throws(ConversionError) -> Double {
        guard let value = try attribute(name).real else { throw refusal("has a '\(name)' that is no number") }
        return value
    }

    /// A truth value, or `standard` where it is missing.
    func flag(_ name: String, _ standard: Bool = false) -> Bool { optional(name)?.bool ?? standard }

    /// How many features it takes.
    func featureCount() throws(ConversionError) -> Int {
        let names = ["n_features_in_", "n_features_", "_n_features"]
        guard let name = names.first(where: has) else {
            throw refusal("does not say how many features it takes: it was not fitted, or by a version before 0.24")
        }
        let count = try integer(name)
        guard (1...1_000_000).contains(count) else { throw refusal("takes \(count) features") }
        return count
    }

    /// An array of numbers; a single number is an array of rank 0.
    func numbers(_ name: String) throws(ConversionError) -> NumberArray {
        try numbers(try attribute(name), name)
    }

    func numbers(_ view: PickleView, _ name: String) throws(ConversionError) -> NumberArray {
        if let number = view.real { return NumberArray(values: [number], dimensions: []) }
        do throws(PickleError) {
            guard let tensor = try view.tensor(), let values = tensor.reals else {
                throw refusal("has a '\(name)' that is no array of numbers: it is \(view.kindName)").asPickleError
            }
            return NumberArray(values: values, dimensions: tensor.shape.dimensions)
        } catch {
            throw refusal("has a '\(name)' that cannot be read: \(error.message)")
        }
    }

    /// A list of objects, or an array of them.
    func objects(_ name: String) throws(ConversionError) -> [PickleView] {
        let view = try attribute(name)
        do throws(PickleError) {
            if let objects = try view.objects() { return objects }
        } catch {
            throw refusal("has a '\(name)' that cannot be read: \(error.message)")
        }
        throw refusal("has a '\(name)' that is no list")
    }
}

extension ConversionError {
    /// So that one `do` can carry both.
    fileprivate var asPickleError: PickleError { PickleError(.unsupported, message) }
}

/// Numbers of an array in row-major order.
struct NumberArray {
    var values: [Double]
    var dimensions: [Int]

    var count: Int { values.count }

    /// Rows and columns of a matrix; a vector is one row.
    var matrix: (rows: Int, columns: Int)? {
        switch dimensions.count {
        case 1: (1, dimensions[0])
        case 2: (dimensions[0], dimensions[1])
        default: nil
        }
    }

    /// Rows and columns swapped.
    func transposed(_ rows: Int, _ columns: Int) -> [Double] {
        var result = [Double](repeating: 0, count: values.count)
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = values[row * columns + column] }
        }
        return result
    }
}
