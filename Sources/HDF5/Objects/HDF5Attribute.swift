/// A named value of a group: texts or numbers.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.2.m.
package struct HDF5Attribute {
    /// None for a single value.
    package let dimensions: [Int]
    package let type: Datatype
    private let data: ByteCursor
    private let file: HDF5File

    /// The attribute of a name.
    static func find(_ name: String, in header: ObjectHeader, _ file: HDF5File) throws(HDF5Error) -> HDF5Attribute? {
        for message in header.messages where message.kind == .attribute {
            guard !message.isShared else { throw .unsupported("an attribute that is shared with other objects") }
            var body = message.body
            let head = try Head(&body)
            if head.name == name { return try HDF5Attribute(head, file) }
        }
        if var info = try header.body(.attributeInfo) {
            try info.skip(1)
            if try info.byte() & 1 != 0 { try info.skip(2) }
            guard try info.address() == ByteCursor.undefined else {
                throw .unsupported("attributes in a fractal heap; save the file again without libver='latest'")
            }
        }
        return nil
    }

    /// The parts of the message.
    private struct Head {
        var name: String
        var type: ByteCursor
        var space: ByteCursor
        var data: ByteCursor

        init(_ body: inout ByteCursor) throws(HDF5Error) {
            let version = try body.byte()
            guard (1...3).contains(version) else { throw .unsupported("an attribute of version \(version)") }
            let flags = try body.byte()
            let (nameCount, typeCount, spaceCount) = (try body.count(2), try body.count(2), try body.count(2))
            guard version == 1 || flags & 3 == 0 else {
                throw .unsupported("an attribute whose type stands elsewhere (a committed type)")
            }
            if version == 3 { try body.skip(1) }
            // The first version fills each part up to eight bytes.
            func padded(_ count: Int) -> Int { version == 1 ? (count + 7) / 8 * 8 : count }
            var text = try body.array(padded(nameCount))
            if let end = text.firstIndex(of: 0) { text.removeSubrange(end...) }
            name = try Text.decode(text)
            type = try body.part(padded(typeCount), "an attribute's type")
            space = try body.part(padded(spaceCount), "an attribute's size")
            data = try body.part(body.remaining, "an attribute's value")
        }
    }

    private init(_ head: Head, _ file: HDF5File) throws(HDF5Error) {
        type = try Datatype(head.type)
        dimensions = try Dataspace.dimensions(head.space, limits: file.limits)
        let count = try Dataspace.byteCount(dimensions, width: type.byteCount, "an attribute")
        guard count <= head.data.remaining else {
            throw .malformed(
                "the attribute '\(head.name.prefix(80))' needs \(count) bytes, but has \(head.data.remaining)")
        }
        data = head.data
        self.file = file
    }

    /// All values as texts.
    ///
    /// - Throws: `HDF5Error` when they are no texts, or do not lie within the file.
    package func texts() throws(HDF5Error) -> [String] {
        let count = try Dataspace.byteCount(dimensions, width: 1, "an attribute")
        try file.spend(entries: count)
        var data = data
        var texts: [String] = []
        for _ in 0..<count {
            switch type {
            case .text(let bytes):
                try file.spend(bytes: bytes, "an attribute")
                var text = try data.array(bytes)
                // Filled up with zeros, of which the first ends it.
                if let end = text.firstIndex(of: 0) { text.removeSubrange(end...) }
                texts.append(try Text.decode(text))
            case .longText:
                _ = try data.number(4)
                let (address, index) = (try data.address(), try data.number(4))
                // What was never written is empty.
                texts.append(
                    address == 0 ? "" : try file.heap(at: address).text(UInt16(truncatingIfNeeded: index), file))
            case .integer, .float: throw .malformed("an attribute is to be text, but has elements of type \(type.name)")
            }
        }
        return texts
    }
}
