import CEngines
import Synchronization
import Tensors

/// OpenVINO, opened: its core, and its C functions as Swift calls. No other file calls them.
///
/// `@unchecked Sendable`: everything is set once in `init`, and the core may be used from any thread. Requests and
/// tensors are handed to one thread at a time by their owners.
final class OpenVINOLibrary: @unchecked Sendable {
    typealias CompiledModel = OpaquePointer
    typealias Request = OpaquePointer
    typealias TensorHandle = OpaquePointer

    /// `2026.4.1`.
    let version: String
    /// The library's names of this machine's devices, such as `CPU` and `GPU.0`.
    let deviceNames: [String]
    private let api: slipway_ov
    private let core: OpaquePointer
    private let importing = Mutex<Void>(())

    /// Opens the C library at `path` and creates its core, which lives as long as the process.
    ///
    /// - Throws: `EngineError.Code.notInstalled` when the file cannot be opened, `.incompatible` when it is another
    ///   library or too old.
    init(path: String) throws(EngineError) {
        var api = slipway_ov()
        var detail: UnsafePointer<CChar>?
        let result = slipway_ov_open(path, &api, &detail)
        guard result == SLIPWAY_OPENED else {
            let words = detail.map { String(cString: $0) } ?? "unknown reason"
            throw result == SLIPWAY_CANNOT_LOAD
                ? EngineError(.notInstalled, .openVINO, "cannot use \(path): \(words)")
                : EngineError(
                    .incompatible, .openVINO, "cannot use \(path): it lacks \(words); 2026.4 or newer is needed")
        }
        self.api = api
        version = try Self.readVersion(api)
        // What it would print also comes back as an error's message.
        api.util_set_log_callback(nil)
        try Self.checkElementTypes(api, path, version)
        var core: OpaquePointer?
        try Self.check(api, api.core_create(&core), .incompatible)
        self.core = try Self.object(core, .incompatible)
        deviceNames = Self.readDevices(api, self.core)
    }

    /// `2026.4.1-22982-…` up to the first hyphen.
    private static func readVersion(_ api: slipway_ov) throws(EngineError) -> String {
        var version = ov_version()
        try check(api, api.get_openvino_version(&version), .incompatible)
        defer { api.version_free(&version) }
        let build = version.build.map { String(cString: $0) } ?? ""
        return String(build.prefix { $0 != "-" })
    }

    /// Compares the element types' numbers with the sizes the library gives them: an inserted number shifts the rest.
    private static func checkElementTypes(
        _ api: slipway_ov, _ path: String, _ version: String
    ) throws(EngineError) {
        var eight: Int64 = 8
        for type in ElementType.allCases {
            guard let code = type.openVINOCode else { continue }
            var tensor: OpaquePointer?
            let status = withUnsafeMutablePointer(to: &eight) {
                api.tensor_create(code, ov_shape(rank: 1, dimensions: $0), &tensor)
            }
            var size = 0
            if status == 0, let tensor {
                defer { api.tensor_free(tensor) }
                try check(api, api.tensor_get_byte_size(tensor, &size), .incompatible)
            }
            guard size == type.bitWidth else {
                throw EngineError(
                    .incompatible, .openVINO,
                    "cannot use \(path): version \(version) numbers element types differently from 2026.4")
            }
        }
    }

    private static func readDevices(_ api: slipway_ov, _ core: OpaquePointer) -> [String] {
        var devices = ov_available_devices()
        guard api.core_get_available_devices(core, &devices) == 0 else { return [] }
        defer { api.available_devices_free(&devices) }
        return (0..<devices.count).compactMap { index in devices.names?[index].map { String(cString: $0) } }
    }
}

// MARK: - Statuses

extension OpenVINOLibrary {
    /// `INVALID_C_PARAM`; it and the statuses below it come from the C interface itself.
    private static let firstCStatus: Int32 = -14

    private static func check(
        _ api: slipway_ov, _ status: Int32, _ code: EngineError.Code
    ) throws(EngineError) {
        guard status != 0 else { return }
        var words = api.get_error_info(status).map { String(cString: $0) } ?? "unknown error"
        // The message is kept for exceptions only; for the C interface's own refusals it is that of an older failure.
        if status > firstCStatus, let message = api.get_last_err_msg() {
            defer { api.free(message) }
            let detail = EngineWords.shown(String(cString: message))
            if !detail.isEmpty { words = detail }
        }
        throw EngineError(code, .openVINO, words, nativeCode: status)
    }

    private func check(_ status: Int32, _ code: EngineError.Code) throws(EngineError) {
        try Self.check(api, status, code)
    }

    private static func object(_ pointer: OpaquePointer?, _ code: EngineError.Code) throws(EngineError) -> OpaquePointer
    {
        guard let pointer else { throw EngineError(code, .openVINO, "the library returned no object") }
        return pointer
    }
}

