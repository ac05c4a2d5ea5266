/// What is wrong with a model file, a graph, or what was asked of one.
package struct GraphError: Error, Hashable, Sendable {
    /// What kind of fault it is. Wraps a private enum, so that adding a code breaks nobody.
    package struct Code: Hashable, Sendable {
        private enum Value {
            case io, malformed, limitExceeded, unsupported, invalidModel, invalidProcessing, externalData
            case invalidEdit
        }
        private let value: Value

        /// The file could not be opened, mapped or written.
        package static let io = Code(value: .io)
        /// The bytes break the rules of the protobuf wire format or of `onnx.proto`.
        package static let malformed = Code(value: .malformed)
        /// Well-formed, but over one of our limits.
        package static let limitExceeded = Code(value: .limitExceeded)
        /// Valid ONNX that this operation cannot handle.
        package static let unsupported = Code(value: .unsupported)
        /// Well-formed, but against a rule of the ONNX specification; `ValidationReport` has every instance.
        package static let invalidModel = Code(value: .invalidModel)
        /// Declared pre- or post-processing that does not fit the model.
        package static let invalidProcessing = Code(value: .invalidProcessing)
        /// External data that may not, or cannot, be read.
        package static let externalData = Code(value: .externalData)
        /// A change that would leave a graph with dangling names, a name twice, or nodes out of order.
        package static let invalidEdit = Code(value: .invalidEdit)
    }

    package var code: Code
    /// What was expected, what was found, and where it helps, what to do.
    package var message: String
    /// Where in the file or the graph; empty when the message alone says it.
    package var place: Place

    package init(_ code: Code, _ message: String, at place: Place = Place()) {
        self.code = code
        self.message = message
        self.place = place
    }
}

extension GraphError: CustomStringConvertible {
    package var description: String { place.steps.isEmpty ? message : "\(place): \(message)" }
}
