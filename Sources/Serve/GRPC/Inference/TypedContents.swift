import Tensors

/// Elements in the typed fields of `InferTensorContents`.
///
/// Source: Open Inference Protocol, gRPC: which field carries which datatype.
enum TypedContents {
    /// The field that carries elements of a type; `nil` for types that travel in binary form only.
    static func field(of type: ElementType) -> (number: Int, name: String)? {
        switch type {
        case .bool: (1, "bool_contents")
        case .int8, .int16, .int32: (2, "int_contents")
        case .int64: (3, "int64_contents")
        case .uint8, .uint16, .uint32: (4, "uint_contents")
        case .uint64: (5, "uint64_contents")
        case .float32: (6, "fp32_contents")
        case .float64: (7, "fp64_contents")
        case .string: (8, "bytes_contents")
        default: nil
        }
    }

    /// The most bytes that the typed field of a tensor can have: ten for a whole number, a string with the tag and length
    /// of each.
    static func bound(_ tensor: Tensor) -> Int {
        guard field(of: tensor.elementType) != nil else { return 0 }
        let (each, overflow) = tensor.shape.elementCount.multipliedReportingOverflow(by: 11)
        let (sum, overflowed) = each.addingReportingOverflow(tensor.byteCount)
        return overflow || overflowed ? .max : sum
    }

    /// Reads a tensor.
    ///
    /// - Parameter range: where the contents are; `nil` when there are none.
    /// - Throws: `RequestFault` or `TensorError` for elements in another type's field, too many, too few, or beyond the
    ///   type's range.
    static func tensor(
        _ type: ElementType, _ shape: Shape, _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>?, pool: BufferPool
    ) throws -> Tensor {
        guard let field = field(of: type) else {
            throw RequestFault(
                .invalidInput, "\(type.displayName) elements have no typed contents; send raw_input_contents")
        }
        let range = range ?? 0..<0
        // No element takes less than a byte: a larger promise is refused before memory is taken for it.
        guard shape.elementCount <= range.count else { throw TypedReader.wrongCount(shape, "fewer") }
        var reader = TypedReader(ProtoReader(bytes, range), bytes, field, shape)
        if type == .string { return try Tensor(shape, strings: try reader.strings()) }
        let byteCount = try shape.byteCount(of: type)
        guard let buffer = pool.buffer(byteCount) else { throw RequestFault.exhausted }
        try reader.fill(type, UnsafeMutableRawBufferPointer(start: buffer.base, count: byteCount))
        return try Tensor(type, shape, buffer: buffer)
    }

    /// Whether there are any elements. A client may send the message and leave it empty.
    static func isEmpty(_ range: Range<Int>?) -> Bool { range?.isEmpty ?? true }
}

/// Reads the elements of one tensor.
private struct TypedReader {
    private var reader: ProtoReader
    private let bytes: UnsafeRawBufferPointer
    private let field: (number: Int, name: String)
    private let shape: Shape

    init(
        _ reader: ProtoReader, _ bytes: UnsafeRawBufferPointer, _ field: (number: Int, name: String), _ shape: Shape
    ) {
        self.reader = reader
        self.bytes = bytes
        self.field = field
        self.shape = shape
    }

    static func wrongCount(_ shape: Shape, _ found: String) -> RequestFault {
        RequestFault(
            .invalidInput, "shape \(shape) needs \(shape.elementCount) elements, but 'contents' has \(found)")
    }

    mutating func strings() throws -> StringElements {
        var elements = StringElements()
        while let next = try nextField() {
            guard elements.count < shape.elementCount else { throw Self.wrongCount(shape, "more") }
            elements.append(UnsafeRawBufferPointer(rebasing: bytes[try reader.range(next)]))
        }
        guard elements.count == shape.elementCount else { throw Self.wrongCount(shape, "\(elements.count)") }
        return elements
    }

    mutating func fill(_ type: ElementType, _ target: UnsafeMutableRawBufferPointer) throws {
        switch type {
        case .bool: try varints(target) { UInt8($0 == 0 ? 0 : 1) }
        case .int8: try integers(target, Int8.self)
        case .int16: try integers(target, Int16.self)
        case .int32: try integers(target, Int32.self)
        case .int64: try varints(target) { Int64(bitPattern: $0) }
        case .uint8: try unsigned(target, UInt8.self)
        case .uint16: try unsigned(target, UInt16.self)
        case .uint32: try unsigned(target, UInt32.self)
        case .uint64: try varints(target) { $0 }
        case .float32: try elements(target, .fixed32) { reader throws(RequestFault) in try reader.fixed32() }
        case .float64: try elements(target, .fixed64) { reader throws(RequestFault) in try reader.fixed64() }
        default: throw RequestFault(.unsupported, "\(type.displayName) elements have no typed contents")
        }
    }

