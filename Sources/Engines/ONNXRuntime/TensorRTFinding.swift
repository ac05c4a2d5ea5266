import Glibc

/// What of TensorRT is on this machine. Its plans are made by its own library, on the very device that will run them.
package struct TensorRTFinding: Hashable, Sendable {
    /// The names by which its library is looked for, those of TensorRT 8 to 11.
    package static let libraryNames = ["libnvinfer.so", "libnvinfer.so.11", "libnvinfer.so.10", "libnvinfer.so.8"]

    /// The library that the dynamic linker found, by its name.
    package var library: String?
    /// How many NVIDIA devices there are.
    package var deviceCount: Int
    /// The execution providers of the ONNX Runtime that is installed; empty where none is.
    package var providers: [String]

    package init(library: String?, deviceCount: Int, providers: [String]) {
        (self.library, self.deviceCount, self.providers) = (library, deviceCount, providers)
    }

    /// Looks: opens the library to see whether it is there, and closes it again.
    package static func look(_ catalog: EngineCatalog) -> TensorRTFinding {
        let found = libraryNames.first { name in
            guard let handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else { return false }
            dlclose(handle)
            return true
        }
        let engine = (try? catalog.engine(.onnxRuntime)) as? ONNXRuntimeEngine
        return TensorRTFinding(
            library: found, deviceCount: NVIDIADevices.indices.count, providers: engine?.providers ?? [])
    }

    /// Whether a plan could be made here.
    package var isComplete: Bool {
        library != nil && deviceCount > 0 && providers.contains("TensorrtExecutionProvider")
    }

    /// What was looked for, and what came of it, a line each.
    package var lines: [String] {
        [
            library.map { "TensorRT's library: \($0)" }
                ?? "TensorRT's library: none; looked for \(Self.libraryNames.joined(separator: ", "))",
            "NVIDIA devices: \(deviceCount == 0 ? "none in /dev" : String(deviceCount))",
            "ONNX Runtime's providers: "
                + (providers.isEmpty ? "it is not installed" : providers.joined(separator: ", "))
                + (providers.contains("TensorrtExecutionProvider")
                    ? "" : "; TensorrtExecutionProvider is not among them"),
        ]
    }
}
