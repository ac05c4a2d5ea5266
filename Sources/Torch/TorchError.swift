package import Tensors

/// What PyTorch exports.
package enum TorchLibrary: ForeignLibrary {
    package static let safeWay =
        "convert it where it was made: torch.onnx.export(model, args, 'model.onnx', dynamo=True), then import that"
}

/// Why a file of PyTorch's does not become a graph.
package typealias TorchError = ForeignError<TorchLibrary>

extension ForeignError<TorchLibrary> {
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
