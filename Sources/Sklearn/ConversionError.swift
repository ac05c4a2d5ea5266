package import Tensors

/// What scikit-learn's models are saved as.
package enum SklearnLibrary: ForeignLibrary {
    package static let safeWay =
        "convert it where it was trained, and where its file is trusted: skl2onnx.to_onnx(model, X[:1].astype('float32'))"
}

/// Why a scikit-learn file does not become a graph.
package typealias ConversionError = ForeignError<SklearnLibrary>
