import ModelGraph
import Tensors

extension Tensor {
    /// The same elements with the axes in another order; nothing is copied where that changes nothing.
    ///
    /// - Returns: `nil` for elements that share bytes or have no fixed size.
    func transposed(_ order: [Int]) -> Tensor? {
        guard order != Array(order.indices) else { return self }
        guard elementType.bitWidth >= 8, order.count == shape.dimensions.count,
            let target = try? Shape(order.map { shape.dimensions[$0] })
        else { return nil }
        let width = elementType.bitWidth / 8
        var strides = [Int](repeating: 1, count: order.count)
        for axis in order.indices.dropLast().reversed() {
            strides[axis] = strides[axis + 1] * max(1, shape.dimensions[axis + 1])
        }
        let buffer = TensorBuffer(capacity: byteCount)
        copy(to: buffer, width: width, sizes: target.dimensions, steps: order.map { strides[$0] })
        return try? Tensor(elementType, target, buffer: buffer)
    }

    /// Writes the elements one after another, walking through these by `steps`.
    private func copy(to buffer: TensorBuffer, width: Int, sizes: [Int], steps: [Int]) {
        guard shape.elementCount > 0, let source = bytes.baseAddress else { return }
        var index = [Int](repeating: 0, count: sizes.count)
        var place = 0
        for element in 0..<shape.elementCount {
            (buffer.base + element * width).copyMemory(from: source + place * width, byteCount: width)
            for axis in sizes.indices.reversed() {
                index[axis] += 1
                place += steps[axis]
                guard index[axis] == sizes[axis] else { break }
                place -= steps[axis] * sizes[axis]
                index[axis] = 0
            }
        }
    }

    /// The same memory with other dimensions of the same product; `nil` when the product is another.
    func reshaped(_ dimensions: [Int]) -> Tensor? {
        guard let target = try? Shape(dimensions), target.elementCount == shape.elementCount,
            case .buffer(let buffer) = storage
        else { return nil }
        return try? Tensor(elementType, target, buffer: buffer)
    }
}
