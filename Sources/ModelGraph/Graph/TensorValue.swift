package import Tensors

/// A constant tensor: an initializer, or a tensor in an attribute. Its elements stay where they are until asked for.
///
/// Source: `onnx.proto`, `TensorProto`.
package struct TensorValue: Hashable, Sendable {
    /// How the file holds the elements. Row-major; complex numbers as real part, imaginary part.
    package enum Elements: Hashable, Sendable {
        /// No field at all; right for a tensor without elements.
        case absent
        /// Fixed-width, little-endian, sub-byte types packed from the low bits up.
        case raw(ByteView)
        /// Four bytes each: `FLOAT`, `COMPLEX64`.
        case floats(ByteView)
        /// Eight bytes each: `DOUBLE`, `COMPLEX128`.
        case doubles(ByteView)
        /// Varints: all integers up to 32 bits but `UINT32`, `BOOL`, and the bits of the 16-bit and 8-bit floats.
        case int32s(ByteView)
        /// Varints: `INT64`.
        case int64s(ByteView)
        /// Varints: `UINT32`, `UINT64`.
        case uint64s(ByteView)
        /// `STRING`.
        case strings([ByteView])
        /// In another file, which these entries name.
        case external([StringEntry])
    }

    package var name = ""
    /// The number in the file, which may be one that `ElementType` does not know.
    package var elementCode: Int32 = 0
    package var dimensions: [Int64] = []
    package var elements = Elements.absent
    package var documentation = ""
    package var metadata: [StringEntry] = []
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ name: String, _ elementType: ElementType, _ dimensions: [Int64], _ elements: Elements) {
        self.name = name
        self.elementCode = elementType.onnxCode
        self.dimensions = dimensions
        self.elements = elements
    }

    /// The element type, or `nil` for 0 (undefined) and numbers we do not know.
    package var elementType: ElementType? { ElementType(onnxCode: elementCode) }

    /// Whether the elements are in another file.
    package var isExternal: Bool { if case .external = elements { true } else { false } }

    /// The product of the dimensions, or `nil` when one is negative or the product does not fit.
    package var elementCount: Int? {
        guard let shape = try? Shape(dimensions.map { Int($0) }) else { return nil }
        return shape.elementCount
    }

    /// Bytes of the elements in the engine's layout, strings as their contents; `nil` when the type or the shape is
    /// not valid.
    package var byteCount: Int? {
        if case .strings(let strings) = elements { return strings.reduce(0) { $0 + $1.count } }
        guard let elementType, let shape = try? Shape(dimensions.map { Int($0) }) else { return nil }
        return try? shape.byteCount(of: elementType)
    }
}
