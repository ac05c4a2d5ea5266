/// A named constant of a node, such as a convolution's strides or a loop's body.
///
/// Source: `onnx.proto`, `AttributeProto`.
package struct Attribute: Hashable, Sendable {
    /// What an attribute can hold, by its number in the file.
    package enum Kind: Int32, Hashable, Sendable, CaseIterable {
        case undefined = 0
        case float, int, string, tensor, graph
        case floats, ints, strings, tensors, graphs
        case sparseTensor, sparseTensors, type, types
    }

    /// The value, or the name of the function attribute that supplies it.
    package indirect enum Value: Hashable, Sendable {
        case undefined
        case float(Float)
        case int(Int64)
        /// Bytes, usually UTF-8.
        case string(ByteView)
        case tensor(TensorValue)
        case graph(Graph)
        case floats([Float])
        case ints([Int64])
        case strings([ByteView])
        case tensors([TensorValue])
        case graphs([Graph])
        case sparseTensor(SparseTensorValue)
        case sparseTensors([SparseTensorValue])
        case type(ValueType)
        case types([ValueType])
        /// Only inside a function body: the value of the function's attribute `name`.
        case reference(name: String, kind: Kind)
    }

    package var name = ""
    package var value: Value
    package var documentation = ""
    package var unknownFields = UnknownFields()

    package init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }
}

extension Attribute.Kind {
    /// The name in `onnx.proto`: `INTS`, `GRAPH`.
    package var displayName: String {
        switch self {
        case .undefined: "UNDEFINED"
        case .float: "FLOAT"
        case .int: "INT"
        case .string: "STRING"
        case .tensor: "TENSOR"
        case .graph: "GRAPH"
        case .floats: "FLOATS"
        case .ints: "INTS"
        case .strings: "STRINGS"
        case .tensors: "TENSORS"
        case .graphs: "GRAPHS"
        case .sparseTensor: "SPARSE_TENSOR"
        case .sparseTensors: "SPARSE_TENSORS"
        case .type: "TYPE_PROTO"
        case .types: "TYPE_PROTOS"
        }
    }
}

extension Attribute.Value {
    package var kind: Attribute.Kind {
        switch self {
        case .undefined: .undefined
        case .float: .float
        case .int: .int
        case .string: .string
        case .tensor: .tensor
        case .graph: .graph
        case .floats: .floats
        case .ints: .ints
        case .strings: .strings
        case .tensors: .tensors
        case .graphs: .graphs
        case .sparseTensor: .sparseTensor
        case .sparseTensors: .sparseTensors
        case .type: .type
        case .types: .types
        case .reference(_, let kind): kind
        }
    }

    /// Text in memory of its own.
    package static func text(_ text: String) -> Self { .string(ByteView(text)) }

    package var intValue: Int64? { if case .int(let value) = self { value } else { nil } }
    package var intsValue: [Int64]? { if case .ints(let values) = self { values } else { nil } }
    package var textValue: String? { if case .string(let bytes) = self { bytes.text } else { nil } }

    /// The graphs in this value: none, one, or several.
    package var graphs: [Graph] {
        switch self {
        case .graph(let graph): [graph]
        case .graphs(let graphs): graphs
        default: []
        }
    }
}
