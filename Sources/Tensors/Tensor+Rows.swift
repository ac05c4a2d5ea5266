/// Tensors as rows: what lies along the first dimension.
extension Tensor {
    /// The size of the first dimension; `nil` for a scalar.
    package var rowCount: Int? { shape.dimensions.first }

    /// A view of some rows, not copied: it keeps the whole memory alive. Strings are copied.
    ///
    /// - Throws: `TensorError.Code.invalidShape` for scalars and rows that are not there, `.unsupportedType` for types
    ///   whose rows do not begin at a byte.
    package func rows(_ range: Range<Int>) throws(TensorError) -> Tensor {
        guard let count = rowCount, range.lowerBound >= 0, range.upperBound <= count else {
            throw TensorError(.invalidShape, "rows \(range) of a tensor of shape \(shape)")
        }
        let part = try Shape([range.count] + shape.dimensions.dropFirst())
        switch storage {
        case .strings(let strings):
            let width = count == 0 ? 0 : strings.count / count
            var taken = StringElements()
            for index in range.lowerBound * width..<range.upperBound * width { taken.append(strings[index]) }
            return try Tensor(part, strings: taken)
        case .buffer(let buffer):
            guard elementType.bitWidth >= 8 else {
                throw TensorError(.unsupportedType, "\(elementType.displayName) rows cannot be cut apart")
            }
            let width = count == 0 ? 0 : byteCount / count
            let view = TensorBuffer(
                borrowing: buffer.base + range.lowerBound * width, capacity: range.count * width, owner: buffer)
            return try Tensor(elementType, part, buffer: view)
        }
    }

    /// The rows of several tensors one after another.
    ///
    /// - Parameter allocate: memory for so many bytes, or `nil` when there is none.
    /// - Returns: `nil` when types or row shapes differ, rows do not begin at a byte, or there is no memory.
    package static func concatenatingRows(
        _ tensors: [Tensor], allocate: (Int) -> TensorBuffer? = { TensorBuffer(capacity: $0) }
    ) -> Tensor? {
        guard let first = tensors.first, first.rowCount != nil, first.elementType.bitWidth >= 8 || first.strings != nil,
            tensors.allSatisfy({ $0.elementType == first.elementType && $0.hasRows(like: first) })
        else { return nil }
        var rows = 0
        for tensor in tensors {
            let (sum, overflow) = rows.addingReportingOverflow(tensor.rowCount ?? 0)
            guard !overflow else { return nil }
            rows = sum
        }
        guard let shape = try? Shape([rows] + first.shape.dimensions.dropFirst()) else { return nil }
        if first.strings != nil {
            var all = StringElements()
            for tensor in tensors { if let strings = tensor.strings { all.append(contentsOf: strings) } }
            return try? Tensor(shape, strings: all)
        }
        guard let size = try? shape.byteCount(of: first.elementType), let buffer = allocate(size) else { return nil }
        var filled = 0
        for tensor in tensors {
            UnsafeMutableRawBufferPointer(start: buffer.base + filled, count: tensor.byteCount)
                .copyMemory(from: tensor.bytes)
            filled += tensor.byteCount
        }
        return try? Tensor(first.elementType, shape, buffer: buffer)
    }

    /// The rows and as many copies of the last one as make `count` of them; itself where it has as many.
    ///
    /// - Throws: as `rows`; `TensorError.Code.unsupportedType` when there is no memory or rows do not begin at a byte.
    package func filled(toRows count: Int) throws(TensorError) -> Tensor {
        guard let own = rowCount, own < count else { return self }
        let last = try rows((own - 1)..<own)
        guard let whole = Tensor.concatenatingRows([self] + Array(repeating: last, count: count - own)) else {
            throw TensorError(.unsupportedType, "\(elementType.displayName) rows cannot be repeated")
        }
        return whole
    }

    private func hasRows(like other: Tensor) -> Bool {
        shape.dimensions.count == other.shape.dimensions.count
            && shape.dimensions.dropFirst().elementsEqual(other.shape.dimensions.dropFirst())
    }
}

extension StringElements {
    /// Appends every element of `other`.
    package mutating func append(contentsOf other: StringElements) {
        reserve(elements: count + other.count, bytes: bytes.count + other.bytes.count)
        for index in 0..<other.count { append(other[index]) }
    }
}
