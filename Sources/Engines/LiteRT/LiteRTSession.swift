import Synchronization
import Tensors

/// A model on LiteRT. Its files have fixed sizes, so it has a plan for each set of shapes that comes.
///
/// `@unchecked Sendable`: `shelf` is a mutex, the rest never changes.
final class LiteRTSession: Session, @unchecked Sendable {
    let engine = EngineKind.liteRT
    let device: Device
    let signature: Signature
    private let library: LiteRTLibrary
    private let source: LiteRTSource
    private let options: SessionOptions
    private let shelf = Mutex(LiteRTPlanShelf())

    /// A graph that is translated for the shapes that come.
    ///
    /// - Throws: `EngineError.Code.modelRejected` when it has no form for batches of one, where nothing else is open.
    convenience init(
        _ library: LiteRTLibrary, graph: any GraphTranslation, _ options: SessionOptions
    ) throws(EngineError) {
        try self.init(library, .graph(graph), graph.signature, options)
    }

    /// A TFLite file as it is.
    ///
    /// - Throws: `EngineError.Code.modelRejected` when the library refuses it.
    convenience init(
        _ library: LiteRTLibrary, file: TensorBuffer, _ options: SessionOptions
    ) throws(EngineError) {
        let model = try LiteRTModel(library, file)
        try self.init(library, .file(model), try model.signature(), options)
    }

    private init(
        _ library: LiteRTLibrary, _ source: LiteRTSource, _ own: Signature, _ options: SessionOptions
    ) throws(EngineError) {
        signature = try own.named(by: options.declared, .liteRT)
        device = options.device
        self.library = library
        self.source = source
        self.options = options
        guard let shapes = Self.firstShapes(signature) else { return }
        do throws(EngineError) {
            try plan(for: shapes).prepare()
        } catch {
            throw EngineError(.modelRejected, .liteRT, error.message, nativeCode: error.nativeCode)
        }
    }

    /// Shapes for a batch of one; `nil` where other sizes are open too.
    private static func firstShapes(_ signature: Signature) -> [Shape]? {
        var shapes: [Shape] = []
        for spec in signature.inputs {
            guard let dimensions = spec.dimensions else { return nil }
            let sizes = dimensions.enumerated().compactMap { place, size in size.size ?? (place == 0 ? 1 : nil) }
            guard sizes.count == dimensions.count, let shape = try? Shape(sizes), shape.elementCount > 0 else {
                return nil
            }
            shapes.append(shape)
        }
        return shapes
    }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        try CallCheck.inputs(inputs, signature, engine)
        try CallCheck.outputs(outputs, signature, engine)
        let wantsSomething = outputs.contains { if case .skip = $0 { false } else { true } }
        guard wantsSomething else { return }
        let shapes = inputs.map(\.shape)
        guard shapes.allSatisfy({ $0.elementCount > 0 }) else { return try answerNothing(shapes, &outputs) }
        let plan = plan(for: shapes)
        try EngineMemory.explaining(engine) { () throws(EngineError) in try plan.run(inputs, &outputs) }
    }

    private func plan(for shapes: [Shape]) -> LiteRTPlan {
        shelf.withLock { shelf in
            shelf.plan(for: shapes) { LiteRTPlan(library, source, signature, shapes, options) }
        }
    }

    /// Outputs for inputs without elements, which the library does not take: where they have none either, nothing has to
    /// be computed.
    private func answerNothing(_ shapes: [Shape], _ slots: inout [OutputSlot]) throws(EngineError) {
        guard case .graph(let translation) = source, let made = translation.outputShapes(for: shapes),
            made.count == slots.count, made.allSatisfy({ $0.elementCount == 0 })
        else {
            throw EngineError(.invalidInput, engine, "LiteRT takes no tensors without elements; use ONNX Runtime")
        }
        for index in slots.indices {
            switch slots[index] {
            case .skip: continue
            case .tensor(let tensor):
                guard tensor.shape == made[index] else {
                    throw EngineError(
                        .runFailed, engine,
                        "output '\(signature.outputs[index].name)' has the shape \(made[index]), got \(tensor.shape)")
                }
            case .allocate:
                guard let empty = try? Tensor(zeros: signature.outputs[index].elementType, made[index]) else {
                    continue
                }
                slots[index] = .tensor(empty)
            }
        }
    }
}
