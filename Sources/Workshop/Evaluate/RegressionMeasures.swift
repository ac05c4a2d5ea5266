package import Tensors

/// How far predicted quantities are from the true ones.
package struct RegressionMeasures: Hashable, Sendable {
    /// Pairs compared.
    package let rows: Int
    /// The mean of |predicted − true|.
    package let meanAbsoluteError: Double
    /// The square root of the mean of (predicted − true)².
    package let rootMeanSquareError: Double
    /// The largest |predicted − true|.
    package let largestError: Double
    /// 1 − (residual sum of squares / total sum of squares); `nil` when the true values do not vary.
    package let determination: Double?

    /// - Throws: `WorkshopError.Code.evaluation` when the counts differ or nothing was given.
    package init(predicted: [Double], actual: [Double]) throws(WorkshopError) {
        guard predicted.count == actual.count, !actual.isEmpty else {
            throw WorkshopError(
                .evaluation, "\(predicted.count) predictions for \(actual.count) true values",
                help: "the evaluation set needs one true value for each row")
        }
        let errors = zip(predicted, actual).map { $0 - $1 }
        let count = Double(errors.count)
        let squares = errors.reduce(0) { $0 + $1 * $1 }
        let mean = actual.reduce(0, +) / count
        let total = actual.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        rows = errors.count
        meanAbsoluteError = errors.reduce(0) { $0 + $1.magnitude } / count
        rootMeanSquareError = (squares / count).squareRoot()
        largestError = errors.map(\.magnitude).max() ?? 0
        determination = total > 0 ? 1 - squares / total : nil
    }
}

extension RegressionMeasures {
    /// The measures as they are attached to a version.
    package var json: JSONValue {
        .object([
            ("task", .string("regression")), ("rows", .integer(rows)),
            ("meanAbsoluteError", .number(meanAbsoluteError)),
            ("rootMeanSquareError", .number(rootMeanSquareError)), ("largestError", .number(largestError)),
            ("determination", determination.map(JSONValue.number) ?? .null),
        ])
    }
}