// MARK: - Models

extension OpenVINOLibrary {
    /// The value of a device's property, or `nil` where the device has no such property.
    func property(_ key: String, ofDevice device: String) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard api.core_get_property(core, device, key, &value) == 0, let value else { return nil }
        defer { api.free(value) }
        return String(cString: value)
    }

    /// Reads and compiles a model; its bytes are not needed afterwards.
    ///
    /// - Throws: `EngineError.Code.modelRejected`.
    func compile(
        _ source: ModelSource, device: String, properties: [(key: String, value: String)]
    ) throws(EngineError) -> CompiledModel {
        var model: OpaquePointer?
        switch source {
        case .file(let path):
            try check(api.core_read_model(core, path, nil, &model), .modelRejected)
        case .memory(let buffer):
            let bytes = buffer.base.assumingMemoryBound(to: CChar.self)
            try check(
                api.core_read_model_from_memory_buffer(core, bytes, buffer.capacity, nil, &model), .modelRejected)
        }
        defer { api.model_free(model) }
        let keys = CStringArray(properties.map(\.key))
        let values = CStringArray(properties.map(\.value))
        let pairs = properties.indices.map { ov_property(key: keys.pointers[$0], value: values.pointers[$0]) }
        var compiled: OpaquePointer?
        let status = withExtendedLifetime((keys, values)) {
            api.core_compile_model_props(core, model, device, pairs.count, pairs, &compiled)
        }
        try check(status, .modelRejected)
        return try Self.object(compiled, .modelRejected)
    }

    /// Writes a compiled model to a file, for this version of the library on this machine.
    ///
    /// - Throws: `EngineError.Code.unsupported` with the library's words.
    func export(_ model: CompiledModel, to path: String) throws(EngineError) {
        try check(api.compiled_model_export_model(model, path), .unsupported)
    }

    /// Reads what `export` wrote, which does not have the properties that it was compiled with: a processor with bfloat16
    /// would compute with that. They are set for the device as a whole, one import at a time; whatever is compiled names
    /// its own.
    ///
    /// - Throws: `EngineError.Code.modelRejected` for what another version or machine wrote.
    func importModel(
        _ bytes: TensorBuffer, device: String, properties: [(key: String, value: String)]
    ) throws(EngineError) -> CompiledModel {
        try importing.withLock { _ throws(EngineError) in
            var api = api
            for (key, value) in properties {
                try check(slipway_ov_set_property(&api, core, device, key, value), .unsupported)
            }
            var compiled: OpaquePointer?
            let content = bytes.base.assumingMemoryBound(to: CChar.self)
            try check(api.core_import_model(core, content, bytes.capacity, device, &compiled), .modelRejected)
            return try Self.object(compiled, .modelRejected)
        }
    }

    /// The value that a compiled model's property really has, which may differ from what was asked for.
    func property(_ key: String, of model: CompiledModel) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard api.compiled_model_get_property(model, key, &value) == 0, let value else { return nil }
        defer { api.free(value) }
        return String(cString: value)
    }

    func release(model: CompiledModel) {
        api.compiled_model_free(model)
    }

    /// The model's inputs and outputs.
    ///
    /// - Throws: `EngineError.Code.unsupported` for strings and other types that cannot be passed through.
    func signature(of model: CompiledModel) throws(EngineError) -> Signature {
        var inputCount = 0
        var outputCount = 0
        try check(api.compiled_model_inputs_size(model, &inputCount), .modelRejected)
        try check(api.compiled_model_outputs_size(model, &outputCount), .modelRejected)
        var signature = Signature(inputs: [], outputs: [])
        for index in 0..<inputCount {
            var port: OpaquePointer?
            try check(api.compiled_model_input_by_index(model, index, &port), .modelRejected)
            signature.inputs.append(try takeSpec("input", index, port))
        }
        for index in 0..<outputCount {
            var port: OpaquePointer?
            try check(api.compiled_model_output_by_index(model, index, &port), .modelRejected)
            signature.outputs.append(try takeSpec("output", index, port))
        }
        return signature
    }

    private func takeSpec(_ role: String, _ index: Int, _ port: OpaquePointer?) throws(EngineError) -> TensorSpec {
        let port = try Self.object(port, .modelRejected)
        defer { api.output_const_port_free(port) }
        let name = anyName(of: port) ?? "\(role)_\(index)"
        var code: Int32 = 0
        try check(api.port_get_element_type(port, &code), .modelRejected)
        guard let elementType = ElementType(openVINOCode: code) else {
            let found = code == ElementType.openVINOStringCode ? "strings" : "element type \(code)"
            throw EngineError(
                .unsupported, .openVINO,
                "\(role) '\(name)' holds \(found), which OpenVINO's C interface cannot pass; use ONNX Runtime")
        }
        return TensorSpec(name: name, elementType: elementType, dimensions: try declaredDimensions(port))
    }

    private func anyName(of port: OpaquePointer) -> String? {
        var name: UnsafeMutablePointer<CChar>?
        guard api.port_get_any_name(port, &name) == 0, let name else { return nil }
        defer { api.free(name) }
        return String(cString: name)
    }

    private func declaredDimensions(_ port: OpaquePointer) throws(EngineError) -> [Dimension]? {
        var shape = ov_partial_shape()
        try check(api.port_get_partial_shape(port, &shape), .modelRejected)
        defer { api.partial_shape_free(&shape) }
        guard shape.rank.lower == shape.rank.upper, shape.rank.lower >= 0 else { return nil }
        return (0..<Int(shape.rank.lower)).map { index in
            guard let dimension = shape.dimensions?[index], dimension.lower == dimension.upper else { return .unknown }
            return .fixed(Int(dimension.lower))
        }
    }
}

