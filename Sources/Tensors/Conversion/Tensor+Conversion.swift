extension Tensor {
    /// The same values as elements of another type: a new tensor, or this one when it has that type already.
    ///
    /// Covers the booleans, the integers of 8 to 64 bits, FP16, BF16, FP32 and FP64. Floats round to nearest; nothing
    /// else changes silently.
    ///
    /// - Throws: `TensorError.Code.outOfRange` naming the first element that `type` cannot hold: too large, a fraction
    ///   or NaN for a whole number, other than 0 and 1 for a boolean. `.unsupportedType` for other types.
    package func converted(to type: ElementType) throws(TensorError) -> Tensor {
        guard type != elementType else { return self }
        guard type.isNumeric else { throw Self.notNumeric(type) }
        let result = TensorBuffer(capacity: try shape.byteCount(of: type))
        switch elementType {
        case .int64: try write(elements(as: Int64.self), as: type, to: result)
        case .uint64: try write(elements(as: UInt64.self), as: type, to: result)
        default: try write(doubles(), as: type, to: result)
        }
        return try Tensor(type, shape, buffer: result)
    }

    /// The elements as `Double`, in row-major order; 64-bit integers over 2^53 are rounded.
    ///
    /// - Throws: `TensorError.Code.unsupportedType` for types that are not plain numbers: strings, complex numbers, and
    ///   those of less than 8 bits or with 8-bit floats.
    package func doubles() throws(TensorError) -> [Double] {
        switch elementType {
        case .bool: elements(as: BoolElement.self).map(\.asDouble)
        case .uint8: elements(as: UInt8.self).map(\.asDouble)
        case .uint16: elements(as: UInt16.self).map(\.asDouble)
        case .uint32: elements(as: UInt32.self).map(\.asDouble)
        case .uint64: elements(as: UInt64.self).map(\.asDouble)
        case .int8: elements(as: Int8.self).map(\.asDouble)
        case .int16: elements(as: Int16.self).map(\.asDouble)
        case .int32: elements(as: Int32.self).map(\.asDouble)
        case .int64: elements(as: Int64.self).map(\.asDouble)
        case .float16: elements(as: Float16.self).map(\.asDouble)
        case .bfloat16: elements(as: BFloat16.self).map(\.asDouble)
        case .float32: elements(as: Float.self).map(\.asDouble)
        case .float64: elements(as: Double.self)
        default: throw Self.notNumeric(elementType)
        }
    }

    /// The elements, whose type has the width of `Element`.
    private func elements<Element: BitwiseCopyable>(as type: Element.Type) -> [Element] { values(as: type) ?? [] }

    private static func notNumeric(_ type: ElementType) -> TensorError {
        TensorError(.unsupportedType, "\(type.displayName) elements are not plain numbers and cannot be converted")
    }
}

extension ElementType {
    /// Whether elements are plain numbers (or booleans) that `Tensor.converted(to:)` can read and write.
    package var isNumeric: Bool {
        switch self {
        case .bool, .uint8, .uint16, .uint32, .uint64, .int8, .int16, .int32, .int64: true
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }
}

// MARK: - Writing

/// One of the three types every conversion goes through.
private protocol StagedNumber {
    func element<Element: NumericElement>(as type: Element.Type) -> Element?
}

extension Double: StagedNumber {
    @inline(__always)
    func element<Element: NumericElement>(as type: Element.Type) -> Element? { Element(converting: self) }
}

extension Int64: StagedNumber {
    @inline(__always)
    func element<Element: NumericElement>(as type: Element.Type) -> Element? { Element(converting: self) }
}

extension UInt64: StagedNumber {
    @inline(__always)
    func element<Element: NumericElement>(as type: Element.Type) -> Element? { Element(converting: self) }
}

/// Writes `values` to `buffer` as elements of `type`, which is numeric.
private func write(_ values: [some StagedNumber], as type: ElementType, to buffer: TensorBuffer) throws(TensorError) {
    let failure: Int?
    switch type {
    case .bool: failure = store(values, as: BoolElement.self, buffer)
    case .uint8: failure = store(values, as: UInt8.self, buffer)
    case .uint16: failure = store(values, as: UInt16.self, buffer)
    case .uint32: failure = store(values, as: UInt32.self, buffer)
    case .uint64: failure = store(values, as: UInt64.self, buffer)
    case .int8: failure = store(values, as: Int8.self, buffer)
    case .int16: failure = store(values, as: Int16.self, buffer)
    case .int32: failure = store(values, as: Int32.self, buffer)
    case .int64: failure = store(values, as: Int64.self, buffer)
    case .float16: failure = store(values, as: Float16.self, buffer)
    case .bfloat16: failure = store(values, as: BFloat16.self, buffer)
    case .float32: failure = store(values, as: Float.self, buffer)
    default: failure = store(values, as: Double.self, buffer)
    }
    if let failure {
        throw TensorError(
            .outOfRange, "element \(failure) has a value that \(type.displayName) cannot hold; choose a wider type")
    }
}

/// Stores every value as an `Element`; the index of the first that cannot be, or `nil` when all could.
private func store<Element: NumericElement>(
    _ values: [some StagedNumber], as type: Element.Type, _ buffer: TensorBuffer
) -> Int? {
    for index in values.indices {
        guard let element = values[index].element(as: Element.self) else { return index }
        let offset = index * MemoryLayout<Element>.stride
        buffer.mutableBytes.storeBytes(of: element, toByteOffset: offset, as: Element.self)
    }
    return nil
}
