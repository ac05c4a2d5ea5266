import Engines
import Tensors

/// Which output shapes follow from the input shapes, so that memory for them can be taken before the run.
struct OutputPlan: Sendable {
    private enum Size: Sendable {
        case fixed(Int)
        /// That of a dimension of an input.
        case input(Int, axis: Int)
    }

    private enum Output: Sendable {
        case known(ElementType, [Size])
        /// Strings, and shapes that depend on values.
        case unknown
    }

    private let outputs: [Output]

    /// - Parameter enabled: `false` leaves every output to the engine.
    init(_ signature: Signature, enabled: Bool) {
        outputs = signature.outputs.map { spec in
            guard enabled, spec.elementType != .string, let sizes = Self.sizes(of: spec, signature) else {
                return .unknown
            }
            return .known(spec.elementType, sizes)
        }
    }

    private static func sizes(of spec: TensorSpec, _ signature: Signature) -> [Size]? {
        guard let dimensions = spec.dimensions else { return nil }
        var sizes: [Size] = []
        for dimension in dimensions {
            switch dimension {
            case .fixed(let size): sizes.append(.fixed(size))
            case .symbol(let name):
                guard let place = place(of: name, signature) else { return nil }
                sizes.append(place)
            case .unknown: return nil
            }
        }
        return sizes
    }

    private static func place(of symbol: String, _ signature: Signature) -> Size? {
        for (index, input) in signature.inputs.enumerated() {
            if let axis = input.dimensions?.firstIndex(of: .symbol(symbol)) { return .input(index, axis: axis) }
        }
        return nil
    }

    /// The shape of output `index` for these inputs, if it follows from them.
    func shape(_ index: Int, inputs: [Tensor]) -> Shape? {
        guard case .known(_, let sizes) = outputs[index] else { return nil }
        return try? Self.shape(sizes, inputs)
    }

    private static func shape(_ sizes: [Size], _ inputs: [Tensor]) throws(TensorError) -> Shape {
        var dimensions: [Int] = []
        dimensions.reserveCapacity(sizes.count)
        for size in sizes {
            switch size {
            case .fixed(let size): dimensions.append(size)
            case .input(let input, let axis): dimensions.append(inputs[input].shape.dimensions[axis])
            }
        }
        return try Shape(dimensions)
    }

    /// The slots of a run: memory from the pool where the shape is known, the engine's where it is not, and nothing for
    /// outputs that nobody asked for.
    ///
    /// - Parameter wanted: positions of the outputs asked for.
    /// - Throws: `RequestFault.Code.outOfMemory` when the byte budget is exhausted, `.replyTooLarge` for shapes that no
    ///   budget could hold.
    func slots(inputs: [Tensor], wanted: [Int], pool: BufferPool) throws(RequestFault) -> [OutputSlot] {
        var slots = [OutputSlot](repeating: .skip, count: outputs.count)
        for index in wanted {
            slots[index] = try slot(index, inputs, pool)
        }
        return slots
    }

    private func slot(_ index: Int, _ inputs: [Tensor], _ pool: BufferPool) throws(RequestFault) -> OutputSlot {
        guard case .known(let type, let sizes) = outputs[index] else { return .allocate }
        guard let shape = try? Self.shape(sizes, inputs), let count = try? shape.byteCount(of: type),
            count <= pool.budget
        else {
            throw RequestFault(.replyTooLarge, "an output would be larger than this server's memory for them")
        }
        guard let buffer = pool.buffer(count) else { throw .exhausted }
        guard let tensor = try? Tensor(type, shape, buffer: buffer) else { return .allocate }
        return .tensor(tensor)
    }
}
