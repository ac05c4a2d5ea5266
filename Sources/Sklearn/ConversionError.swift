/// Why a scikit-learn file does not become a graph.
package struct ConversionError: Error, Hashable, Sendable {
    /// What was found, and where.
    package var message: String
    /// One line each: further things that were found.
    package var causes: [String]
    /// How to go on.
    package var help: String

    /// How its owner makes an ONNX file of a model that is not rebuilt here.
    package static let safeWay =
        "convert it where it was trained, and where its file is trusted: skl2onnx.to_onnx(model, X[:1].astype('float32'))"

    /// A refusal.
    package init(_ message: String, causes: [String] = [], help: String = ConversionError.safeWay) {
        self.message = message
        self.causes = causes
        self.help = help
    }
}

extension ConversionError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}
