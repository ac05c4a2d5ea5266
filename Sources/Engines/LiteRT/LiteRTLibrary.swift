import CEngines
import Glibc
import Tensors

/// LiteRT, opened: its environment, and its C functions as Swift calls. No other file calls them.
///
/// `@unchecked Sendable`: everything is set once in `init`, and models may be made and compiled from any thread. Compiled
/// models and buffers are handed to one thread at a time by their owners.
final class LiteRTLibrary: @unchecked Sendable {
    typealias ModelHandle = OpaquePointer
    typealias CompiledHandle = OpaquePointer
    typealias BufferHandle = OpaquePointer

    /// As the directory of the library tells it, such as `2.3.0`: the library does not know its own.
    let version: String
    private let api: slipway_litert
    private let environment: OpaquePointer

    /// Every model that we make or run has one.
    private static let signatureIndex = 0

    /// Opens the library at `path` and creates its environment, which lives as long as the process.
    ///
    /// - Throws: `EngineError.Code.notInstalled` when the file cannot be opened, `.incompatible` when it is another
    ///   library or too old.
    init(path: String) throws(EngineError) {
        var api = slipway_litert()
        var detail: UnsafePointer<CChar>?
        let result = slipway_litert_open(path, &api, &detail)
        guard result == SLIPWAY_OPENED else {
            let words = detail.map { String(cString: $0) } ?? "unknown reason"
            throw result == SLIPWAY_CANNOT_LOAD
                ? EngineError(.notInstalled, .liteRT, "cannot use \(path): \(words)")
                : EngineError(.incompatible, .liteRT, "cannot use \(path): it lacks \(words); 2.3 or newer is needed")
        }
        self.api = api
        version = Self.version(ofDirectory: path)
        var environment: OpaquePointer?
        try Self.check(slipway_litert_environment(&api, &environment), .incompatible, "it makes no environment")
        self.environment = try Self.object(environment, .incompatible)
    }

    /// `2.3.0` of `…/litert-2.3.0/libLiteRt.so`; `0.0`, which no release is called, of any other place.
    static func version(ofDirectory path: String) -> String {
        let folder = path.split(separator: "/").dropLast().last ?? ""
        let prefix = EngineKind.liteRT.rawValue + "-"
        guard folder.hasPrefix(prefix), folder.dropFirst(prefix.count).first?.isNumber == true else { return "0.0" }
        return String(folder.dropFirst(prefix.count))
    }
}

// MARK: - Statuses

extension LiteRTLibrary {
    /// What the library's statuses mean; it exports no function that would say so. Source: `litert_common.h`.
    private static let words: [Int32: String] = [
        1: "invalid argument", 2: "out of memory", 3: "the runtime failed", 4: "an input is missing",
        5: "unsupported", 6: "not found", 7: "it took too long", 8: "wrong version", 9: "unknown error",
        10: "it exists already", 100: "cancelled", 500: "the file cannot be read", 501: "no valid file of this format",
        502: "a library cannot be loaded", 503: "it cannot be written", 504: "it cannot be compiled",
        1000: "an index out of bounds", 1001: "an invalid type", 1002: "a graph that contradicts itself",
    ]

    private static func check(_ status: Int32, _ code: EngineError.Code, _ what: String) throws(EngineError) {
        guard status != 0 else { return }
        throw EngineError(code, .liteRT, "\(what): \(words[status] ?? "unknown status")", nativeCode: status)
    }

    private static func object(
        _ pointer: OpaquePointer?, _ code: EngineError.Code
    ) throws(EngineError) -> OpaquePointer {
        guard let pointer else { throw EngineError(code, .liteRT, "the library returned no object") }
        return pointer
    }

    /// As `check`, with the words that the compiled model kept.
    private func check(
        _ status: Int32, of compiled: CompiledHandle, _ code: EngineError.Code, _ what: String
    ) throws(EngineError) {
        guard status != 0 else { return }
        var kept: UnsafeMutablePointer<CChar>?
        var words = ""
        if api.CompiledModelGetErrorMessages(compiled, &kept) == 0, let kept {
            words = String(cString: kept)
            free(kept)
        }
        _ = api.CompiledModelClearErrors(compiled)
        let lines = words.split(separator: "\n").map { EngineWords.shown(String($0)) }.filter { !$0.isEmpty }
        guard !lines.isEmpty else { return try Self.check(status, code, what) }
        throw EngineError(code, .liteRT, lines.joined(separator: "; "), nativeCode: status)
    }
}

