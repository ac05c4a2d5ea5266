/// Why a Keras file does not become a graph.
package struct KerasError: Error, Hashable, Sendable {
    /// What was found, and where.
    package var message: String
    /// One line each: every layer that is not rebuilt.
    package var causes: [String]
    /// How to go on.
    package var help: String
    /// Whether a limit was in the way.
    package var isLimit = false

    /// How its owner makes an ONNX file of a model that is not rebuilt here.
    package static let safeWay =
        "convert it where it was trained, and where its file is trusted: model.export('model.onnx', format='onnx')"

    /// A refusal.
    package init(_ message: String, causes: [String] = [], help: String = KerasError.safeWay) {
        self.message = message
        self.causes = causes
        self.help = help
    }
}

extension KerasError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}
