extension JSONWriter {
    /// Appends a tensor's elements as one flat row-major array.
    ///
    /// Numbers that are not finite become the bare words `NaN`, `Infinity` and `-Infinity`: not JSON, but what Triton and
    /// TensorFlow Serving write and read.
    ///
    /// - Throws: `TensorError.Code.unsupportedType` for types that JSON data does not carry (FP16, BF16, …) and for
    ///   strings that are not UTF-8: those are to be asked for in binary form. Nothing is written then.
    package mutating func tensorData(_ tensor: Tensor) throws(TensorError) {
        switch tensor.elementType {
        case .bool: numbers(tensor, as: UInt8.self) { $0.bool($1 != 0) }
        case .uint8: numbers(tensor, as: UInt8.self) { $0.integer($1) }
        case .uint16: numbers(tensor, as: UInt16.self) { $0.integer($1) }
        case .uint32: numbers(tensor, as: UInt32.self) { $0.integer($1) }
        case .uint64: numbers(tensor, as: UInt64.self) { $0.integer($1) }
        case .int8: numbers(tensor, as: Int8.self) { $0.integer($1) }
        case .int16: numbers(tensor, as: Int16.self) { $0.integer($1) }
        case .int32: numbers(tensor, as: Int32.self) { $0.integer($1) }
        case .int64: numbers(tensor, as: Int64.self) { $0.integer($1) }
        case .float32: decimals(tensor, as: Float.self) { $0.write($1, to: $2) }
        case .float64: decimals(tensor, as: Double.self) { $0.write($1, to: $2) }
        case .string: try strings(tensor)
        default:
            throw .notInJSON(tensor.elementType)
        }
    }

    /// The most bytes that `tensorData` appends for a tensor of this type and size, whatever its values.
    package static func tensorDataBound(_ tensor: Tensor) -> Int {
        let count = tensor.shape.elementCount
        if tensor.elementType == .string {
            // Six for a character that has to be escaped, two quotes and a comma for each element.
            return saturating(tensor.strings?.bytes.count ?? 0, 6, plus: saturating(count, 3, plus: 2))
        }
        return saturating(count, longestElement(tensor.elementType), plus: 2)
    }

    /// Characters of the longest number of a type, and a comma.
    private static func longestElement(_ type: ElementType) -> Int {
        switch type {
        case .bool: 6
        case .uint8: 4
        case .int8: 5
        case .uint16: 6
        case .int16: 7
        case .uint32: 11
        case .int32: 12
        case .uint64, .int64: 21
        case .float32: 17
        default: 26
        }
    }

    private static func saturating(_ count: Int, _ factor: Int, plus more: Int) -> Int {
        let (product, overflow) = count.multipliedReportingOverflow(by: factor)
        let (sum, overflowed) = product.addingReportingOverflow(more)
        return overflow || overflowed ? .max : sum
    }

    @inline(__always)
    private mutating func numbers<Element: BitwiseCopyable>(
        _ tensor: Tensor, as type: Element.Type, _ append: (inout JSONWriter, Element) -> Void
    ) {
        let data = tensor.bytes
        bytes.reserveCapacity(bytes.count + tensor.shape.elementCount * 4 + 2)
        bytes.append(UInt8(ascii: "["))
        for index in 0..<tensor.shape.elementCount {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            let offset = index * MemoryLayout<Element>.stride
            append(&self, data.loadUnaligned(fromByteOffset: offset, as: Element.self))
        }
        bytes.append(UInt8(ascii: "]"))
    }

    /// Numbers with a point, gathered in a small piece of memory first, so that the array is not asked for room by each.
    @inline(__always)
    private mutating func decimals<Element: BitwiseCopyable>(
        _ tensor: Tensor, as type: Element.Type,
        _ write: (DecimalText, Element, UnsafeMutablePointer<UInt8>) -> Int
    ) {
        let data = tensor.bytes
        let count = tensor.shape.elementCount
        bytes.reserveCapacity(bytes.count + count * 10 + 2)
        bytes.append(UInt8(ascii: "["))
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4096) { piece in
            guard let start = piece.baseAddress else { return }
            var filled = 0
            DecimalText.with { text in
                for index in 0..<count {
                    if index > 0 {
                        start[filled] = UInt8(ascii: ",")
                        filled += 1
                    }
                    let offset = index * MemoryLayout<Element>.stride
                    filled += write(text, data.loadUnaligned(fromByteOffset: offset, as: Element.self), start + filled)
                    if filled > piece.count - DecimalText.mostBytes - 1 {
                        bytes.append(contentsOf: piece[..<filled])
                        filled = 0
                    }
                }
            }
            bytes.append(contentsOf: piece[..<filled])
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func strings(_ tensor: Tensor) throws(TensorError) {
        let elements = tensor.strings ?? StringElements()
        let isText = (0..<elements.count).allSatisfy { index in
            elements[index].withUnsafeBytes { UTF8Sequence.isValid($0) }
        }
        guard isText else {
            throw TensorError(
                .unsupportedType, "BYTES elements that are not UTF-8 cannot be written as JSON; ask for binary data")
        }
        bytes.append(UInt8(ascii: "["))
        for index in 0..<elements.count {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            elements[index].withUnsafeBytes { escaped($0) }
        }
        bytes.append(UInt8(ascii: "]"))
    }
}

extension TensorError {
    static func notInJSON(_ type: ElementType) -> TensorError {
        TensorError(
            .unsupportedType, "\(type.displayName) elements cannot be written as JSON; ask for binary data")
    }
}
