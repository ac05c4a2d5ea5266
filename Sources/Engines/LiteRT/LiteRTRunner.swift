import Glibc
import Tensors

/// A compiled model with buffers of its own for inputs and outputs: it serves one run at a time.
///
/// Tensors are copied in and out. The library would take a caller's memory as it is, but its kernels read up to 128 bytes
/// past the end of a tensor, and a caller's memory may end where the process's does.
///
/// `@unchecked Sendable`: its plan hands it to one thread at a time.
final class LiteRTRunner: @unchecked Sendable {
    /// The shapes of what it gives, in the order of the signature.
    let outputShapes: [Shape]
    private let library: LiteRTLibrary
    private let model: LiteRTModel
    private let compiled: LiteRTLibrary.CompiledHandle
    private let signature: Signature
    private let inputs: [Port]
    private let outputs: [Port]

    /// What kernels may read past the end of a tensor.
    private static let margin = 128

    /// Memory, and the library's handle of it.
    private struct Port {
        let memory: TensorBuffer
        let byteCount: Int
        let handle: LiteRTLibrary.BufferHandle
    }

    /// Compiles a model for inputs of these shapes.
    ///
    /// - Parameter resizes: the file's own shapes may be others.
    /// - Throws: `EngineError`.
    init(
        _ library: LiteRTLibrary, _ model: LiteRTModel, _ signature: Signature, _ shapes: [Shape], threads: Int,
        resizes: Bool
    ) throws(EngineError) {
        let compiled = try library.compile(model.handle, threads: threads)
        var made: [LiteRTLibrary.BufferHandle] = []
        do throws(EngineError) {
            if resizes { for index in shapes.indices { try library.resize(compiled, input: index, to: shapes[index]) } }
            outputShapes = try library.outputShapes(
                of: compiled, count: signature.outputs.count, allocates: resizes)
            inputs = try Self.ports(library, signature.inputs, shapes, &made)
            outputs = try Self.ports(library, signature.outputs, outputShapes, &made)
        } catch {
            for handle in made { library.release(buffer: handle) }
            library.release(compiled: compiled)
            throw error
        }
        self.library = library
        self.model = model
        self.compiled = compiled
        self.signature = signature
    }

    deinit {
        for port in inputs + outputs { library.release(buffer: port.handle) }
        library.release(compiled: compiled)
    }

    private static func ports(
        _ library: LiteRTLibrary, _ specs: [TensorSpec], _ shapes: [Shape],
        _ made: inout [LiteRTLibrary.BufferHandle]
    ) throws(EngineError) -> [Port] {
        var ports: [Port] = []
        for (spec, shape) in zip(specs, shapes) {
            let size: Int
            do {
                size = try shape.byteCount(of: spec.elementType)
            } catch {
                throw EngineError(.unsupported, .liteRT, "'\(spec.name)' cannot be passed: \(error.message)")
            }
            // What is shorter than the library's own alignment is given the whole of it.
            let rounded = (size + TensorBuffer.alignment - 1) / TensorBuffer.alignment * TensorBuffer.alignment
            let memory = TensorBuffer(capacity: rounded + margin)
            memory.mutableBytes.initializeMemory(as: UInt8.self, repeating: 0)
            let bytes = UnsafeMutableRawBufferPointer(start: memory.base, count: size)
            let handle = try library.makeBuffer(spec.elementType, shape, over: bytes)
            made.append(handle)
            ports.append(Port(memory: memory, byteCount: size, handle: handle))
        }
        return ports
    }

    /// Runs once on tensors of the shapes that it was made for.
    ///
    /// - Throws: `EngineError.Code.runFailed`; also for an output tensor of another shape than the graph produces.
    func run(_ tensors: [Tensor], _ slots: inout [OutputSlot]) throws(EngineError) {
        try checkShapes(slots)
        for (port, tensor) in zip(inputs, tensors) {
            guard tensor.byteCount == port.byteCount, let source = tensor.bytes.baseAddress else { continue }
            memcpy(port.memory.base, source, port.byteCount)
        }
        var given = inputs.map { Optional($0.handle) }
        var made = outputs.map { Optional($0.handle) }
        try library.run(compiled, &given, &made)
        for index in slots.indices { try take(index, &slots[index]) }
    }

    private func checkShapes(_ slots: [OutputSlot]) throws(EngineError) {
        for index in slots.indices {
            guard case .tensor(let tensor) = slots[index], tensor.shape != outputShapes[index] else { continue }
            throw EngineError(
                .runFailed, .liteRT,
                "output '\(signature.outputs[index].name)' has the shape \(outputShapes[index]), got a tensor of "
                    + "\(tensor.shape) for it")
        }
    }

    private func take(_ index: Int, _ slot: inout OutputSlot) throws(EngineError) {
        let port = outputs[index]
        switch slot {
        case .skip: return
        case .tensor(let tensor):
            guard case .buffer(let buffer) = tensor.storage else { return }
            memcpy(buffer.base, port.memory.base, port.byteCount)
        case .allocate:
            let buffer = TensorBuffer(capacity: port.byteCount)
            memcpy(buffer.base, port.memory.base, port.byteCount)
            do {
                slot = .tensor(
                    try Tensor(signature.outputs[index].elementType, outputShapes[index], buffer: buffer))
            } catch {
                throw EngineError(.runFailed, .liteRT, "an output cannot be read: \(error.message)")
            }
        }
    }
}
