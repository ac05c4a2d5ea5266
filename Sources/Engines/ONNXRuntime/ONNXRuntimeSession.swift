import Tensors

/// A model loaded on ONNX Runtime.
///
/// `@unchecked Sendable`: nothing changes after `init`, and the library's `Run` may be called from several threads.
final class ONNXRuntimeSession: Session, @unchecked Sendable {
    let engine = EngineKind.onnxRuntime
    let device: Device
    let signature: Signature
    private let library: ONNXRuntimeLibrary
    private let session: ONNXRuntimeLibrary.SessionHandle
    /// The names the library goes by, whatever the model declares.
    private let inputNames: CStringArray
    private let outputNames: CStringArray

    init(_ library: ONNXRuntimeLibrary, _ source: ModelSource, _ options: SessionOptions) throws(EngineError) {
        let session = try library.makeSession(source, options)
        do throws(EngineError) {
            let own = try library.signature(of: session)
            signature = try own.named(by: options.declared, .onnxRuntime)
            inputNames = CStringArray(own.inputs.map(\.name))
            outputNames = CStringArray(own.outputs.map(\.name))
        } catch {
            library.release(session: session)
            throw error
        }
        self.library = library
        self.session = session
        device = options.device
    }

    deinit { library.release(session: session) }

    /// Besides what the library does, one value per tensor is created, 70 ns each; nothing is allocated per element.
    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        try CallCheck.inputs(inputs, signature, engine)
        try CallCheck.outputs(outputs, signature, engine)
        let failure = withUnsafeTemporaryAllocation(
            of: ONNXRuntimeLibrary.ValueHandle?.self, capacity: inputs.count + outputs.count
        ) { values -> EngineError? in
            values.initialize(repeating: nil)
            defer { for case .some(let value) in values { library.release(value: value) } }
            do throws(EngineError) {
                try EngineMemory.explaining(engine) { () throws(EngineError) in try run(inputs, &outputs, values) }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// Fills `values` with the inputs' values and then the wanted outputs', runs, and takes over what was allocated.
    private func run(
        _ inputs: [Tensor], _ outputs: inout [OutputSlot],
        _ values: UnsafeMutableBufferPointer<ONNXRuntimeLibrary.ValueHandle?>
    ) throws(EngineError) {
        for index in inputs.indices { values[index] = try library.makeValue(inputs[index]) }
        var wanted = 0
        for slot in outputs {
            switch slot {
            case .skip: continue
            // The library allocates the strings of an output; they cannot be written in place.
            case .tensor(let tensor) where tensor.elementType != .string:
                values[inputs.count + wanted] = try library.makeValue(tensor)
            case .allocate, .tensor: break
            }
            wanted += 1
        }
        guard wanted > 0 else { return }
        let outputValues = UnsafeMutableBufferPointer(rebasing: values[inputs.count..<(inputs.count + wanted)])
        try call(UnsafeBufferPointer(rebasing: values[..<inputs.count]), outputs, outputValues)
        try collect(&outputs, outputValues)
    }

    private func call(
        _ inputs: UnsafeBufferPointer<ONNXRuntimeLibrary.ValueHandle?>, _ slots: [OutputSlot],
        _ outputs: UnsafeMutableBufferPointer<ONNXRuntimeLibrary.ValueHandle?>
    ) throws(EngineError) {
        if outputs.count == slots.count {
            return try library.run(session, inputNames.pointers, inputs, outputNames.pointers, outputs)
        }
        var names: [UnsafePointer<CChar>?] = []
        for index in slots.indices {
            if case .skip = slots[index] { continue }
            names.append(outputNames.pointers[index])
        }
        try library.run(session, inputNames.pointers, inputs, names, outputs)
    }

    /// Replaces `.allocate` slots, and slots of strings, by the values that the library made.
    private func collect(
        _ outputs: inout [OutputSlot], _ values: UnsafeMutableBufferPointer<ONNXRuntimeLibrary.ValueHandle?>
    ) throws(EngineError) {
        var position = 0
        for index in outputs.indices {
            switch outputs[index] {
            case .skip: continue
            case .tensor(let tensor) where tensor.elementType != .string: break
            case .allocate, .tensor:
                guard let value = values[position] else {
                    throw EngineError(.runFailed, engine, "output '\(signature.outputs[index].name)' was not produced")
                }
                values[position] = nil
                outputs[index] = .tensor(try library.takeTensor(value, signature.outputs[index].elementType))
            }
            position += 1
        }
    }
}
