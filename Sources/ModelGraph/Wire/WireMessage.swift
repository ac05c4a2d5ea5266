/// A type of `onnx.proto` that reads and writes itself.
protocol WireMessage {
    /// Reads fields until the innermost message ends.
    init(readingAll reader: inout WireReader) throws(GraphError)

    /// Writes every field, without a tag or length for the whole.
    func write(to writer: inout WireWriter)
}

/// A message whose fields can be taken one at a time.
///
/// A conformer handles the fields it knows; the rest it never sees, and they are written back as they came.
protocol WireRecord: WireMessage {
    init()

    /// Fields that this version does not know, byte for byte.
    var unknownFields: UnknownFields { get set }

    /// Reads one field, or answers `false` without reading when it does not know the number.
    mutating func read(_ field: WireField, from reader: inout WireReader) throws(GraphError) -> Bool

    /// Writes the known fields in ascending order of their numbers, as protobuf's own writers do.
    func writeFields(to writer: inout WireWriter)
}

extension WireRecord {
    init(readingAll reader: inout WireReader) throws(GraphError) {
        self.init()
        while let field = try reader.next() {
            guard try !read(field, from: &reader) else { continue }
            try reader.charge(MemoryLayout<ByteView>.stride)
            unknownFields.append(try reader.skip(field))
        }
    }

    func write(to writer: inout WireWriter) {
        writeFields(to: &writer)
        writer.unknown(unknownFields)
    }
}

/// Fields that were read but not understood: whole, with their tags, in the order they came.
package struct UnknownFields: Hashable, Sendable {
    package private(set) var views: [ByteView] = []

    package init() {}

    package var isEmpty: Bool { views.isEmpty }

    /// Keeps one more field; neighbours become one view.
    mutating func append(_ field: ByteView) {
        if let last = views.last, last.buffer === field.buffer, last.end == field.offset,
            let joined = ByteView(field.buffer, last.offset..<field.end)
        {
            views[views.count - 1] = joined
        } else {
            views.append(field)
        }
    }
}

extension WireWriter {
    /// Fields as they were read.
    mutating func unknown(_ fields: UnknownFields) {
        for view in fields.views { raw(view) }
    }
}
