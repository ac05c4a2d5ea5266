/// A group: names, and what stands under them.
package struct HDF5Group {
    let file: HDF5File
    let header: ObjectHeader
    /// From the root, without a slash at the beginning.
    package let path: String

    /// Everything in it, in the file's order.
    ///
    /// - Throws: `HDF5Error` when the group, or an object in it, cannot be read.
    package func members() throws(HDF5Error) -> [(name: String, address: UInt64)] {
        if var body = try header.body(.symbolTable) {
            let (tree, heap) = (try body.address(), try body.address())
            return try SymbolTable(file, tree: tree, heap: heap).members
        }
        if var body = try header.body(.linkInfo) { try checkLinks(&body) }
        var members: [(name: String, address: UInt64)] = []
        for message in header.messages where message.kind == .link {
            members.append(try Link.read(message.body))
        }
        return members
    }

    /// Links that are many stand in a heap, which is not read.
    private func checkLinks(_ body: inout ByteCursor) throws(HDF5Error) {
        try body.skip(1)
        if try body.byte() & 1 != 0 { try body.skip(8) }
        guard try body.address() == ByteCursor.undefined else {
            throw .unsupported(
                "the group '/\(path)' keeps its names in a fractal heap, as files for the newest library do; save it again "
                    + "without libver='latest'")
        }
    }

    /// What stands under a name; `nil` when nothing does.
    ///
    /// - Throws: `HDF5Error` when it cannot be read.
    package func object(_ name: String) throws(HDF5Error) -> HDF5Object? {
        guard let member = try members().first(where: { $0.name == name }) else { return nil }
        return try object(member)
    }

    /// A member of the group.
    package func object(_ member: (name: String, address: UInt64)) throws(HDF5Error) -> HDF5Object {
        try file.object(at: member.address, path: path.isEmpty ? member.name : "\(path)/\(member.name)")
    }

    /// The group along a path of names; `nil` when there is none.
    package func group(_ names: [String]) throws(HDF5Error) -> HDF5Group? {
        var group = self
        for name in names {
            guard case .group(let next)? = try group.object(name) else { return nil }
            group = next
        }
        return group
    }

    /// The attribute of a name; `nil` when there is none.
    package func attribute(_ name: String) throws(HDF5Error) -> HDF5Attribute? {
        try HDF5Attribute.find(name, in: header, file)
    }
}

/// One name of a newer group. Source: specification, IV.A.2.g.
enum Link {
    static func read(_ body: ByteCursor) throws(HDF5Error) -> (name: String, address: UInt64) {
        var body = body
        let version = try body.byte()
        guard version == 1 else { throw .unsupported("a link of version \(version)") }
        let flags = try body.byte()
        let kind = flags & 0x08 == 0 ? 0 : try body.byte()
        if flags & 0x04 != 0 { try body.skip(8) }
        if flags & 0x10 != 0 { try body.skip(1) }
        let name = try Text.decode(try body.array(try body.count(1 << Int(flags & 3))))
        guard kind == 0 else {
            throw .unsupported(
                "'\(name.prefix(80))' is a \(kind == 1 ? "soft" : "external") link; objects themselves are read")
        }
        return (name, try body.address())
    }
}

/// Names and texts.
enum Text {
    /// - Throws: `HDF5Error.Code.malformed` for what is no UTF-8.
    static func decode(_ bytes: [UInt8]) throws(HDF5Error) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed("a text that is no UTF-8") }
        return text
    }
}
