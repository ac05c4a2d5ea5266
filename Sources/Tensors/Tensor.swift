/// A tensor in memory: an element type, a shape, and its elements in row-major order.
package struct Tensor: Sendable {
    /// Where the elements are.
    package enum Storage: Sendable {
        /// Fixed-size elements, little-endian, sub-byte types packed; the first bytes of the buffer.
        case buffer(TensorBuffer)
        case strings(StringElements)
    }

    /// The type of every element.
    package let elementType: ElementType
    /// The dimensions; row-major, the last one contiguous.
    package let shape: Shape
    /// The elements themselves.
    package let storage: Storage
    /// Bytes of the elements: what the shape needs, not what the buffer could hold.
    package let byteCount: Int

    /// A tensor over existing memory, not copied.
    ///
    /// - Throws: `TensorError.Code.sizeMismatch` when the buffer is smaller than the shape needs.
    package init(_ elementType: ElementType, _ shape: Shape, buffer: TensorBuffer) throws(TensorError) {
        let needed = try shape.byteCount(of: elementType)
        guard needed <= buffer.capacity else {
            throw TensorError(
                .sizeMismatch,
                "\(elementType.displayName) \(shape) needs \(needed) bytes, but the buffer has \(buffer.capacity)")
        }
        self.elementType = elementType
        self.shape = shape
        self.storage = .buffer(buffer)
        self.byteCount = needed
    }

    /// A tensor of strings.
    ///
    /// - Throws: `TensorError.Code.sizeMismatch` when the number of strings is not the shape's element count.
    package init(_ shape: Shape, strings: StringElements) throws(TensorError) {
        guard strings.count == shape.elementCount else {
            throw TensorError(
                .sizeMismatch, "shape \(shape) needs \(shape.elementCount) strings, but there are \(strings.count)")
        }
        self.elementType = .string
        self.shape = shape
        self.storage = .strings(strings)
        self.byteCount = strings.bytes.count
    }

    /// A zero-filled tensor (of empty strings, where the type is `string`).
    package init(zeros elementType: ElementType, _ shape: Shape) throws(TensorError) {
        if elementType == .string {
            try self.init(shape, strings: StringElements(repeating: "", count: shape.elementCount))
        } else {
            let buffer = TensorBuffer(capacity: try shape.byteCount(of: elementType))
            buffer.mutableBytes.initializeMemory(as: UInt8.self, repeating: 0)
            try self.init(elementType, shape, buffer: buffer)
        }
    }

    /// A tensor whose fixed-size elements are copied from `values`, whose Swift type must match in width.
    package init<Element: BitwiseCopyable>(
        _ elementType: ElementType, _ shape: Shape, values: [Element]
    ) throws(TensorError) {
        guard MemoryLayout<Element>.size * 8 == elementType.bitWidth, values.count == shape.elementCount else {
            throw TensorError(
                .sizeMismatch,
                "\(values.count) values of \(MemoryLayout<Element>.size) bytes do not fill \(elementType.displayName) \(shape)"
            )
        }
        let buffer = TensorBuffer(capacity: try shape.byteCount(of: elementType))
        values.withUnsafeBytes { buffer.mutableBytes.copyMemory(from: $0) }
        try self.init(elementType, shape, buffer: buffer)
    }

    /// The elements' bytes; empty for strings.
    package var bytes: UnsafeRawBufferPointer {
        guard case .buffer(let buffer) = storage else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: buffer.base, count: byteCount)
    }

    /// A copy of the elements as an array of `type`, or `nil` when the width does not match. Alignment does not matter.
    ///
    /// `type` must be one in which every bit pattern of the width is a value, or the elements known to be its values.
    package func values<Element: BitwiseCopyable>(as type: Element.Type) -> [Element]? {
        guard elementType != .string, MemoryLayout<Element>.size * 8 == elementType.bitWidth else { return nil }
        let source = bytes
        return [Element](unsafeUninitializedCapacity: shape.elementCount) { buffer, count in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: source)
            count = shape.elementCount
        }
    }

    /// The elements of a string tensor; `nil` for other types.
    package var strings: StringElements? {
        guard case .strings(let strings) = storage else { return nil }
        return strings
    }
}

/// Strings end to end in one block, without an allocation each. Elements are bytes: UTF-8 is usual, not required.
package struct StringElements: Sendable, Hashable {
    /// Every element's bytes, without anything between them.
    package private(set) var bytes: [UInt8]
    /// Where each element ends in `bytes`; element `i` begins where `i - 1` ends.
    package private(set) var ends: [Int]

    /// No elements.
    package init() {
        bytes = []
        ends = []
    }

    /// The UTF-8 of `strings`.
    package init(_ strings: some Sequence<String>) {
        self.init()
        for string in strings { append(string.utf8) }
    }

    /// `count` times the UTF-8 of `string`.
    package init(repeating string: String, count: Int) {
        self.init(repeatElement(string, count: count))
    }

    /// How many elements there are.
    package var count: Int { ends.count }

    /// Appends one element.
    package mutating func append(_ element: some Collection<UInt8>) {
        bytes.append(contentsOf: element)
        ends.append(bytes.count)
    }

    /// Appends one element, the bytes that `write` appends.
    mutating func append<Result, Failure>(
        writtenBy write: (inout [UInt8]) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try write(&bytes)
        ends.append(bytes.count)
        return result
    }

    /// Makes room for so many more in all; both counts have been checked against a limit.
    package mutating func reserve(elements: Int, bytes byteCount: Int) {
        ends.reserveCapacity(elements)
        bytes.reserveCapacity(byteCount)
    }

    /// The bytes of element `index`.
    package subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// Every element decoded as UTF-8, ill-formed parts repaired.
    package var decoded: [String] {
        (0..<count).map { String(decoding: self[$0], as: UTF8.self) }
    }
}
