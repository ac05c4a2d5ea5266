import Tensors

/// Whether type, shape and data of a constant belong together.
extension TensorValue {
    /// The element type and shape, after checking that the data is exactly what they need. External data is not
    /// looked at: its length is checked when it is read.
    ///
    /// - Throws: a `ProblemCode` and the words for it; `where` is the caller's to say.
    func checkedLayout() throws(LayoutFault) -> (type: ElementType, shape: Shape) {
        guard let elementType else {
            throw LayoutFault(.undefinedType, "has \(elementName(elementCode)); expected a known type")
        }
        let shape: Shape
        do {
            shape = try Shape(dimensions.map { Int($0) })
        } catch {
            throw LayoutFault(.badShape, error.message)
        }
        try checkField(elementType)
        try checkCount(elementType, shape)
        return (elementType, shape)
    }

    /// Whether `onnx.proto` allows this type in the field that holds the elements.
    private func checkField(_ type: ElementType) throws(LayoutFault) {
        let allowed =
            switch elements {
            case .absent: true
            case .raw: type != .string
            case .external: type != .string
            case .strings: type == .string
            case .floats: type == .float32 || type == .complex64
            case .doubles: type == .float64 || type == .complex128
            case .int64s: type == .int64
            case .uint64s: type == .uint64 || type == .uint32
            case .int32s: type == .int32 || type == .bool || (1...16).contains(type.bitWidth)
            }
        guard allowed else {
            throw LayoutFault(
                .badTensorData, "has \(type.displayName) elements in \(elements.fieldName), where they may not be")
        }
    }

    private func checkCount(_ type: ElementType, _ shape: Shape) throws(LayoutFault) {
        let expected: Int
        do {
            expected = type == .string ? shape.elementCount : try shape.byteCount(of: type)
        } catch {
            throw LayoutFault(.badShape, error.message)
        }
        let found: Int
        switch elements {
        case .external: return
        case .absent: found = 0
        case .strings(let strings): found = strings.count
        case .raw(let view), .floats(let view), .doubles(let view): found = view.count
        // One integer holds one element, or as many packed ones as fill a byte.
        case .int32s(let view), .int64s(let view), .uint64s(let view):
            let (bytes, overflow) = view.varintCount.multipliedReportingOverflow(by: max(1, type.bitWidth / 8))
            found = overflow ? .max : bytes
        }
        guard found == expected else {
            let unit = type == .string ? "strings" : "bytes"
            throw LayoutFault(
                .badTensorData,
                "\(type.displayName) \(shape) needs \(expected) \(unit), but \(elements.fieldName) has \(found)")
        }
    }
}

/// What is wrong with one constant, without where.
struct LayoutFault: Error {
    var code: Problem.Code
    var message: String

    init(_ code: Problem.Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension TensorValue.Elements {
    /// The field's name in `onnx.proto`.
    var fieldName: String {
        switch self {
        case .absent: "no field"
        case .raw: "raw_data"
        case .floats: "float_data"
        case .doubles: "double_data"
        case .int32s: "int32_data"
        case .int64s: "int64_data"
        case .uint64s: "uint64_data"
        case .strings: "string_data"
        case .external: "external_data"
        }
    }
}

extension ByteView {
    /// How many varints end in these bytes.
    fileprivate var varintCount: Int {
        withUnsafeBytes { bytes in bytes.reduce(0) { $0 + ($1 < 0x80 ? 1 : 0) } }
    }
}
