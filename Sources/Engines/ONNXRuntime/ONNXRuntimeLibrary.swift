import CEngines
import Tensors

/// ONNX Runtime, opened: its environment, and its C functions as Swift calls. No other file calls them.
///
/// `@unchecked Sendable`: everything is set once in `init`, and the library's functions may be called from any thread.
final class ONNXRuntimeLibrary: @unchecked Sendable {
    typealias SessionHandle = OpaquePointer
    typealias ValueHandle = OpaquePointer

    let version: String
    private let api: slipway_ort
    private let environment: OpaquePointer
    private let cpuMemory: OpaquePointer
    private let allocator: OpaquePointer

    /// Opens the library at `path` and creates its environment, which lives as long as the process.
    ///
    /// - Throws: `EngineError.Code.notInstalled` when the file cannot be opened, `.incompatible` when it is another
    ///   library or too old.
    init(path: String) throws(EngineError) {
        var api = slipway_ort()
        var detail: UnsafePointer<CChar>?
        let result = slipway_ort_open(path, &api, &detail)
        guard result == SLIPWAY_OPENED else {
            let words = detail.map { String(cString: $0) } ?? "unknown reason"
            let version = api.version.map { " (version \(String(cString: $0)))" } ?? ""
            throw EngineError(
                result == SLIPWAY_CANNOT_LOAD ? .notInstalled : .incompatible, .onnxRuntime,
                "cannot use \(path)\(version): \(words)")
        }
        self.api = api
        self.version = String(cString: api.version)
        // Severity 4, fatal: whatever is less than that also comes back as a status.
        environment = try Self.created(api) { api.CreateEnv(4, "slipway", &$0) }
        // Arena allocator, default memory: where tensors over our own buffers are said to be.
        cpuMemory = try Self.created(api) { api.CreateCpuMemoryInfo(1, 0, &$0) }
        allocator = try Self.created(api) { api.GetAllocatorWithDefaultOptions(&$0) }
        try check(api.DisableTelemetryEvents(environment), .incompatible)
    }
}

// MARK: - Statuses

extension ONNXRuntimeLibrary {
    /// Turns a status into an error with the library's own words and code, and frees it.
    private static func failure(_ api: slipway_ort, _ status: OpaquePointer, _ code: EngineError.Code) -> EngineError {
        defer { api.ReleaseStatus(status) }
        let words = api.GetErrorMessage(status).map { String(cString: $0) } ?? "unknown error"
        return EngineError(
            code, .onnxRuntime, EngineWords.shown(words), nativeCode: api.GetErrorCode(status))
    }

    private func check(_ status: OpaquePointer?, _ code: EngineError.Code) throws(EngineError) {
        if let status { throw Self.failure(api, status, code) }
    }

    /// The object that `create` puts into its argument.
    private static func created(
        _ api: slipway_ort, _ code: EngineError.Code = .incompatible, _ create: (inout OpaquePointer?) -> OpaquePointer?
    ) throws(EngineError) -> OpaquePointer {
        var object: OpaquePointer?
        if let status = create(&object) { throw failure(api, status, code) }
        guard let object else { throw EngineError(code, .onnxRuntime, "the library returned no object") }
        return object
    }
}

// MARK: - Providers

extension ONNXRuntimeLibrary {
    /// The names of the execution providers compiled into the library, such as `CPUExecutionProvider`.
    var providers: [String] {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        var count: Int32 = 0
        if let status = api.GetAvailableProviders(&names, &count) {
            api.ReleaseStatus(status)
            return []
        }
        defer { if let status = api.ReleaseAvailableProviders(names, count) { api.ReleaseStatus(status) } }
        return (0..<Int(count)).compactMap { index in names?[index].map { String(cString: $0) } }
    }
}

// MARK: - Sessions

extension ONNXRuntimeLibrary {
    /// Creates a session; the model's bytes are not needed afterwards.
    ///
    /// - Throws: `EngineError.Code.modelRejected` when the library refuses the model, `.unsupported` when it cannot set
    ///   up the device.
    func makeSession(_ source: ModelSource, _ options: SessionOptions) throws(EngineError) -> SessionHandle {
        let settings = try makeSettings(options)
        defer { api.ReleaseSessionOptions(settings) }
        if case .file(let path) = source, options.optimization == .done, ORTFormat.begins(path) {
            try check(api.AddSessionConfigEntry(settings, "session.load_model_format", "ORT"), .unsupported)
        }
        return try Self.created(api, .modelRejected) { session in
            switch source {
            case .file(let path): api.CreateSession(environment, path, settings, &session)
            case .memory(let buffer):
                api.CreateSessionFromArray(environment, buffer.base, buffer.capacity, settings, &session)
            }
        }
    }

