import Tensors

/// A body that is one NumPy array, for a model with one input; the elements become those of the model's type.
struct ArrayInput {
    let arm: LiveArm
    let pool: BufferPool

    /// Elements that are converted at a time, which bounds the memory that takes.
    private static let chunk = 16_384

    /// - Throws: `RequestFault` or `TensorError`.
    func parse(_ bytes: UnsafeRawBufferPointer) throws -> RowRequest {
        guard arm.signature.inputs.count == 1 else {
            throw RequestFault(
                .invalidInput,
                "model '\(arm.endpoint)' has the inputs \(arm.inputNames), and an NPY file holds one array; send JSON")
        }
        let spec = arm.signature.inputs[0]
        var isExhausted = false
        do {
            let array = try NPY.read(bytes) { count in
                let buffer = pool.buffer(count)
                isExhausted = buffer == nil
                return buffer
            }
            _ = try arm.check(input: spec.name, spec.elementType, array.shape)
            let tensor = try converted(array, to: spec.elementType)
            return RowRequest(inputs: [tensor], layout: .rows, rows: tensor.shape.dimensions.first)
        } catch {
            throw isExhausted ? RequestFault.exhausted : RequestFault.inInput(spec.name, error)
        }
    }

    private func converted(_ array: Tensor, to type: ElementType) throws -> Tensor {
        guard array.elementType != type else { return array }
        guard array.elementType.isNumeric, type.isNumeric, case .buffer(let source) = array.storage else {
            throw RequestFault(
                .invalidInput, "expected an array of \(type.displayName), found \(array.elementType.displayName)")
        }
        let count = array.shape.elementCount
        guard let target = pool.buffer(try array.shape.byteCount(of: type)) else { throw RequestFault.exhausted }
        let (from, to) = (array.elementType.bitWidth / 8, type.bitWidth / 8)
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let size = min(Self.chunk, count - start)
            let view = TensorBuffer(borrowing: source.base + start * from, capacity: size * from, owner: source)
            let part = try Tensor(array.elementType, try Shape([size]), buffer: view).converted(to: type)
            UnsafeMutableRawBufferPointer(start: target.base + start * to, count: size * to)
                .copyMemory(from: part.bytes)
        }
        return try Tensor(type, array.shape, buffer: target)
    }
}
