import Tensors

/// Constants: type, shape, data.
extension Validator {
    mutating func check(_ tensor: TensorValue, at step: Place.Step) {
        tensorCount += 1
        guard tensorCount <= options.limits.tensors else {
            if tensorCount == options.limits.tensors + 1 {
                report(.limitExceeded, "more than \(options.limits.tensors) tensors")
            }
            return
        }
        do throws(LayoutFault) {
            _ = try tensor.checkedLayout()
            try checkExternal(tensor)
        } catch {
            report(error.code, error.message, at: step)
        }
    }

    private func checkExternal(_ tensor: TensorValue) throws(LayoutFault) {
        guard case .external(let entries) = tensor.elements else { return }
        let reference = try ExternalReference(entries)
        if options.externalData == .refuse {
            throw LayoutFault(
                .externalData, "its data is in file \(reference.location.quoted); expected it inside the model")
        }
        if let length = reference.length, let needed = tensor.byteCount, needed != length {
            throw LayoutFault(
                .badTensorData, "needs \(needed) bytes, but its external data has \(length)")
        }
    }

    mutating func check(_ sparse: SparseTensorValue, at step: Place.Step) {
        for part in sparse.parts { check(part, at: step) }
        do throws(LayoutFault) {
            try Self.checkLayout(of: sparse)
        } catch {
            report(error.code, error.message, at: step)
        }
    }

    /// Source: `onnx.proto`, `SparseTensorProto`: indices are in range, ascending, and without repetition.
    private static func checkLayout(of sparse: SparseTensorValue) throws(LayoutFault) {
        guard let values = sparse.values, let indices = sparse.indices else {
            throw LayoutFault(.badSparseTensor, "lacks its \(sparse.values == nil ? "values" : "indices")")
        }
        // Parts that are wrong in themselves, or elsewhere, were reported already.
        guard !values.isExternal, !indices.isExternal, let valueShape = try? values.checkedLayout().shape,
            let (indexType, indexShape) = try? indices.checkedLayout()
        else { return }
        let dense: Shape
        do {
            dense = try Shape(sparse.dimensions.map { Int($0) })
        } catch {
            throw LayoutFault(.badShape, error.message)
        }
        guard valueShape.dimensions.count == 1, indexType == .int64 else {
            throw LayoutFault(
                .badSparseTensor,
                "values \(valueShape) and indices of \(indexType.displayName); expected one dimension, and INT64")
        }
        let count = valueShape.elementCount
        let rank = dense.dimensions.count
        guard indexShape.dimensions == [count] || indexShape.dimensions == [count, rank] else {
            throw LayoutFault(
                .badSparseTensor, "indices of shape \(indexShape); expected [\(count)] or [\(count), \(rank)]")
        }
        guard let positions = indices.integers else { return }
        try checkPositions(positions, indexShape.dimensions.count == 2 ? dense.dimensions : [dense.elementCount])
    }

    /// Checks coordinates, one row of `sizes.count` numbers after the other.
    private static func checkPositions(_ numbers: [Int], _ sizes: [Int]) throws(LayoutFault) {
        guard !sizes.isEmpty, !numbers.isEmpty else { return }
        guard !sizes.contains(0) else {
            throw LayoutFault(.badSparseTensor, "has indices, but the dense tensor has no elements")
        }
        var previous = -1
        for start in stride(from: 0, to: numbers.count, by: sizes.count) {
            var position = 0
            for (axis, size) in sizes.enumerated() {
                let number = numbers[start + axis]
                guard number >= 0, number < size else {
                    throw LayoutFault(.badSparseTensor, "index \(number) on axis \(axis); expected 0 to \(size - 1)")
                }
                position = position * size + number
            }
            guard position > previous else {
                throw LayoutFault(.badSparseTensor, "indices are not ascending at row \(start / sizes.count)")
            }
            previous = position
        }
    }
}