    func release(session: SessionHandle) {
        api.ReleaseSession(session)
    }

    private func makeSettings(_ options: SessionOptions) throws(EngineError) -> OpaquePointer {
        let settings = try Self.created(api) { api.CreateSessionOptions(&$0) }
        do throws(EngineError) {
            try check(api.SetSessionLogSeverityLevel(settings, 4), .unsupported)
            // `ORT_ENABLE_ALL`, and `ORT_DISABLE_ALL` for a graph that has been through it.
            let level: Int32 = options.optimization == .done ? 0 : 99
            try check(api.SetSessionGraphOptimizationLevel(settings, level), .unsupported)
            try setRecording(options.optimization, settings)
            if let profile = options.profile { try check(api.EnableProfiling(settings, profile), .unsupported) }
            try check(api.EnableCpuMemArena(settings), .unsupported)
            try check(api.SetIntraOpNumThreads(settings, Int32(clamping: options.threadsPerRun)), .unsupported)
            try check(api.SetInterOpNumThreads(settings, 1), .unsupported)
            // A spinning thread doubles the CPU time of a run on a busy machine.
            try check(api.AddSessionConfigEntry(settings, "session.intra_op.allow_spinning", "0"), .unsupported)
            try check(api.AddSessionConfigEntry(settings, "session.inter_op.allow_spinning", "0"), .unsupported)
            if options.device.kind == .cuda { try appendCUDA(to: settings, index: options.device.index) }
            return settings
        } catch {
            api.ReleaseSessionOptions(settings)
            throw error
        }
    }

    private func setRecording(
        _ optimization: SessionOptions.Optimization, _ settings: OpaquePointer
    ) throws(EngineError) {
        switch optimization {
        case .full, .done: return
        case .recorded(let path): try check(api.SetOptimizedModelFilePath(settings, path), .unsupported)
        case .recordedAsORT(let path):
            try check(api.SetOptimizedModelFilePath(settings, path), .unsupported)
            try check(api.AddSessionConfigEntry(settings, "session.save_model_format", "ORT"), .unsupported)
        }
    }

    private func appendCUDA(to settings: OpaquePointer, index: Int) throws(EngineError) {
        let cuda = try Self.created(api, .unsupported) { api.CreateCUDAProviderOptions(&$0) }
        defer { api.ReleaseCUDAProviderOptions(cuda) }
        let status = "device_id".withCString { key in
            String(index).withCString { value in
                withUnsafePointer(to: Optional(key)) { keys in
                    withUnsafePointer(to: Optional(value)) { api.UpdateCUDAProviderOptions(cuda, keys, $0, 1) }
                }
            }
        }
        try check(status, .unsupported)
        try check(api.SessionOptionsAppendExecutionProvider_CUDA_V2(settings, cuda), .unsupported)
    }
}

// MARK: - Signatures

extension ONNXRuntimeLibrary {
    /// The session's inputs and outputs.
    ///
    /// - Throws: `EngineError.Code.modelRejected` for an input or output that is not a tensor.
    func signature(of session: SessionHandle) throws(EngineError) -> Signature {
        var inputCount = 0
        var outputCount = 0
        try check(api.SessionGetInputCount(session, &inputCount), .modelRejected)
        try check(api.SessionGetOutputCount(session, &outputCount), .modelRejected)
        var signature = Signature(inputs: [], outputs: [])
        for index in 0..<inputCount {
            let name = try takeName { api.SessionGetInputName(session, index, allocator, &$0) }
            let info = try Self.created(api, .modelRejected) { api.SessionGetInputTypeInfo(session, index, &$0) }
            signature.inputs.append(try takeSpec("input", name, info))
        }
        for index in 0..<outputCount {
            let name = try takeName { api.SessionGetOutputName(session, index, allocator, &$0) }
            let info = try Self.created(api, .modelRejected) { api.SessionGetOutputTypeInfo(session, index, &$0) }
            signature.outputs.append(try takeSpec("output", name, info))
        }
        return signature
    }

