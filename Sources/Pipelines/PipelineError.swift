/// What is wrong with a pipeline.
package struct PipelineError: Error, Hashable, Sendable {
    /// What kind of fault. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value { case malformed, invalid, mismatch, failed, memory }
        private let value: Value

        /// The text is not a pipeline's.
        package static let malformed = Code(value: .malformed)
        /// The steps are no graph that can be run: a circle, something unknown, something missing.
        package static let invalid = Code(value: .invalid)
        /// Two ends of an edge do not fit each other.
        package static let mismatch = Code(value: .mismatch)
        /// Tensors of a request do not fit, as only the request could show.
        package static let failed = Code(value: .failed)
        /// There is no memory for a step's tensors.
        package static let memory = Code(value: .memory)
    }

    package var code: Code
    /// Where, such as `step 'large', input 'pixels'`.
    package var place: String
    /// What was expected and what was found.
    package var message: String
    /// What to do about it, when that is known.
    package var help: String?

    package init(_ code: Code, _ place: String, _ message: String, help: String? = nil) {
        self.code = code
        self.place = place
        self.message = message
        self.help = help
    }
}

extension PipelineError: CustomStringConvertible {
    package var description: String { "\(place): \(message)" }
}