// MARK: - Requests and tensors

extension OpenVINOLibrary {
    func makeRequest(_ model: CompiledModel) throws(EngineError) -> Request {
        var request: OpaquePointer?
        try check(api.compiled_model_create_infer_request(model, &request), .runFailed)
        return try Self.object(request, .runFailed)
    }

    func release(request: Request) {
        api.infer_request_free(request)
    }

    func infer(_ request: Request) throws(EngineError) {
        try check(api.infer_request_infer(request), .runFailed)
    }

    func setInput(_ request: Request, _ index: Int, _ tensor: TensorHandle) throws(EngineError) {
        try check(api.infer_request_set_input_tensor_by_index(request, index, tensor), .runFailed)
    }

    func setOutput(_ request: Request, _ index: Int, _ tensor: TensorHandle) throws(EngineError) {
        try check(api.infer_request_set_output_tensor_by_index(request, index, tensor), .runFailed)
    }

    /// A handle of the tensor that the request's output is in; the caller releases it.
    func output(_ request: Request, _ index: Int) throws(EngineError) -> TensorHandle {
        var tensor: OpaquePointer?
        try check(api.infer_request_get_output_tensor_by_index(request, index, &tensor), .runFailed)
        return try Self.object(tensor, .runFailed)
    }

    /// A handle over the tensor's own memory, which must stay as long as a request has it set. The caller releases it.
    func makeHandle(over tensor: Tensor) throws(EngineError) -> TensorHandle {
        guard case .buffer(let buffer) = tensor.storage, let code = tensor.elementType.openVINOCode else {
            throw EngineError(
                .unsupported, .openVINO, "tensors of \(tensor.elementType.displayName) cannot be passed in or out")
        }
        var handle: OpaquePointer?
        let status = withShape(tensor.shape.dimensions) {
            api.tensor_create_from_host_ptr(code, $0, buffer.base, &handle)
        }
        try check(status, .runFailed)
        return try Self.object(handle, .runFailed)
    }

    /// A handle with memory of the library's own, grown by a run as far as the output needs. The caller releases it.
    func makeHandle(_ elementType: ElementType, _ dimensions: [Int]) throws(EngineError) -> TensorHandle {
        var handle: OpaquePointer?
        let code = elementType.openVINOCode ?? 0
        try check(withShape(dimensions) { api.tensor_create(code, $0, &handle) }, .runFailed)
        return try Self.object(handle, .runFailed)
    }

    func release(tensor: TensorHandle) {
        api.tensor_free(tensor)
    }

    func shape(of tensor: TensorHandle) throws(EngineError) -> Shape {
        var shape = ov_shape()
        let status = api.tensor_get_shape(tensor, &shape)
        // A shape without dimensions is the one that the C interface refuses to describe.
        guard status != Self.firstCStatus else { return .scalar }
        try check(status, .runFailed)
        defer { _ = api.shape_free(&shape) }
        let dimensions = UnsafeBufferPointer(start: shape.dimensions, count: Int(shape.rank)).map { Int($0) }
        do {
            return try Shape(dimensions)
        } catch {
            throw EngineError(.runFailed, .openVINO, "the library returned an output that cannot be read: \(error)")
        }
    }

    func data(of tensor: TensorHandle) throws(EngineError) -> UnsafeMutableRawPointer? {
        var data: UnsafeMutableRawPointer?
        try check(api.tensor_data(tensor, &data), .runFailed)
        return data
    }

    private func withShape(_ dimensions: [Int], _ body: (ov_shape) -> Int32) -> Int32 {
        // The library reads the dimensions only, and wants an address even for a scalar.
        var scalar: Int64 = 0
        return withUnsafeMutablePointer(to: &scalar) { none in
            dimensions.withUnsafeBytes { bytes in
                let start = UnsafeMutableRawBufferPointer(mutating: bytes).bindMemory(to: Int64.self).baseAddress
                return body(ov_shape(rank: Int64(dimensions.count), dimensions: start ?? none))
            }
        }
    }
}
