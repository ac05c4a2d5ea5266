package import Tensors

/// The declared type of a value: nearly always a tensor; classical models also have sequences and maps.
///
/// Source: `onnx.proto`, `TypeProto`.
package struct ValueType: Hashable, Sendable {
    /// What the value is.
    package indirect enum Kind: Hashable, Sendable {
        case undeclared
        case tensor(TensorType)
        case sparseTensor(TensorType)
        case sequence(ElementOf)
        case optional(ElementOf)
        case map(MapType)
        case opaque(OpaqueType)
    }

    package var kind = Kind.undeclared
    package var denotation = ""
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ kind: Kind) {
        self.kind = kind
    }

    /// A dense tensor type.
    package static func tensor(_ elementType: ElementType, _ dimensions: [Dimension]?) -> ValueType {
        ValueType(.tensor(TensorType(elementType, dimensions)))
    }

    /// The dense tensor type, where it is one.
    package var tensor: TensorType? { if case .tensor(let type) = kind { type } else { nil } }
}

/// Element type and shape of a tensor. Source: `TypeProto.Tensor`.
package struct TensorType: Hashable, Sendable {
    /// The number in the file, which may be one that `ElementType` does not know.
    package var elementCode: Int32 = 0
    /// `nil` when not even the rank is declared.
    package var shape: DeclaredShape?
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ elementType: ElementType, _ dimensions: [Dimension]?) {
        elementCode = elementType.onnxCode
        shape = dimensions.map(DeclaredShape.init)
    }

    /// The element type, or `nil` for 0 (undefined) and numbers we do not know.
    package var elementType: ElementType? { ElementType(onnxCode: elementCode) }

    /// The dimensions; a negative size, which some exporters write for "any", is unknown.
    package var dimensions: [Dimension]? { shape?.dimensions.map(\.dimension) }
}

/// The dimensions a file declares. Source: `TensorShapeProto`.
package struct DeclaredShape: Hashable, Sendable {
    package var dimensions: [DeclaredDimension] = []
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ dimensions: [Dimension]) {
        self.dimensions = dimensions.map(DeclaredDimension.init)
    }
}

/// One dimension. Source: `TensorShapeProto.Dimension`.
package struct DeclaredDimension: Hashable, Sendable {
    /// A size, a name, or neither.
    package enum Value: Hashable, Sendable {
        case size(Int64)
        case symbol(String)
        case unknown
    }

    package var value = Value.unknown
    package var denotation = ""
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ dimension: Dimension) {
        value =
            switch dimension {
            case .fixed(let size): .size(Int64(size))
            case .symbol(let name): .symbol(name)
            case .unknown: .unknown
            }
    }

    package var dimension: Dimension {
        switch value {
        case .size(let size) where size >= 0: .fixed(Int(size))
        case .symbol(let name) where !name.isEmpty: .symbol(name)
        default: .unknown
        }
    }
}

/// What a sequence or an optional holds. Source: `TypeProto.Sequence`, `TypeProto.Optional`.
package struct ElementOf: Hashable, Sendable {
    package var element: ValueType?
    package var unknownFields = UnknownFields()

    package init() {}

    package init(_ element: ValueType) {
        self.element = element
    }
}

/// Source: `TypeProto.Map`.
package struct MapType: Hashable, Sendable {
    /// An integer type or `STRING`, by its `TensorProto.DataType` number.
    package var keyCode: Int32 = 0
    package var value: ValueType?
    package var unknownFields = UnknownFields()

    package init() {}

    package init(key: ElementType, value: ValueType) {
        self.keyCode = key.onnxCode
        self.value = value
    }
}

/// A type only its own runtime understands. Source: `TypeProto.Opaque`.
package struct OpaqueType: Hashable, Sendable {
    package var domain = ""
    package var name = ""
    package var unknownFields = UnknownFields()

    package init() {}
}

extension ValueType: CustomStringConvertible {
    /// `FP32 [N, 64]`, `sequence of map of INT64 to FP32 []`.
    package var description: String {
        switch kind {
        case .undeclared: "no declared type"
        case .tensor(let type): type.description
        case .sparseTensor(let type): "sparse \(type)"
        case .sequence(let of): "sequence of \(of.element?.description ?? "?")"
        case .optional(let of): "optional \(of.element?.description ?? "?")"
        case .map(let map): "map of \(elementName(map.keyCode)) to \(map.value?.description ?? "?")"
        case .opaque(let type): "opaque \(type.name.sanitised)"
        }
    }
}

extension TensorType: CustomStringConvertible {
    package var description: String {
        guard let dimensions else { return "\(elementName(elementCode)) […]" }
        return "\(elementName(elementCode)) [\(dimensions.map(\.description.sanitised).joined(separator: ", "))]"
    }
}

/// The name shown for a `TensorProto.DataType` number, known or not.
func elementName(_ code: Int32) -> String {
    ElementType(onnxCode: code)?.displayName ?? (code == 0 ? "undefined type" : "element type \(code)")
}