    private func takeName(
        _ read: (inout UnsafeMutablePointer<CChar>?) -> OpaquePointer?
    ) throws(EngineError) -> String {
        var name: UnsafeMutablePointer<CChar>?
        try check(read(&name), .modelRejected)
        guard let name else { return "" }
        defer { if let status = api.AllocatorFree(allocator, name) { api.ReleaseStatus(status) } }
        return String(cString: name)
    }

    private func takeSpec(_ role: String, _ name: String, _ info: OpaquePointer) throws(EngineError) -> TensorSpec {
        defer { api.ReleaseTypeInfo(info) }
        var kind: Int32 = 0
        try check(api.GetOnnxTypeFromTypeInfo(info, &kind), .modelRejected)
        var tensorInfo: OpaquePointer?
        try check(api.CastTypeInfoToTensorInfo(info, &tensorInfo), .modelRejected)
        guard kind == 1, let tensorInfo else { throw Self.notATensor(role, name, kind) }
        var code: Int32 = 0
        try check(api.GetTensorElementType(tensorInfo, &code), .modelRejected)
        guard let elementType = ElementType(onnxRuntimeCode: code) else {
            throw EngineError(.modelRejected, .onnxRuntime, "\(role) '\(name)' has the unknown element type \(code)")
        }
        return TensorSpec(name: name, elementType: elementType, dimensions: try declaredDimensions(tensorInfo))
    }

    private func declaredDimensions(_ info: OpaquePointer) throws(EngineError) -> [Dimension]? {
        var rank = 0
        try check(api.GetDimensionsCount(info, &rank), .modelRejected)
        // The library says 0 both for a scalar and for an undeclared shape.
        guard rank > 0 else { return nil }
        var sizes = [Int64](repeating: 0, count: rank)
        var symbols = [UnsafePointer<CChar>?](repeating: nil, count: rank)
        try check(api.GetDimensions(info, &sizes, rank), .modelRejected)
        try check(api.GetSymbolicDimensions(info, &symbols, rank), .modelRejected)
        return zip(sizes, symbols).map { size, symbol in
            if size >= 0 { return .fixed(Int(size)) }
            let name = symbol.map { String(cString: $0) } ?? ""
            return name.isEmpty ? .unknown : .symbol(name)
        }
    }

    private static func notATensor(_ role: String, _ name: String, _ kind: Int32) -> EngineError {
        // `ONNXType`: unknown, tensor, sequence, map, opaque, sparse tensor, optional.
        let kinds = ["unknown type", "tensor", "sequence", "map", "opaque object", "sparse tensor", "optional value"]
        let found = kinds.indices.contains(Int(kind)) ? kinds[Int(kind)] : "value of type \(kind)"
        let remedy =
            kind == 2 || kind == 3
            ? "; export the classifier without ZipMap (skl2onnx: options={'zipmap': False}), which yields a tensor"
            : "; export the model with tensors only"
        return EngineError(
            .modelRejected, .onnxRuntime, "\(role) '\(name)' is a \(found), not a tensor" + remedy)
    }
}

// MARK: - Runs and values

extension ONNXRuntimeLibrary {
    typealias Names = UnsafePointer<UnsafePointer<CChar>?>

    /// Runs the graph. Outputs that are `nil` are allocated by the library; the caller releases every value.
    func run(
        _ session: SessionHandle, _ inputNames: Names, _ inputs: UnsafeBufferPointer<ValueHandle?>,
        _ outputNames: Names, _ outputs: UnsafeMutableBufferPointer<ValueHandle?>
    ) throws(EngineError) {
        let status = api.Run(
            session, nil, inputNames, inputs.baseAddress, inputs.count, outputNames, outputs.count, outputs.baseAddress)
        if let status { throw Self.failure(api, status, .runFailed) }
    }

    func release(value: ValueHandle) {
        api.ReleaseValue(value)
    }

