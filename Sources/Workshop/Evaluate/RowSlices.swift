import Tensors

extension Tensor {
    /// Rows `range` of the first dimension, copied.
    ///
    /// - Throws: `TensorError.Code.invalidShape` when the tensor has no first dimension or fewer rows.
    func rows(_ range: Range<Int>) throws(TensorError) -> Tensor {
        guard let total = shape.dimensions.first, range.lowerBound >= 0, range.upperBound <= total else {
            throw TensorError(.invalidShape, "rows \(range) of a tensor of shape \(shape)")
        }
        let part = try Shape([range.count] + shape.dimensions.dropFirst())
        let perRow = total == 0 ? 0 : shape.elementCount / total
        if let strings {
            var slice = StringElements()
            for index in (range.lowerBound * perRow)..<(range.upperBound * perRow) { slice.append(strings[index]) }
            return try Tensor(part, strings: slice)
        }
        guard elementType.bitWidth % 8 == 0 else {
            throw TensorError(.unsupportedType, "\(elementType.displayName) rows cannot be cut apart")
        }
        let bytesPerRow = perRow * elementType.bitWidth / 8
        let buffer = TensorBuffer(capacity: try part.byteCount(of: elementType))
        buffer.mutableBytes.copyMemory(
            from: UnsafeRawBufferPointer(
                rebasing: bytes[(range.lowerBound * bytesPerRow)..<(range.upperBound * bytesPerRow)]))
        return try Tensor(elementType, part, buffer: buffer)
    }
}
