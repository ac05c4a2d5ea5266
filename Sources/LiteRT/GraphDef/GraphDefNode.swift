import ModelGraph
import Tensors

/// A node of a graph of TensorFlow's.
///
/// Source: TensorFlow, `core/framework/node_def.proto`, `core/framework/attr_value.proto`.
struct GraphDefNode {
    /// A setting.
    enum Setting {
        case int(Int)
        case float(Float)
        case flag(Bool)
        case text(String)
        case type(ElementType)
        case ints([Int])
        case tensor(Tensor)
        /// Sizes; `nil` for one that is open.
        case shape([Int?])
        case shapes([[Int?]])
    }

    let name: String
    let operatorType: String
    /// Values by name: `node`, or `node:1` for another output than the first.
    let inputs: [String]
    let settings: [(key: String, value: Setting)]
    /// Which node of the ONNX graph asked for it; `nil` for what the interface needed.
    let source: Int?

    func write(to writer: inout WireWriter) {
        writer.string(1, name)
        writer.string(2, operatorType)
        for input in inputs { writer.string(3, input) }
        // Maps have no order; the same model gives the same bytes.
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
            writer.nested(5) { entry in
                entry.string(1, key)
                entry.nested(2) { value.write(to: &$0) }
            }
        }
    }
}

extension GraphDefNode.Setting {
    fileprivate func write(to writer: inout WireWriter) {
        switch self {
        case .text(let text): writer.string(2, text)
        case .int(let value): writer.int64(3, Int64(value))
        case .float(let value): writer.float(4, value)
        case .flag(let value): writer.int64(5, value ? 1 : 0)
        case .type(let type): writer.int64(6, type.graphDefCode ?? 0)
        case .shape(let sizes): writer.shape(7, sizes)
        case .tensor(let tensor): writer.nested(8) { tensor.write(to: &$0) }
        case .ints(let values): writer.nested(1) { list in for value in values { list.int64(3, Int64(value)) } }
        case .shapes(let shapes): writer.nested(1) { list in for sizes in shapes { list.shape(7, sizes) } }
        }
    }
}

extension WireWriter {
    /// Sizes as TensorFlow has them: an open one is -1.
    ///
    /// Source: `core/framework/tensor_shape.proto`.
    mutating func shape(_ number: Int, _ sizes: [Int?]) {
        nested(number) { shape in
            for size in sizes { shape.nested(2) { $0.int64(1, Int64(size ?? -1)) } }
        }
    }
}

extension Tensor {
    /// Source: `core/framework/tensor.proto`. Elements stay where they are until they are written.
    fileprivate func write(to writer: inout WireWriter) {
        writer.int64(1, elementType.graphDefCode ?? 0)
        writer.shape(2, shape.dimensions)
        if case .buffer(let buffer) = storage, let view = ByteView(buffer, 0..<byteCount) { writer.view(4, view) }
    }
}

extension ElementType {
    /// TensorFlow's number; `nil` for a type that is not written.
    ///
    /// Source: `core/framework/types.proto`.
    var graphDefCode: Int64? {
        switch self {
        case .float32: 1
        case .int32: 3
        case .uint8: 4
        case .int16: 5
        case .int8: 6
        case .int64: 9
        case .bool: 10
        default: nil
        }
    }
}