// MARK: - Models

extension LiteRTLibrary {
    /// Reads a file in memory; its bytes have to outlive the model.
    ///
    /// - Throws: `EngineError.Code.modelRejected`.
    func makeModel(_ bytes: UnsafeRawBufferPointer) throws(EngineError) -> ModelHandle {
        var model: OpaquePointer?
        let status = api.CreateModelFromBuffer(environment, bytes.baseAddress, bytes.count, &model)
        try Self.check(status, .modelRejected, "the library does not read the file")
        return try Self.object(model, .modelRejected)
    }

    func release(model: ModelHandle) {
        api.DestroyModel(model)
    }

    /// The inputs and outputs of a file, in the order in which runs take them.
    ///
    /// - Throws: `EngineError.Code.unsupported` for strings and other types that cannot be passed through.
    func signature(of model: ModelHandle) throws(EngineError) -> Signature {
        var handle: OpaquePointer?
        var graph: OpaquePointer?
        try Self.check(api.GetModelSignature(model, Self.signatureIndex, &handle), .modelRejected, "no signature")
        try Self.check(api.GetSignatureSubgraph(handle, &graph), .modelRejected, "no graph")
        let subgraph = try Self.object(graph, .modelRejected)
        var (inputs, outputs) = (0, 0)
        try Self.check(api.GetNumSubgraphInputs(subgraph, &inputs), .modelRejected, "no inputs")
        try Self.check(api.GetNumSubgraphOutputs(subgraph, &outputs), .modelRejected, "no outputs")
        var signature = Signature(inputs: [], outputs: [])
        for index in 0..<inputs {
            var tensor: OpaquePointer?
            try Self.check(api.GetSubgraphInput(subgraph, index, &tensor), .modelRejected, "no input \(index)")
            signature.inputs.append(try spec("input", of: try Self.object(tensor, .modelRejected)))
        }
        for index in 0..<outputs {
            var tensor: OpaquePointer?
            try Self.check(api.GetSubgraphOutput(subgraph, index, &tensor), .modelRejected, "no output \(index)")
            signature.outputs.append(try spec("output", of: try Self.object(tensor, .modelRejected)))
        }
        return signature
    }

    private func spec(_ role: String, of tensor: OpaquePointer) throws(EngineError) -> TensorSpec {
        var text: UnsafePointer<CChar>?
        try Self.check(api.GetTensorName(tensor, &text), .modelRejected, "an \(role) has no name")
        let name = text.map { String(cString: $0) } ?? ""
        var type = litert_tensor_type()
        try Self.check(api.GetRankedTensorType(tensor, &type), .modelRejected, "\(role) '\(name)' has no shape")
        guard let elementType = ElementType(liteRTCode: type.element_type) else {
            throw EngineError(
                .unsupported, .liteRT,
                "\(role) '\(name)' holds elements of type \(type.element_type), which cannot be passed; use ONNX Runtime"
            )
        }
        let dimensions = type.layout.sizes.map { $0 < 0 ? Dimension.unknown : .fixed($0) }
        return TensorSpec(name: name, elementType: elementType, dimensions: dimensions)
    }

    /// Compiles a model, which has to outlive the result.
    ///
    /// - Throws: `EngineError.Code.modelRejected`.
    func compile(_ model: ModelHandle, threads: Int) throws(EngineError) -> CompiledHandle {
        var compiled: OpaquePointer?
        var api = api
        let status = slipway_litert_compile(&api, environment, model, Int32(clamping: threads), &compiled)
        try Self.check(status, .modelRejected, "the library does not compile the model")
        return try Self.object(compiled, .modelRejected)
    }

    func release(compiled: CompiledHandle) {
        api.DestroyCompiledModel(compiled)
    }
}

// MARK: - Runs and buffers

