/// ONNX Runtime: the default engine, on the CPU and, where its library has the provider, on CUDA devices.
package struct ONNXRuntimeEngine: Engine {
    package let kind = EngineKind.onnxRuntime
    package let devices: [Device]
    package let recordsOptimization = true
    private let library: ONNXRuntimeLibrary

    package var version: String { library.version }
    /// The names of the execution providers compiled into the library, such as `CPUExecutionProvider`.
    package var providers: [String] { library.providers }

    /// Opens the library at `path`; a process needs this once.
    ///
    /// - Throws: `EngineError.Code.notInstalled` or `.incompatible`.
    init(path: String) throws(EngineError) {
        library = try ONNXRuntimeLibrary(path: path)
        let hasCUDA = library.providers.contains("CUDAExecutionProvider")
        devices = [.cpu] + (hasCUDA ? NVIDIADevices.indices.map { Device(.cuda, index: $0) } : [])
    }

    /// Compiles a model, with every graph optimisation on.
    ///
    /// - Throws: `EngineError.Code.unsupported` for a device or precision it does not offer, `.modelRejected` when the
    ///   library refuses the model or an input or output is not a tensor.
    package func load(_ source: ModelSource, options: SessionOptions) throws(EngineError) -> any Session {
        guard devices.contains(options.device) else {
            let known = devices.map(\.description).joined(separator: ", ")
            throw EngineError(.unsupported, kind, "there is no device \(options.device) here; there is \(known)")
        }
        try options.requireUsualSetting(kind)
        return try ONNXRuntimeSession(library, source, options)
    }
}
