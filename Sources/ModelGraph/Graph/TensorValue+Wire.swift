/// A packed numeric field as it comes in: one piece stays a view; several, or single elements, are joined in a copy.
private struct PackedField {
    private var view: ByteView?
    private var joined: [UInt8] = []

    /// The packed elements, or `nil` when the field did not occur.
    var elements: ByteView? { joined.isEmpty ? view : ByteView(copying: joined) }

    mutating func read(
        _ field: WireField, element: WireField.Kind, from reader: inout WireReader
    ) throws(GraphError) {
        guard field.kind == .bytes || field.kind == element else {
            throw reader.failure(
                "field \(field.number) is encoded as \(field.kind), expected \(element)", at: field.start)
        }
        let piece = try reader.value(field)
        guard let first = view else {
            view = piece
            return
        }
        if joined.isEmpty { joined = first.array }
        piece.withUnsafeBytes { joined.append(contentsOf: $0) }
    }
}

/// A tensor's fields as they are collected; which of them holds the elements is known only at the end.
private struct TensorFields: WireRecord {
    /// `TensorProto.DataLocation.EXTERNAL`.
    static let externalLocation: Int32 = 1

    var tensor = TensorValue()
    var raw: ByteView?
    var floats = PackedField()
    var doubles = PackedField()
    var int32s = PackedField()
    var int64s = PackedField()
    var uint64s = PackedField()
    var strings: [ByteView] = []
    var external: [StringEntry] = []
    var location: Int32 = 0
    var unknownFields = UnknownFields()

    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: try reader.int64s(field, appendingTo: &tensor.dimensions)
        case 2: tensor.elementCode = try reader.int32(field)
        case 4: try floats.read(field, element: .fixed32, from: &reader)
        case 5: try int32s.read(field, element: .varint, from: &reader)
        case 6: try reader.view(field, appendingTo: &strings)
        case 7: try int64s.read(field, element: .varint, from: &reader)
        case 8: tensor.name = try reader.string(field)
        case 9: raw = try reader.view(field)
        case 10: try doubles.read(field, element: .fixed64, from: &reader)
        case 11: try uint64s.read(field, element: .varint, from: &reader)
        case 12: tensor.documentation = try reader.documentation(field)
        case 13: try reader.message(field, appendingTo: &external)
        case 14: location = try reader.int32(field)
        case 16: try reader.message(field, appendingTo: &tensor.metadata)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {}

    /// Where the elements are.
    ///
    /// - Throws: when several fields hold elements: readers would disagree about which one counts.
    func elements() throws(GraphError) -> TensorValue.Elements {
        var candidates: [TensorValue.Elements] = []
        func offer(_ view: ByteView?, _ make: (ByteView) -> TensorValue.Elements) {
            if let view, !view.isEmpty { candidates.append(make(view)) }
        }
        offer(raw) { .raw($0) }
        offer(floats.elements) { .floats($0) }
        offer(doubles.elements) { .doubles($0) }
        offer(int32s.elements) { .int32s($0) }
        offer(int64s.elements) { .int64s($0) }
        offer(uint64s.elements) { .uint64s($0) }
        if !strings.isEmpty { candidates.append(.strings(strings)) }
        if !external.isEmpty || location == Self.externalLocation { candidates.append(.external(external)) }
        guard candidates.count <= 1 else {
            throw GraphError(.malformed, "holds its elements in several fields; expected one")
        }
        return candidates.first ?? raw.map { .raw($0) } ?? .absent
    }
}

extension TensorValue: WireMessage {
    /// - Throws: `GraphError.Code.malformed` when several fields hold elements.
    init(readingAll reader: inout WireReader) throws(GraphError) {
        let start = reader.position
        let fields = try TensorFields(readingAll: &reader)
        self = fields.tensor
        unknownFields = fields.unknownFields
        do {
            elements = try fields.elements()
        } catch {
            throw reader.failure("tensor \(name.quoted) \(error.message)", at: start)
        }
    }

    func write(to writer: inout WireWriter) {
        for dimension in dimensions { writer.int64(1, dimension) }
        writer.int64(2, Int64(elementCode))
        switch elements {
        case .floats(let view): writer.view(4, view)
        case .int32s(let view): writer.view(5, view)
        case .strings(let strings): for string in strings { writer.view(6, string) }
        case .int64s(let view): writer.view(7, view)
        case .absent, .raw, .doubles, .uint64s, .external: break
        }
        writer.string(8, ifNotEmpty: name)
        switch elements {
        case .raw(let view): writer.view(9, view)
        case .doubles(let view): writer.view(10, view)
        case .uint64s(let view): writer.view(11, view)
        case .absent, .floats, .int32s, .strings, .int64s, .external: break
        }
        writer.string(12, ifNotEmpty: documentation)
        if case .external(let entries) = elements {
            writer.messages(13, entries)
            writer.int64(14, Int64(TensorFields.externalLocation))
        }
        writer.messages(16, metadata)
        writer.unknown(unknownFields)
    }
}

extension TensorValue {
    /// Reads a tensor from a file of its own, as test data is shipped. The elements stay in the mapped file.
    ///
    /// - Throws: `GraphError.Code.io`, `.malformed` or `.limitExceeded`.
    package static func read(path: String, limits: GraphLimits = GraphLimits()) throws(GraphError) -> TensorValue {
        var reader = WireReader(try MappedFile(path: path, maximumBytes: limits.fileBytes).buffer, limits: limits)
        return try TensorValue(readingAll: &reader)
    }
}
