package import Tensors

/// A type of PyTorch's elements, as its storages are named.
package struct TorchType: Hashable, Sendable {
    /// `nil` for types that ONNX does not have.
    package let elementType: ElementType?
    /// As PyTorch calls it: `float32`.
    package let name: String
    /// Of one element.
    package let byteWidth: Int

    private static let table: [String: (ElementType?, String, Int)] = [
        "FloatStorage": (.float32, "float32", 4), "DoubleStorage": (.float64, "float64", 8),
        "HalfStorage": (.float16, "float16", 2), "BFloat16Storage": (.bfloat16, "bfloat16", 2),
        "LongStorage": (.int64, "int64", 8), "IntStorage": (.int32, "int32", 4), "ShortStorage": (.int16, "int16", 2),
        "CharStorage": (.int8, "int8", 1), "ByteStorage": (.uint8, "uint8", 1), "BoolStorage": (.bool, "bool", 1),
        "ComplexFloatStorage": (.complex64, "complex64", 8), "ComplexDoubleStorage": (.complex128, "complex128", 16),
        "QInt8Storage": (.int8, "qint8", 1), "QUInt8Storage": (.uint8, "quint8", 1),
        "QInt32Storage": (.int32, "qint32", 4),
        "UntypedStorage": (nil, "bytes", 1),
    ]

    /// - Parameter name: the storage's class, such as `FloatStorage`.
    package init?(storage name: String) {
        guard let row = Self.table[name] else { return nil }
        (elementType, self.name, byteWidth) = row
    }
}
