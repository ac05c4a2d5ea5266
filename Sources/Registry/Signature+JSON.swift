package import Tensors

extension Signature {
    /// `{"inputs":[{"name":"pixels","shape":["N",64],"type":"float32"}],"outputs":[…]}`.
    ///
    /// A dimension is a number, a symbol's name, or `null` when unknown; a shape of unknown rank is `null`.
    package var json: JSONValue {
        .object([("inputs", .array(inputs.map(\.json))), ("outputs", .array(outputs.map(\.json)))])
    }

    /// Reads what `json` writes.
    ///
    /// - Throws: `RegistryError.Code.invalid`, naming the member that is wrong.
    package init(json: JSONValue) throws(RegistryError) {
        self.init(inputs: try Self.specs(json, "inputs"), outputs: try Self.specs(json, "outputs"))
    }

    private static func specs(_ json: JSONValue, _ key: String) throws(RegistryError) -> [TensorSpec] {
        guard let elements = json[key]?.arrayValue else {
            throw RegistryError(.invalid, "a signature needs the array '\(key)'")
        }
        var specs: [TensorSpec] = []
        for element in elements { specs.append(try TensorSpec(json: element, place: "\(key)[\(specs.count)]")) }
        guard Set(specs.map(\.name)).count == specs.count else {
            throw RegistryError(.invalid, "a name comes twice in '\(key)' of the signature")
        }
        return specs
    }
}

extension TensorSpec {
    fileprivate var json: JSONValue {
        .object([
            ("name", .string(name)), ("shape", dimensions.map { .array($0.map(\.json)) } ?? .null),
            ("type", .string(elementType.rawValue)),
        ])
    }

    fileprivate init(json: JSONValue, place: String) throws(RegistryError) {
        guard let name = json["name"]?.stringValue, let type = json["type"]?.stringValue, let shape = json["shape"]
        else {
            throw RegistryError(.invalid, "\(place) of the signature needs 'name', 'shape' and 'type'")
        }
        guard let elementType = ElementType(rawValue: type) else {
            throw RegistryError(.invalid, "\(place) of the signature has the unknown type '\(type.prefix(40))'")
        }
        self.init(name: name, elementType: elementType, dimensions: try Self.dimensions(shape, place))
    }

    private static func dimensions(_ shape: JSONValue, _ place: String) throws(RegistryError) -> [Dimension]? {
        if shape.isNull { return nil }
        guard let elements = shape.arrayValue, elements.count <= Shape.maximumRank else {
            throw RegistryError(
                .invalid, "the shape of \(place) is no array of at most \(Shape.maximumRank) dimensions")
        }
        var dimensions: [Dimension] = []
        for element in elements {
            switch element {
            case .integer(let size) where size >= 0: dimensions.append(.fixed(size))
            case .string(let symbol): dimensions.append(.symbol(symbol))
            case .null: dimensions.append(.unknown)
            default: throw RegistryError(.invalid, "the shape of \(place) holds what is no dimension")
            }
        }
        return dimensions
    }
}

extension Dimension {
    fileprivate var json: JSONValue {
        switch self {
        case .fixed(let size): .integer(size)
        case .symbol(let name): .string(name)
        case .unknown: .null
        }
    }
}
