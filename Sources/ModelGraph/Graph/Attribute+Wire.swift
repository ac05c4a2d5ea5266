/// An attribute's fields as they are collected; which of them is the value is known only at the end.
private struct AttributeFields: WireRecord {
    var name = ""
    var reference = ""
    var documentation = ""
    var declaredKind: Int32?
    var float: Float?
    var int: Int64?
    var string: ByteView?
    var tensor: TensorValue?
    var graph: Graph?
    var sparseTensor: SparseTensorValue?
    var type: ValueType?
    var floats: [Float] = []
    var ints: [Int64] = []
    var strings: [ByteView] = []
    var tensors: [TensorValue] = []
    var graphs: [Graph] = []
    var sparseTensors: [SparseTensorValue] = []
    var types: [ValueType] = []
    var unknownFields = UnknownFields()

    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: name = try reader.string(field)
        case 2: float = try reader.float(field)
        case 3: int = try reader.int64(field)
        case 4: string = try reader.view(field)
        case 5: try reader.message(field, once: &tensor)
        case 6: try reader.message(field, once: &graph)
        case 7: try reader.floats(field, appendingTo: &floats)
        case 8: try reader.int64s(field, appendingTo: &ints)
        case 9: try reader.view(field, appendingTo: &strings)
        case 10: try reader.message(field, appendingTo: &tensors)
        case 11: try reader.message(field, appendingTo: &graphs)
        case 13: documentation = try reader.documentation(field)
        case 14: try reader.message(field, once: &type)
        case 15: try reader.message(field, appendingTo: &types)
        case 20: declaredKind = try reader.int32(field)
        case 21: reference = try reader.string(field)
        case 22: try reader.message(field, once: &sparseTensor)
        case 23: try reader.message(field, appendingTo: &sparseTensors)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {}

    /// Every value that is present.
    var values: [Attribute.Value] {
        var found: [Attribute.Value] = []
        if let float { found.append(.float(float)) }
        if let int { found.append(.int(int)) }
        if let string { found.append(.string(string)) }
        if let tensor { found.append(.tensor(tensor)) }
        if let graph { found.append(.graph(graph)) }
        if let sparseTensor { found.append(.sparseTensor(sparseTensor)) }
        if let type { found.append(.type(type)) }
        if !floats.isEmpty { found.append(.floats(floats)) }
        if !ints.isEmpty { found.append(.ints(ints)) }
        if !strings.isEmpty { found.append(.strings(strings)) }
        if !tensors.isEmpty { found.append(.tensors(tensors)) }
        if !graphs.isEmpty { found.append(.graphs(graphs)) }
        if !sparseTensors.isEmpty { found.append(.sparseTensors(sparseTensors)) }
        if !types.isEmpty { found.append(.types(types)) }
        return found
    }
}

extension Attribute: WireMessage {
    /// - Throws: `GraphError.Code.malformed` when it holds values of several kinds, or of another kind than it says.
    init(readingAll reader: inout WireReader) throws(GraphError) {
        let start = reader.position
        let fields = try AttributeFields(readingAll: &reader)
        do {
            self.init(fields.name, try Self.value(of: fields))
        } catch {
            throw reader.failure("attribute \(fields.name.quoted) \(error.message)", at: start)
        }
        documentation = fields.documentation
        unknownFields = fields.unknownFields
    }

    private static func value(of fields: AttributeFields) throws(GraphError) -> Value {
        guard let declared = Kind(rawValue: fields.declaredKind ?? 0) else {
            throw GraphError(.malformed, "has unknown type \(fields.declaredKind ?? 0)")
        }
        let values = fields.values
        if !fields.reference.isEmpty, values.isEmpty { return .reference(name: fields.reference, kind: declared) }
        guard values.count <= 1, fields.reference.isEmpty else {
            throw GraphError(.malformed, "holds several values; expected one")
        }
        // Files older than IR version 2 do not say the type.
        guard let value = values.first else { return Value(absent: declared) }
        guard declared == .undefined || declared == value.kind else {
            throw GraphError(.malformed, "says it is \(declared.displayName), but holds \(value.kind.displayName)")
        }
        return value
    }

    func write(to writer: inout WireWriter) {
        writer.string(1, ifNotEmpty: name)
        writeLowFields(to: &writer)
        writer.string(13, ifNotEmpty: documentation)
        if case .type(let type) = value { writer.message(14, type) }
        if case .types(let types) = value { writer.messages(15, types) }
        if value.kind != .undefined { writer.int64(20, Int64(value.kind.rawValue)) }
        if case .reference(let name, _) = value { writer.string(21, name) }
        if case .sparseTensor(let tensor) = value { writer.message(22, tensor) }
        if case .sparseTensors(let tensors) = value { writer.messages(23, tensors) }
        writer.unknown(unknownFields)
    }

    private func writeLowFields(to writer: inout WireWriter) {
        switch value {
        case .float(let value): writer.float(2, value)
        case .int(let value): writer.int64(3, value)
        case .string(let bytes): writer.view(4, bytes)
        case .tensor(let tensor): writer.message(5, tensor)
        case .graph(let graph): writer.message(6, graph)
        case .floats(let values): for value in values { writer.float(7, value) }
        case .ints(let values): for value in values { writer.int64(8, value) }
        case .strings(let strings): for bytes in strings { writer.view(9, bytes) }
        case .tensors(let tensors): writer.messages(10, tensors)
        case .graphs(let graphs): writer.messages(11, graphs)
        case .undefined, .sparseTensor, .sparseTensors, .type, .types, .reference: break
        }
    }
}

extension Attribute.Value {
    /// What an attribute of this kind means when its field is absent: protobuf's default.
    fileprivate init(absent kind: Attribute.Kind) {
        switch kind {
        case .float: self = .float(0)
        case .int: self = .int(0)
        case .string: self = .text("")
        case .floats: self = .floats([])
        case .ints: self = .ints([])
        case .strings: self = .strings([])
        case .tensors: self = .tensors([])
        case .graphs: self = .graphs([])
        case .sparseTensors: self = .sparseTensors([])
        case .types: self = .types([])
        case .undefined, .tensor, .graph, .sparseTensor, .type: self = .undefined
        }
    }
}
