extension ValueType: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: try set(.tensor(try reader.message(field)), field, reader)
        case 4: try set(.sequence(try reader.message(field)), field, reader)
        case 5: try set(.map(try reader.message(field)), field, reader)
        case 6: denotation = try reader.string(field)
        case 7: try set(.opaque(try reader.message(field)), field, reader)
        case 8: try set(.sparseTensor(try reader.message(field)), field, reader)
        case 9: try set(.optional(try reader.message(field)), field, reader)
        default: return false
        }
        return true
    }

    private mutating func set(_ kind: Kind, _ field: WireField, _ reader: WireReader) throws(GraphError) {
        guard case .undeclared = self.kind else {
            throw reader.failure("a type says twice what it is", at: field.start)
        }
        self.kind = kind
    }

    func writeFields(to writer: inout WireWriter) {
        switch kind {
        case .tensor(let type): writer.message(1, type)
        case .sequence(let type): writer.message(4, type)
        case .map(let type): writer.message(5, type)
        case .undeclared, .opaque, .sparseTensor, .optional: break
        }
        writer.string(6, ifNotEmpty: denotation)
        switch kind {
        case .opaque(let type): writer.message(7, type)
        case .sparseTensor(let type): writer.message(8, type)
        case .optional(let type): writer.message(9, type)
        case .undeclared, .tensor, .sequence, .map: break
        }
    }
}

extension TensorType: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: elementCode = try reader.int32(field)
        case 2: try reader.message(field, once: &shape)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.int64(1, Int64(elementCode))
        writer.message(2, shape)
    }
}

extension DeclaredShape: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        guard field.number == 1 else { return false }
        try reader.message(field, appendingTo: &dimensions)
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.messages(1, dimensions)
    }
}

extension DeclaredDimension: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: value = .size(try reader.int64(field))
        case 2: value = .symbol(try reader.string(field))
        case 3: denotation = try reader.string(field)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        switch value {
        case .size(let size): writer.int64(1, size)
        case .symbol(let name): writer.string(2, name)
        case .unknown: break
        }
        writer.string(3, ifNotEmpty: denotation)
    }
}

extension ElementOf: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        guard field.number == 1 else { return false }
        try reader.message(field, once: &element)
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.message(1, element)
    }
}

extension MapType: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: keyCode = try reader.int32(field)
        case 2: try reader.message(field, once: &value)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.int64(1, Int64(keyCode))
        writer.message(2, value)
    }
}

extension OpaqueType: WireRecord {
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool {
        switch field.number {
        case 1: domain = try reader.string(field)
        case 2: name = try reader.string(field)
        default: return false
        }
        return true
    }

    func writeFields(to writer: inout WireWriter) {
        writer.string(1, ifNotEmpty: domain)
        writer.string(2, ifNotEmpty: name)
    }
}
