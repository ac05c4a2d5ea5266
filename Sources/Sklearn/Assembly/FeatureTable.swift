import ModelGraph
import Tensors

/// A matrix of numbers in the graph, `[N, width]`, in double precision as scikit-learn computes.
struct FeatureMatrix {
    var value: String
    var width: Int
    /// Whether every number of it is one of single precision: then rounding it to that changes nothing.
    var isSingle = false
}

/// What an estimator is given: numbers, or columns of which some are text.
enum FeatureTable {
    case matrix(FeatureMatrix)
    case columns([Column])

    /// One column, `[N, 1]`.
    struct Column {
        var value: String
        var isText: Bool
        var isSingle = false
    }

    var width: Int {
        switch self {
        case .matrix(let matrix): matrix.width
        case .columns(let columns): columns.count
        }
    }

    /// All columns as one matrix.
    ///
    /// - Throws: `ConversionError` when one is text.
    func matrix(_ assembly: inout GraphAssembly, for estimator: Estimator) throws(ConversionError) -> FeatureMatrix {
        switch self {
        case .matrix(let matrix): return matrix
        case .columns(let columns):
            guard !columns.contains(where: \.isText) else {
                throw estimator.refusal("would be given text; only OneHotEncoder and OrdinalEncoder take it here")
            }
            let value =
                columns.count == 1
                ? columns[0].value
                : assembly.node("Concat", columns.map(\.value), "table", attributes: [Attribute("axis", .int(1))])
            return FeatureMatrix(value: value, width: columns.count, isSingle: columns.allSatisfy(\.isSingle))
        }
    }

    /// Some of the columns, in this order.
    func selecting(_ places: [Int], _ assembly: inout GraphAssembly) -> FeatureTable {
        switch self {
        case .columns(let columns): return .columns(places.map { columns[$0] })
        case .matrix(let matrix):
            guard places != Array(0..<matrix.width) else { return self }
            let indices = assembly.constant(places.map(Int64.init), [places.count], "columns")
            let value = assembly.node(
                "Gather", [matrix.value, indices], "chosen", attributes: [Attribute("axis", .int(1))])
            return .matrix(FeatureMatrix(value: value, width: places.count, isSingle: matrix.isSingle))
        }
    }
}
