import Pickle

/// Why a file of PyTorch's does not become a graph.
package struct TorchError: Error, Hashable, Sendable {
    /// What was found, and where.
    package var message: String
    /// One line each: every operator that is not rebuilt.
    package var causes: [String]
    /// How to go on.
    package var help: String
    /// Whether a limit was in the way.
    package var isLimit = false

    /// How its owner makes an ONNX file of a model that is not rebuilt here.
    package static let safeWay =
        "convert it where it was made: torch.onnx.export(model, args, 'model.onnx', dynamo=True), then import that"

    /// A refusal.
    package init(_ message: String, causes: [String] = [], help: String = TorchError.safeWay) {
        self.message = message
        self.causes = causes
        self.help = help
    }

    /// A file that breaks its format's rules.
    static func damaged(_ message: String) -> TorchError {
        TorchError(message, help: "the file is damaged, or was not written by PyTorch: export the model again")
    }

    /// A file over a limit of ours.
    static func limit(_ message: String) -> TorchError {
        var error = TorchError(message)
        error.isLimit = true
        return error
    }
}

extension TorchError: CustomStringConvertible {
    /// The message.
    package var description: String { message }
}
