import Synchronization
import Tensors

/// A model compiled by OpenVINO, with a pool of infer requests: a request serves one run at a time.
///
/// `@unchecked Sendable`: the compiled model never changes and makes requests from any thread; `idle` is a mutex.
final class OpenVINOSession: Session, @unchecked Sendable {
    let engine = EngineKind.openVINO
    let device: Device
    let signature: Signature
    private let library: OpenVINOLibrary
    private let model: OpenVINOLibrary.CompiledModel
    /// What was read of a compiled form. The library does not copy all of its constants, and looks at them when it first runs.
    private let compiled: TensorBuffer?
    private let idle = Mutex<[OpenVINORequest]>([])
    /// Requests kept for later runs; more runs than that at a time make requests of their own.
    private let kept: Int

    init(
        _ library: OpenVINOLibrary, _ source: ModelSource, _ options: SessionOptions, deviceName: String
    ) throws(EngineError) {
        let (model, compiled) = try Self.model(library, source, options, deviceName)
        do throws(EngineError) {
            if case .recorded(let path) = options.optimization { try library.export(model, to: path) }
            signature = try library.signature(of: model).named(by: options.declared, .openVINO)
            if options.device.kind == .cpu { try Self.checkThreads(library, model, signature) }
        } catch {
            library.release(model: model)
            throw error
        }
        self.library = library
        self.model = model
        self.compiled = compiled
        device = options.device
        kept = max(1, options.concurrentRuns)
    }

    deinit {
        idle.withLock { $0.removeAll() }
        library.release(model: model)
        withExtendedLifetime(compiled) {}
    }

    private static func model(
        _ library: OpenVINOLibrary, _ source: ModelSource, _ options: SessionOptions, _ device: String
    ) throws(EngineError) -> (model: OpenVINOLibrary.CompiledModel, compiled: TensorBuffer?) {
        guard options.optimization == .done else {
            return (try library.compile(source, device: device, properties: properties(options)), nil)
        }
        let bytes: TensorBuffer
        switch source {
        case .memory(let buffer): bytes = buffer
        case .file(let path): bytes = try EngineFiles.contents(of: path, .openVINO)
        }
        return (try library.importModel(bytes, device: device, properties: properties(options)), bytes)
    }

    private static func properties(_ options: SessionOptions) -> [(key: String, value: String)] {
        let precisions: [SessionOptions.Precision: String] = [.bfloat16: "bf16", .float16: "f16"]
        let precision = precisions[options.precision] ?? "f32"
        guard options.device.kind == .cpu else { return [("INFERENCE_PRECISION_HINT", precision)] }
        let threadsPerRun = min(max(1, options.threadsPerRun), 1024)
        var streams = min(max(1, options.concurrentRuns), 1024)
        // One thread in all would hide failures; see `checkThreads`.
        if threadsPerRun * streams == 1 { streams = 2 }
        var properties = [
            (key: "INFERENCE_NUM_THREADS", value: String(threadsPerRun * streams)),
            (key: "NUM_STREAMS", value: String(streams)), (key: "INFERENCE_PRECISION_HINT", value: precision),
            // Several sessions would pin their threads to the same first cores.
            (key: "ENABLE_CPU_PINNING", value: "NO"),
        ]
        if let group = options.roundingGroup {
            properties.append((key: "DYNAMIC_QUANTIZATION_GROUP_SIZE", value: String(group)))
        }
        return properties
    }

    /// Refuses the one set-up in which the CPU plugin answers wrongly instead of failing: with a single thread in all
    /// (2026.4.1, forced by a machine with one processor), inputs whose shapes do not fit together raise no error, and
    /// the output holds what was there before.
    private static func checkThreads(
        _ library: OpenVINOLibrary, _ model: OpenVINOLibrary.CompiledModel, _ signature: Signature
    ) throws(EngineError) {
        guard !signature.inputs.allSatisfy(\.hasFixedShape) else { return }
        guard library.property("INFERENCE_NUM_THREADS", of: model).flatMap({ Int($0) }) ?? 1 < 2 else { return }
        throw EngineError(
            .unsupported, .openVINO,
            "models with dynamic shapes need two processors here, because OpenVINO hides failures when it has one; "
                + "use ONNX Runtime")
    }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        try CallCheck.inputs(inputs, signature, engine)
        try CallCheck.outputs(outputs, signature, engine)
        if device.kind == .cpu { try checkIntegers(inputs) }
        let request = try takeRequest()
        defer { putBack(request) }
        try EngineMemory.explaining(engine) { () throws(EngineError) in try request.run(inputs, &outputs) }
    }

    /// The CPU plugin makes INT32 of wider integers, signed or not, without a word; we refuse inputs that do not fit.
    private func checkIntegers(_ inputs: [Tensor]) throws(EngineError) {
        for (tensor, spec) in zip(inputs, signature.inputs) {
            switch tensor.elementType {
            case .int64: try check(tensor, spec, as: Int64.self)
            case .uint64: try check(tensor, spec, as: UInt64.self)
            case .uint32: try check(tensor, spec, as: UInt32.self)
            default: break
            }
        }
    }

    private func check<Number: FixedWidthInteger>(
        _ tensor: Tensor, _ spec: TensorSpec, as type: Number.Type
    ) throws(EngineError) {
        let values = tensor.bytes.assumingMemoryBound(to: type)
        guard let value = values.first(where: { Int32(exactly: $0) == nil }) else { return }
        throw EngineError(
            .invalidInput, engine,
            "input '\(spec.name)' holds \(value), but OpenVINO computes \(tensor.elementType.displayName) with 32 bits; use "
                + "ONNX Runtime")
    }

    private func takeRequest() throws(EngineError) -> OpenVINORequest {
        if let request = idle.withLock({ $0.popLast() }) { return request }
        return try OpenVINORequest(library, model, signature)
    }

    private func putBack(_ request: OpenVINORequest) {
        idle.withLock { if $0.count < kept { $0.append(request) } }
    }
}
