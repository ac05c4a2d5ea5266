/// Everything that is wrong with a model, in the order it was found.
package struct ValidationReport: Hashable, Sendable {
    package internal(set) var problems: [Problem] = []
    /// Whether there were more than `GraphLimits.problems`.
    package internal(set) var isTruncated = false

    package var isValid: Bool { problems.isEmpty }

    /// - Throws: `GraphError` with the first problem's place, saying how many more there are.
    package func requireValid() throws(GraphError) {
        guard let first = problems.first else { return }
        let rest = problems.count - 1
        let more =
            rest == 0
            ? "" : " (and \(rest)\(isTruncated ? " or more" : "") other \(rest == 1 ? "problem" : "problems"))"
        throw GraphError(first.code.errorCode, first.message + more, at: first.place)
    }
}

/// What to do about tensors whose data is in another file.
package enum ExternalDataPolicy: Hashable, Sendable {
    /// Each is a problem: the model must be whole in one file.
    case refuse
    /// Each is a problem unless its path is a plain relative one.
    case allowPlainPaths
}

/// What validation holds a model to.
package struct ValidationOptions: Hashable, Sendable {
    package var limits = GraphLimits()
    package var externalData = ExternalDataPolicy.refuse

    package init() {}
}

extension Problem.Code {
    fileprivate var errorCode: GraphError.Code {
        switch self {
        case .limitExceeded: .limitExceeded
        case .externalData, .externalDataEscape: .externalData
        default: .invalidModel
        }
    }
}

extension Model {
    /// Checks every rule of the format that can be checked without running: names, order, scopes, types, shapes,
    /// data lengths, functions, external data.
    ///
    /// Cost: linear in the number of nodes and names; weights are not read, except integers stored as varints and the
    /// indices of sparse tensors.
    package func validate(_ options: ValidationOptions = ValidationOptions()) -> ValidationReport {
        var validator = Validator(self, options)
        validator.run()
        return validator.report
    }
}