    /// A value over the tensor's own memory, or over a copy of its strings. The tensor outlives the value.
    func makeValue(_ tensor: Tensor) throws(EngineError) -> ValueHandle {
        guard let code = tensor.elementType.onnxRuntimeCode else {
            throw EngineError(
                .unsupported, .onnxRuntime, "tensors of \(tensor.elementType.displayName) cannot be passed in or out")
        }
        var value: OpaquePointer?
        let status = withDimensions(of: tensor.shape) { dimensions, rank in
            switch tensor.storage {
            case .buffer(let buffer):
                api.CreateTensorWithDataAsOrtValue(
                    cpuMemory, buffer.base, tensor.byteCount, dimensions, rank, code, &value)
            case .strings:
                api.CreateTensorAsOrtValue(allocator, dimensions, rank, code, &value)
            }
        }
        try check(status, .runFailed)
        guard let value else { throw EngineError(.runFailed, .onnxRuntime, "the library returned no value") }
        if case .strings(let strings) = tensor.storage { try fill(value, with: strings) }
        return value
    }

    /// Makes a tensor of a value that the library allocated. A tensor of numbers takes the value over and lends its
    /// memory out; strings are copied and the value is released.
    func takeTensor(_ value: ValueHandle, _ elementType: ElementType) throws(EngineError) -> Tensor {
        let owner = ONNXRuntimeValue(value, self)
        defer { withExtendedLifetime(owner) {} }
        do {
            let shape = try Shape(actualDimensions(of: value))
            if elementType == .string {
                return try Tensor(shape, strings: strings(of: value, count: shape.elementCount))
            }
            var data: UnsafeMutableRawPointer?
            try check(api.GetTensorMutableData(value, &data), .runFailed)
            let byteCount = try shape.byteCount(of: elementType)
            guard byteCount > 0, let data else { return try Tensor(zeros: elementType, shape) }
            return try Tensor(
                elementType, shape, buffer: TensorBuffer(borrowing: data, capacity: byteCount, owner: owner))
        } catch let error as EngineError {
            throw error
        } catch {
            throw EngineError(.runFailed, .onnxRuntime, "the library returned an output that cannot be read: \(error)")
        }
    }

    private func withDimensions(
        of shape: Shape, _ body: (UnsafePointer<Int64>?, Int) -> OpaquePointer?
    ) -> OpaquePointer? {
        shape.dimensions.withUnsafeBytes { body($0.bindMemory(to: Int64.self).baseAddress, shape.dimensions.count) }
    }

    private func actualDimensions(of value: ValueHandle) throws(EngineError) -> [Int] {
        let info = try Self.created(api, .runFailed) { api.GetTensorTypeAndShape(value, &$0) }
        defer { api.ReleaseTensorTypeAndShapeInfo(info) }
        var rank = 0
        try check(api.GetDimensionsCount(info, &rank), .runFailed)
        var sizes = [Int64](repeating: 0, count: rank)
        try check(api.GetDimensions(info, &sizes, rank), .runFailed)
        return sizes.map { Int($0) }
    }

    private func fill(_ value: ValueHandle, with strings: StringElements) throws(EngineError) {
        do throws(EngineError) {
            for index in 0..<strings.count {
                let element = strings[index]
                var target: UnsafeMutablePointer<CChar>?
                try check(
                    api.GetResizedStringTensorElementBuffer(value, index, element.count, &target), .runFailed)
                element.withUnsafeBytes { bytes in
                    if let target, let source = bytes.baseAddress {
                        UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: bytes.count)
                    }
                }
            }
        } catch {
            api.ReleaseValue(value)
            throw error
        }
    }

    private func strings(of value: ValueHandle, count: Int) throws(EngineError) -> StringElements {
        guard count > 0 else { return StringElements() }
        var length = 0
        try check(api.GetStringTensorDataLength(value, &length), .runFailed)
        var starts = [Int](repeating: 0, count: count + 1)
        starts[count] = length
        // One byte more than needed, because an empty array has no address to give.
        var bytes = [UInt8](repeating: 0, count: length + 1)
        try check(api.GetStringTensorContent(value, &bytes, length, &starts, count), .runFailed)
        var strings = StringElements()
        strings.reserve(elements: count, bytes: length)
        for index in 0..<count { strings.append(bytes[starts[index]..<starts[index + 1]]) }
        return strings
    }
}

/// Owns one value of the library, and with it the memory of an output.
///
/// `@unchecked Sendable`: the handle never changes and is released once, in `deinit`.
private final class ONNXRuntimeValue: @unchecked Sendable {
    private let value: ONNXRuntimeLibrary.ValueHandle
    private let library: ONNXRuntimeLibrary

    init(_ value: ONNXRuntimeLibrary.ValueHandle, _ library: ONNXRuntimeLibrary) {
        self.value = value
        self.library = library
    }

    deinit { library.release(value: value) }
}
