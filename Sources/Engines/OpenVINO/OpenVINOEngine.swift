/// OpenVINO: the second engine, twice as fast as the first in bfloat16 where the processor has it.
package struct OpenVINOEngine: Engine {
    package let kind = EngineKind.openVINO
    package let devices: [Device]
    private let library: OpenVINOLibrary
    private let names: [Device: String]

    package var version: String { library.version }

    /// Opens the C library at `path`; a process needs this once.
    ///
    /// - Throws: `EngineError.Code.notInstalled` or `.incompatible`.
    init(path: String) throws(EngineError) {
        library = try OpenVINOLibrary(path: path)
        let named = library.deviceNames.compactMap { name in Device(openVINOName: name).map { ($0, name) } }
        devices = named.map(\.0)
        names = Dictionary(named) { first, _ in first }
    }

    /// Compiles a model for as many concurrent runs as `options` says.
    ///
    /// Beware of 64-bit integers on the CPU: the library computes with 32 bits inside.
    ///
    /// - Throws: `EngineError.Code.unsupported` for a device or precision it does not offer and for string inputs or
    ///   outputs, `.modelRejected` when the library refuses the model.
    package func load(_ source: ModelSource, options: SessionOptions) throws(EngineError) -> any Session {
        guard let name = names[options.device] else {
            let known = devices.map(\.description).joined(separator: ", ")
            throw EngineError(.unsupported, kind, "there is no device \(options.device) here; there is \(known)")
        }
        if case .recordedAsORT = options.optimization {
            throw EngineError(.unsupported, kind, "it does not write ONNX Runtime's format")
        }
        if options.precision != .float32 {
            let capabilities = library.property("OPTIMIZATION_CAPABILITIES", ofDevice: name) ?? ""
            let needed = options.precision == .bfloat16 ? "BF16" : "FP16"
            guard capabilities.split(separator: " ").contains(Substring(needed)) else {
                throw EngineError(
                    .unsupported, kind,
                    "device \(options.device) has no \(options.precision.rawValue) arithmetic; choose float32")
            }
        }
        if let group = options.roundingGroup {
            guard options.device.kind == .cpu, options.optimization != .done else {
                throw EngineError(
                    .unsupported, kind, "activations are rounded by groups on processors, where a graph is compiled")
            }
            guard (1...EngineSetting.largestGroup).contains(group) else {
                throw EngineError(
                    .unsupported, kind,
                    "groups of \(group) numbers cannot be rounded; choose from 1 to \(EngineSetting.largestGroup)")
            }
        }
        return try OpenVINOSession(library, source, options, deviceName: name)
    }
}

extension Device {
    /// The device with this name of OpenVINO's: `CPU`, `GPU`, `GPU.1`, `NPU`.
    fileprivate init?(openVINOName name: String) {
        let parts = name.split(separator: ".", maxSplits: 1)
        let kinds: [Substring: Kind] = ["CPU": .cpu, "GPU": .gpu, "NPU": .npu]
        guard let first = parts.first, let kind = kinds[first] else { return nil }
        if parts.count == 1 {
            self.init(kind)
        } else if let index = Int(parts[1]), index >= 0 {
            self.init(kind, index: index)
        } else {
            return nil
        }
    }
}
