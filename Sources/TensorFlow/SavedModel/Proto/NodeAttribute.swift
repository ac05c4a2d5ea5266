import ModelGraph

/// A setting of a node.
///
/// Source: TensorFlow, `core/framework/attr_value.proto`.
enum NodeAttribute {
    case text(ByteView)
    case int(Int64)
    case float(Float)
    case bool(Bool)
    /// An element type, by TensorFlow's number.
    case type(Int32)
    /// `nil` where not even the number of axes is known.
    case shape([Int?]?)
    case tensor(ProtoTensor)
    /// A function's name.
    case function(String)
    case list(List)
    case nothing

    /// Several of one kind.
    struct List {
        var texts: [ByteView] = []
        var ints: [Int64] = []
        var types: [Int64] = []
        var shapes: [[Int?]?] = []
        var functions: [String] = []
    }

    /// Reads the message that a field is.
    init(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var result = NodeAttribute.nothing
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: result = .list(try List(field, &reader))
            case 2: result = .text(try reader.view(field))
            case 3: result = .int(try reader.int64(field))
            case 4: result = .float(try reader.float(field))
            case 5: result = .bool(try reader.int64(field) != 0)
            case 6: result = .type(try reader.int32(field))
            case 7: result = .shape(try SavedShape.read(field, &reader))
            case 8: result = .tensor(try ProtoTensor(field, &reader))
            case 10: result = .function(try Self.function(field, &reader))
            default: return false
            }
            return true
        }
        self = result
    }

    fileprivate static func function(_ field: WireField, _ reader: inout WireReader) throws(GraphError) -> String {
        var name = ""
        try reader.fields(of: field) { field, reader throws(GraphError) in
            guard field.number == 1 else { return false }
            name = try reader.string(field)
            return true
        }
        return name
    }
}

extension NodeAttribute.List {
    fileprivate init(_ field: WireField, _ reader: inout WireReader) throws(GraphError) {
        var list = NodeAttribute.List()
        try reader.fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 2: try reader.view(field, appendingTo: &list.texts)
            case 3: try reader.int64s(field, appendingTo: &list.ints)
            case 6: try reader.int64s(field, appendingTo: &list.types)
            case 7:
                try reader.charge(64)
                list.shapes.append(try SavedShape.read(field, &reader))
            case 9:
                try reader.charge(32)
                list.functions.append(try NodeAttribute.function(field, &reader))
            default: return false
            }
            return true
        }
        self = list
    }
}