extension LiteRTLibrary {
    /// Gives an input another shape.
    ///
    /// - Throws: `EngineError.Code.runFailed` with the library's words.
    func resize(_ compiled: CompiledHandle, input: Int, to shape: Shape) throws(EngineError) {
        let sizes = shape.dimensions.map { Int32(clamping: $0) }
        let status = api.CompiledModelResizeInputTensorNonStrict(
            compiled, Self.signatureIndex, input, sizes, sizes.count)
        try check(status, of: compiled, .runFailed, "an input cannot have the shape \(shape)")
    }

    /// The shapes of all outputs.
    ///
    /// - Parameter allocates: whether shapes are worked out anew; after `resize`.
    /// - Throws: `EngineError.Code.runFailed` with the library's words.
    func outputShapes(
        of compiled: CompiledHandle, count: Int, allocates: Bool
    ) throws(EngineError) -> [Shape] {
        var layouts = [litert_layout](repeating: litert_layout(), count: count)
        let status = api.GetCompiledModelOutputTensorLayouts(
            compiled, Self.signatureIndex, count, &layouts, allocates)
        try check(status, of: compiled, .runFailed, "the shapes of the outputs cannot be told")
        var shapes: [Shape] = []
        for layout in layouts {
            do {
                shapes.append(try Shape(layout.sizes))
            } catch {
                throw EngineError(
                    .unsupported, .liteRT, "an output's shape depends on the data, which LiteRT cannot pass here")
            }
        }
        return shapes
    }

    /// A buffer over memory that outlives it, aligned to 64 bytes and with room behind it for kernels that read on.
    ///
    /// - Throws: `EngineError.Code.unsupported` for more than eight dimensions.
    func makeBuffer(
        _ type: ElementType, _ shape: Shape, over memory: UnsafeMutableRawBufferPointer
    ) throws(EngineError) -> BufferHandle {
        guard let code = type.liteRTCode, let layout = litert_layout(shape) else {
            throw EngineError(
                .unsupported, .liteRT,
                "tensors of \(type.displayName) \(shape) cannot be passed in or out; "
                    + "at most \(SLIPWAY_LITERT_MAXIMUM_RANK) dimensions can")
        }
        var handle: OpaquePointer?
        var kind = litert_tensor_type(element_type: code, layout: layout)
        let status = api.CreateTensorBufferFromHostMemory(&kind, memory.baseAddress, memory.count, nil, &handle)
        try Self.check(status, .runFailed, "a buffer cannot be made")
        return try Self.object(handle, .runFailed)
    }

    func release(buffer: BufferHandle) {
        api.DestroyTensorBuffer(buffer)
    }

    /// - Throws: `EngineError.Code.runFailed` with the library's words.
    func run(
        _ compiled: CompiledHandle, _ inputs: inout [BufferHandle?], _ outputs: inout [BufferHandle?]
    ) throws(EngineError) {
        let status = api.RunCompiledModel(
            compiled, Self.signatureIndex, inputs.count, &inputs, outputs.count, &outputs)
        try check(status, of: compiled, .runFailed, "the run failed")
    }
}

extension litert_layout {
    private static let maximumRank = Int(SLIPWAY_LITERT_MAXIMUM_RANK)

    /// The dimensions; -1 for those that are open.
    fileprivate var sizes: [Int] {
        let rank = min(Int(rank_and_strides & 0x7F), Self.maximumRank)
        return withUnsafeBytes(of: dimensions) { bytes in
            (0..<rank).map { Int(bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
        }
    }

    /// - Returns: `nil` for more than eight dimensions, or sizes over 31 bits.
    fileprivate init?(_ shape: Shape) {
        guard shape.dimensions.count <= Self.maximumRank else { return nil }
        self.init()
        rank_and_strides = UInt32(shape.dimensions.count)
        let fits = withUnsafeMutableBytes(of: &dimensions) { bytes in
            for (index, size) in shape.dimensions.enumerated() {
                guard let size = Int32(exactly: size) else { return false }
                bytes.storeBytes(of: size, toByteOffset: index * 4, as: Int32.self)
            }
            return true
        }
        guard fits else { return nil }
    }
}
