/// Typed values of fields. Each checks that the field is encoded as its type demands; a protobuf library would treat a
/// mismatch as an unknown field, and two readers that disagree about a file are a way in.
extension WireReader {
    private func expect(_ kind: WireField.Kind, _ field: WireField) throws(GraphError) {
        guard field.kind == kind else {
            throw failure("field \(field.number) is encoded as \(field.kind), expected \(kind)", at: field.start)
        }
    }

    package mutating func int64(_ field: WireField) throws(GraphError) -> Int64 {
        try expect(.varint, field)
        return Int64(bitPattern: try varint())
    }

    /// The low 32 bits, as protobuf reads an `int32` or enum.
    package mutating func int32(_ field: WireField) throws(GraphError) -> Int32 {
        Int32(truncatingIfNeeded: try int64(field))
    }

    package mutating func float(_ field: WireField) throws(GraphError) -> Float {
        try expect(.fixed32, field)
        return Float(bitPattern: try fixed32())
    }

    /// The field's bytes, not copied.
    package mutating func view(_ field: WireField) throws(GraphError) -> ByteView {
        try expect(.bytes, field)
        return try view(of: try byteRange())
    }

    /// A name: UTF-8, refused where it is not.
    package mutating func string(_ field: WireField) throws(GraphError) -> String {
        try expect(.bytes, field)
        let range = try byteRange()
        try charge(range.count)
        guard let text = String(validating: bytes(in: range), as: UTF8.self) else {
            throw failure("field \(field.number) is text, but not UTF-8", at: field.start)
        }
        return text
    }

    /// Documentation: repaired where it is not UTF-8, since nothing depends on it.
    package mutating func documentation(_ field: WireField) throws(GraphError) -> String {
        let bytes = try view(field)
        try charge(bytes.count)
        return bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// One more string of a repeated field.
    package mutating func string(_ field: WireField, appendingTo strings: inout [String]) throws(GraphError) {
        try charge(MemoryLayout<String>.stride)
        strings.append(try string(field))
    }

    /// One more byte string of a repeated field.
    package mutating func view(_ field: WireField, appendingTo views: inout [ByteView]) throws(GraphError) {
        try charge(MemoryLayout<ByteView>.stride)
        views.append(try view(field))
    }

    /// One or, packed, several more integers of a repeated field.
    package mutating func int64s(_ field: WireField, appendingTo values: inout [Int64]) throws(GraphError) {
        guard field.kind == .bytes else {
            try charge(MemoryLayout<Int64>.stride)
            values.append(try int64(field))
            return
        }
        let range = try byteRange()
        try rewind(to: range) { reader throws(GraphError) in
            try reader.charge(MemoryLayout<Int64>.stride)
            values.append(Int64(bitPattern: try reader.varint()))
        }
    }

    /// One or, packed, several more floats of a repeated field.
    package mutating func floats(_ field: WireField, appendingTo values: inout [Float]) throws(GraphError) {
        guard field.kind == .bytes else {
            try charge(MemoryLayout<Float>.stride)
            values.append(try float(field))
            return
        }
        let range = try byteRange()
        try charge(range.count)
        values.reserveCapacity(values.count + range.count / 4)
        try rewind(to: range) { reader throws(GraphError) in
            values.append(Float(bitPattern: try reader.fixed32()))
        }
    }

    /// Reads a nested message of type `Message`, keeping the fields it does not know.
    mutating func message<Message: WireMessage>(
        _ field: WireField, _: Message.Type = Message.self
    ) throws(GraphError) -> Message {
        try expect(.bytes, field)
        return try nested { reader throws(GraphError) in try Message(readingAll: &reader) }
    }

    /// One more message of a repeated field.
    mutating func message<Message: WireMessage>(
        _ field: WireField, appendingTo messages: inout [Message]
    ) throws(GraphError) {
        try charge(MemoryLayout<Message>.stride)
        messages.append(try message(field))
    }

    /// A message that may occur once. Protobuf would merge a second one into the first; no writer does that.
    mutating func message<Message: WireMessage>(
        _ field: WireField, once message: inout Message?
    ) throws(GraphError) {
        guard message == nil else {
            throw failure("field \(field.number) occurs twice; a model may have it once", at: field.start)
        }
        message = try self.message(field)
    }
}
