import Tensors

/// Constants in the form in which LiteRT wants them.
extension Tensor {
    /// The same elements with the axes in another order. Nothing is copied where the order is the same.
    func ordered(_ order: AxisOrder) throws -> Tensor {
        let dimensions = shape.dimensions
        guard !order.isSameMemory(as: .plain(dimensions.count), shape: dimensions) else {
            return try reshaped(order.stored(dimensions))
        }
        guard elementType.bitWidth % 8 == 0, elementType != .string else {
            throw LoweringFault("reads a constant of \(elementType.displayName), whose axes cannot be reordered")
        }
        let target = try Shape(order.stored(dimensions))
        let buffer = TensorBuffer(capacity: byteCount)
        copy(to: buffer, sizes: target.dimensions, steps: order.stored(steps))
        return try Tensor(elementType, target, buffer: buffer)
    }

    /// How many elements lie between neighbours along each axis.
    private var steps: [Int] {
        var result: [Int] = []
        var step = 1
        for size in shape.dimensions.reversed() {
            result.append(step)
            step *= max(1, size)
        }
        return result.reversed()
    }

    /// Writes the elements one after another, walking through the source by `steps`.
    private func copy(to buffer: TensorBuffer, sizes: [Int], steps: [Int]) {
        let width = elementType.bitWidth / 8
        guard shape.elementCount > 0, let source = bytes.baseAddress else { return }
        var index = [Int](repeating: 0, count: sizes.count)
        var from = 0
        for element in 0..<shape.elementCount {
            (buffer.base + element * width).copyMemory(from: source + from * width, byteCount: width)
            var axis = sizes.count - 1
            while axis >= 0 {
                index[axis] += 1
                from += steps[axis]
                if index[axis] < sizes[axis] { break }
                from -= steps[axis] * sizes[axis]
                index[axis] = 0
                axis -= 1
            }
        }
    }

    /// The same memory with other dimensions of the same product.
    func reshaped(_ dimensions: [Int]) throws -> Tensor {
        guard dimensions != shape.dimensions else { return self }
        let target = try Shape(dimensions)
        guard target.elementCount == shape.elementCount else {
            throw LoweringFault("a constant of \(shape.elementCount) elements cannot have shape \(target)")
        }
        guard case .buffer(let buffer) = storage else {
            throw LoweringFault("reads a constant of texts, which LiteRT's operators do not take")
        }
        return try Tensor(elementType, target, buffer: buffer)
    }

    /// One dimension of INT32, as shapes, axes and paddings are given.
    static func integers(_ values: [Int], _ dimensions: [Int]? = nil) throws -> Tensor {
        let narrow = try values.map { value -> Int32 in
            guard let narrow = Int32(exactly: value) else {
                throw LoweringFault("needs the number \(value), which does not fit 32 bits")
            }
            return narrow
        }
        return try Tensor(.int32, Shape(dimensions ?? [values.count]), values: narrow)
    }

    static func floats(_ values: [Float], _ dimensions: [Int]? = nil) throws -> Tensor {
        try Tensor(.float32, Shape(dimensions ?? [values.count]), values: values)
    }

    /// The elements of an FP32 constant.
    var floatValues: [Float]? { elementType == .float32 ? values(as: Float.self) : nil }

    /// The elements of an integer constant.
    var integerValues: [Int]? {
        switch elementType {
        case .int64: values(as: Int64.self)?.map { Int($0) }
        case .int32: values(as: Int32.self)?.map { Int($0) }
        default: nil
        }
    }

    /// Each FP32 element changed.
    func mapFloats(_ change: (Float) -> Float) throws -> Tensor {
        guard let values = floatValues else {
            throw LoweringFault("reads a constant of \(elementType.displayName); expected FP32")
        }
        return try .floats(values.map(change), shape.dimensions)
    }
}