    private mutating func integers<Element: FixedWidthInteger & BitwiseCopyable>(
        _ target: UnsafeMutableRawBufferPointer, _: Element.Type
    ) throws {
        let name = field.name
        try varints(target) { bits throws(RequestFault) in
            let value = Int64(bitPattern: bits)
            guard let element = Element(exactly: value) else { throw Self.outOfRange("\(value)", Element.self, name) }
            return element
        }
    }

    private mutating func unsigned<Element: FixedWidthInteger & BitwiseCopyable>(
        _ target: UnsafeMutableRawBufferPointer, _: Element.Type
    ) throws {
        let name = field.name
        try varints(target) { value throws(RequestFault) in
            guard let element = Element(exactly: value) else { throw Self.outOfRange("\(value)", Element.self, name) }
            return element
        }
    }

    private static func outOfRange<Element: FixedWidthInteger>(
        _ value: String, _: Element.Type, _ field: String
    ) -> RequestFault {
        RequestFault(
            .invalidInput, "'\(field)' has the element \(value); expected \(Element.min) to \(Element.max)")
    }

    private mutating func varints<Element: BitwiseCopyable>(
        _ target: UnsafeMutableRawBufferPointer, _ convert: (UInt64) throws(RequestFault) -> Element
    ) throws {
        try elements(target, .varint) { reader throws(RequestFault) in try convert(try reader.varint()) }
    }

    /// Reads elements, packed or one by one, until the contents end.
    private mutating func elements<Element: BitwiseCopyable>(
        _ target: UnsafeMutableRawBufferPointer, _ kind: ProtoField.Kind,
        _ read: (inout ProtoReader) throws(RequestFault) -> Element
    ) throws {
        let size = MemoryLayout<Element>.size
        var offset = 0
        func store(_ element: Element) throws {
            guard offset < target.count else { throw Self.wrongCount(shape, "more") }
            target.storeBytes(of: element, toByteOffset: offset, as: Element.self)
            offset += size
        }
        while let next = try nextField() {
            if next.kind == .bytes {
                var packed = ProtoReader(bytes, try reader.range())
                while !packed.isAtEnd { try store(try read(&packed)) }
            } else {
                guard next.kind == kind else {
                    throw reader.malformed("'\(field.name)' is \(next.kind.name), expected \(kind.name)")
                }
                try store(try read(&reader))
            }
        }
        guard offset == target.count else { throw Self.wrongCount(shape, "\(offset / size)") }
    }

    /// The next field with elements.
    ///
    /// - Throws: `RequestFault.Code.invalidInput` for elements of another type.
    private mutating func nextField() throws(RequestFault) -> ProtoField? {
        while let next = try reader.next() {
            if next.number == field.number { return next }
            if (1...8).contains(next.number) {
                guard next.kind == .bytes, try reader.range().isEmpty else {
                    throw RequestFault(
                        .invalidInput,
                        "the elements are in field \(next.number) of 'contents'; expected '\(field.name)'")
                }
            } else {
                try reader.skip(next)
            }
        }
        return nil
    }
}

/// Writing elements.
extension ProtoWriter {
    /// The elements of a tensor as `InferTensorContents`.
    mutating func contents(_ tensor: Tensor) {
        guard let (number, _) = TypedContents.field(of: tensor.elementType) else { return }
        switch tensor.elementType {
        case .string: strings(number, tensor)
        case .bool: varints(number, tensor, UInt8.self) { $0 == 0 ? 0 : 1 }
        case .int8: varints(number, tensor, Int8.self) { UInt64(bitPattern: Int64($0)) }
        case .int16: varints(number, tensor, Int16.self) { UInt64(bitPattern: Int64($0)) }
        case .int32: varints(number, tensor, Int32.self) { UInt64(bitPattern: Int64($0)) }
        case .int64: varints(number, tensor, Int64.self) { UInt64(bitPattern: $0) }
        case .uint8: varints(number, tensor, UInt8.self) { UInt64($0) }
        case .uint16: varints(number, tensor, UInt16.self) { UInt64($0) }
        case .uint32: varints(number, tensor, UInt32.self) { UInt64($0) }
        case .uint64: varints(number, tensor, UInt64.self) { $0 }
        default:
            tag(number, .bytes)
            varint(UInt64(tensor.byteCount))
            bytes.append(contentsOf: tensor.bytes)
        }
    }

    private mutating func strings(_ number: Int, _ tensor: Tensor) {
        guard let strings = tensor.strings else { return }
        for index in 0..<strings.count {
            let element = strings[index]
            tag(number, .bytes)
            varint(UInt64(element.count))
            bytes.append(contentsOf: element)
        }
    }

    private mutating func varints<Element: BitwiseCopyable>(
        _ number: Int, _ tensor: Tensor, _: Element.Type, _ convert: (Element) -> UInt64
    ) {
        let source = tensor.bytes
        message(number) { writer in
            for offset in stride(from: 0, to: source.count, by: MemoryLayout<Element>.stride) {
                writer.varint(convert(source.loadUnaligned(fromByteOffset: offset, as: Element.self)))
            }
        }
    }
}
