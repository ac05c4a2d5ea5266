import Tensors

/// What is watched of an endpoint's traffic beyond drift, where somebody chose otherwise than usual.
package struct WatchingChoice: Hashable, Sendable {
    /// What happens to a request whose inputs are far outside the reference of its version.
    package enum Outliers: String, Hashable, Sendable, CaseIterable {
        /// Nobody looks.
        case off
        /// They are counted, and answered.
        case count
        /// They are counted, and answered 422 with the feature.
        case refuse
    }

    /// Whether answers of classifiers are remembered, so that labels can be laid beside them.
    package var takesFeedback: Bool
    package var outliers: Outliers

    package init(takesFeedback: Bool = true, outliers: Outliers = .off) {
        self.takesFeedback = takesFeedback
        self.outliers = outliers
    }

    /// Only what is not usual, as in states from before there was a choice.
    var members: [(String, JSONValue?)] {
        [
            ("feedback", takesFeedback ? nil : .bool(false)),
            ("outliers", outliers == .off ? nil : .string(outliers.rawValue)),
        ]
    }

    init(_ fields: JSONFields) throws(ReleaseError) {
        self.init(takesFeedback: try fields.boolIfPresent("feedback") ?? true)
        guard let word = try fields.stringIfPresent("outliers") else { return }
        guard let outliers = Outliers(rawValue: word) else {
            throw JSONFields.malformed("outliers", Outliers.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self.outliers = outliers
    }
}
