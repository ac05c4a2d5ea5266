import ModelGraph
import Tensors

/// A constant of a graph, as protocol buffers have it.
///
/// Source: TensorFlow, `core/framework/tensor.proto`.
struct ProtoTensor {
    private(set) var type: Int32 = 0
    private var sizes: [Int?]? = []
    /// All elements, little-endian.
    private var content: ByteView?
    private var floats: [Float] = []
    private var doubles: [Double] = []
    private var integers: [Int64] = []
    private var texts: [ByteView] = []

    init(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var tensor = ProtoTensor()
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: tensor.type = try reader.int32(field)
            case 2: tensor.sizes = try SavedShape.read(field, &reader)
            case 4: tensor.content = try reader.view(field)
            case 5: try reader.floats(field, appendingTo: &tensor.floats)
            case 6: try Self.doubles(field, &reader, &tensor.doubles)
            case 7, 10, 11, 13, 16, 17: try reader.int64s(field, appendingTo: &tensor.integers)
            case 8: try reader.view(field, appendingTo: &tensor.texts)
            default: return false
            }
            return true
        }
        self = tensor
    }

    private init() {}

    private static func doubles(
        _ field: WireField, _ reader: inout WireReader, _ values: inout [Double]
    ) throws(GraphError) {
        guard field.kind == .bytes else {
            values.append(Double(bitPattern: try reader.fixed64()))
            return
        }
        let view = try reader.view(field)
        try reader.charge(view.count)
        view.withUnsafeBytes { bytes in
            for place in stride(from: 0, to: bytes.count - bytes.count % 8, by: 8) {
                values.append(
                    Double(
                        bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))))
            }
        }
    }

    /// The texts of a constant of texts.
    var strings: [ByteView]? { type == SavedType.string ? texts : nil }

    /// The elements. Those that are left out are the last one that is there, or zero.
    ///
    /// - Parameter limit: elements that may be made of one.
    func tensor(_ name: String, limit: Int = 1 << 26) throws(TensorFlowError) -> Tensor {
        let shown = InertName.of(name)
        guard let type = SavedType.element(type), type != .string else {
            throw TensorFlowError("the constant '\(shown)' is \(SavedType.name(self.type)), which is not rebuilt here")
        }
        let known = sizes?.compactMap(\.self) ?? []
        guard let sizes, known.count == sizes.count else {
            throw .broken("the constant '\(shown)' leaves its shape open")
        }
        do {
            let shape = try Shape(known)
            if let content, content.count > 0 {
                return try TensorValue(shown, type, known.map(Int64.init), .raw(content)).tensor()
            }
            guard shape.elementCount <= limit else {
                throw TensorFlowError.limit("the constant '\(shown)' repeats one number \(shape.elementCount) times")
            }
            return try filled(type, shape)
        } catch let error as TensorFlowError {
            throw error
        } catch let error as GraphError {
            throw TensorFlowError(error)
        } catch {
            throw .broken("the constant '\(shown)' does not fit its shape")
        }
    }

    private func filled(_ type: ElementType, _ shape: Shape) throws -> Tensor {
        let count = shape.elementCount
        switch type {
        case .float32: return try Tensor(type, shape, values: try Self.all(floats, count, 0))
        case .float64: return try Tensor(type, shape, values: try Self.all(doubles, count, 0))
        default:
            let values = try Self.all(integers, count, 0)
            switch type.bitWidth {
            case 8: return try Tensor(type, shape, values: values.map { UInt8(truncatingIfNeeded: $0) })
            case 16: return try Tensor(type, shape, values: values.map { UInt16(truncatingIfNeeded: $0) })
            case 32: return try Tensor(type, shape, values: values.map { UInt32(truncatingIfNeeded: $0) })
            default: return try Tensor(type, shape, values: values)
            }
        }
    }

    private static func all<Element>(_ given: [Element], _ count: Int, _ zero: Element) throws -> [Element] {
        guard given.count <= count else {
            throw TensorFlowError.broken("a constant has \(given.count) elements where its shape has \(count)")
        }
        return given + [Element](repeating: given.last ?? zero, count: count - given.count)
    }
}
