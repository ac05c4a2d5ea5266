import Engines

/// What an engine makes of a model for itself, as a file.
enum CompiledForm: String, CaseIterable {
    /// The ONNX graph that ONNX Runtime's optimisation leaves.
    case onnxRuntime = "onnxruntime"
    /// The same in ONNX Runtime's own format, which its small builds for phones read.
    case ort
    /// What OpenVINO's compiler leaves.
    case openVINO = "openvino"

    /// Who writes it, and who reads it.
    var engine: EngineKind { self == .openVINO ? .openVINO : .onnxRuntime }

    /// How an engine is asked to write it.
    func recording(to path: String) -> SessionOptions.Optimization {
        self == .ort ? .recordedAsORT(path: path) : .recorded(path: path)
    }
}
