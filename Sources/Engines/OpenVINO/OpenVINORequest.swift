import Tensors

/// One infer request. Before each run every input and output is set anew, because the request still refers to the
/// tensors of the run before, which by then belong to somebody else.
///
/// `@unchecked Sendable`: the session's pool hands it to one thread at a time.
final class OpenVINORequest: @unchecked Sendable {
    private let library: OpenVINOLibrary
    private let request: OpenVINOLibrary.Request
    private let signature: Signature
    /// Memory of the request's own for outputs that nobody wants or whose size is known only after the run; made when
    /// first needed.
    private var scratch: [OpenVINOTensor?]

    init(
        _ library: OpenVINOLibrary, _ model: OpenVINOLibrary.CompiledModel, _ signature: Signature
    ) throws(EngineError) {
        self.library = library
        self.signature = signature
        request = try library.makeRequest(model)
        scratch = Array(repeating: nil, count: signature.outputs.count)
    }

    deinit { library.release(request: request) }

    func run(_ inputs: [Tensor], _ outputs: inout [OutputSlot]) throws(EngineError) {
        for index in inputs.indices {
            let handle = try library.makeHandle(over: inputs[index])
            defer { library.release(tensor: handle) }
            try library.setInput(request, index, handle)
        }
        var places: [OpenVINOTensor?] = []
        for index in outputs.indices { places.append(try setOutput(index, outputs[index])) }
        try library.infer(request)
        for index in outputs.indices {
            guard let place = places[index] else { continue }
            switch outputs[index] {
            case .skip: continue
            case .allocate: outputs[index] = .tensor(try place.lent(as: signature.outputs[index].elementType))
            case .tensor(let tensor): try copy(place, to: tensor, index)
            }
        }
    }

    /// Tells the request where output `index` goes: straight into the caller's tensor when its size is certain, which
    /// returns `nil`; else into memory of the library's, because the library would not notice a tensor that is too
    /// small.
    private func setOutput(_ index: Int, _ slot: OutputSlot) throws(EngineError) -> OpenVINOTensor? {
        let spec = signature.outputs[index]
        if case .tensor(let tensor) = slot, spec.hasFixedShape {
            let handle = try library.makeHandle(over: tensor)
            defer { library.release(tensor: handle) }
            try library.setOutput(request, index, handle)
            return nil
        }
        let place: OpenVINOTensor
        if case .allocate = slot {
            place = try OpenVINOTensor(library, spec)
        } else if let made = scratch[index] {
            place = made
        } else {
            place = try OpenVINOTensor(library, spec)
            scratch[index] = place
        }
        try library.setOutput(request, index, place.handle)
        return place
    }

    private func copy(_ place: OpenVINOTensor, to tensor: Tensor, _ index: Int) throws(EngineError) {
        let shape = try library.shape(of: place.handle)
        guard shape == tensor.shape else {
            throw EngineError(
                .runFailed, .openVINO,
                "output '\(signature.outputs[index].name)' came out as \(shape), but the tensor given for it is "
                    + "\(tensor.shape)")
        }
        guard case .buffer(let buffer) = tensor.storage, let data = try library.data(of: place.handle) else { return }
        buffer.base.copyMemory(from: data, byteCount: tensor.byteCount)
    }
}

extension TensorSpec {
    /// Whether every dimension is a number.
    var hasFixedShape: Bool { dimensions?.allSatisfy { $0.size != nil } ?? false }
}

/// A tensor in the library's memory.
///
/// `@unchecked Sendable`: the handle never changes and is released once, in `deinit`.
final class OpenVINOTensor: @unchecked Sendable {
    let handle: OpenVINOLibrary.TensorHandle
    private let library: OpenVINOLibrary

    /// Memory for an output; dimensions that are not fixed start at 0 and are set by the run.
    init(_ library: OpenVINOLibrary, _ spec: TensorSpec) throws(EngineError) {
        self.library = library
        handle = try library.makeHandle(spec.elementType, (spec.dimensions ?? [.unknown]).map { $0.size ?? 0 })
    }

    deinit { library.release(tensor: handle) }

    /// The tensor as one of ours, over the same memory, which it keeps alive.
    func lent(as elementType: ElementType) throws(EngineError) -> Tensor {
        let shape = try library.shape(of: handle)
        let data = try library.data(of: handle)
        do {
            let byteCount = try shape.byteCount(of: elementType)
            guard byteCount > 0, let data else { return try Tensor(zeros: elementType, shape) }
            return try Tensor(
                elementType, shape, buffer: TensorBuffer(borrowing: data, capacity: byteCount, owner: self))
        } catch {
            throw EngineError(.runFailed, .openVINO, "the library returned an output that cannot be read: \(error)")
        }
    }
}
