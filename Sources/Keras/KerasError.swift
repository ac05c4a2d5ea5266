package import Tensors

/// What Keras saves.
package enum KerasLibrary: ForeignLibrary {
    package static let safeWay =
        "convert it where it was trained, and where its file is trusted: model.export('model.onnx', format='onnx')"
}

/// Why a Keras file does not become a graph.
package typealias KerasError = ForeignError<KerasLibrary>
