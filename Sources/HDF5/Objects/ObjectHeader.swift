/// The messages that describe one object.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.
struct ObjectHeader {
    /// Kinds of messages that are read here, by their numbers.
    enum Kind: UInt64 {
        case dataspace = 0x01, linkInfo = 0x02, datatype = 0x03, link = 0x06, externalFiles = 0x07, layout = 0x08
        case filters = 0x0B, attribute = 0x0C, continuation = 0x10, symbolTable = 0x11, attributeInfo = 0x15
    }

    /// One message.
    struct Message {
        var kind: Kind
        /// Whether its contents stand elsewhere, shared with other objects.
        var isShared: Bool
        var body: ByteCursor
    }

    let address: UInt64
    private(set) var messages: [Message] = []

    init(_ file: HDF5File, at address: UInt64) throws(HDF5Error) {
        self.address = address
        var cursor = try file.cursor(at: address, "an object header")
        let first = try cursor.byte()
        if first == 1 {
            try readOlder(&cursor, file)
        } else if first == UInt8(ascii: "O") {
            try cursor.expect("HDR", "an object header")
            try readNewer(&cursor, file)
        } else {
            throw .malformed("expected an object header at byte \(address), found something else")
        }
    }

    /// The first message of a kind.
    func message(_ kind: Kind) -> Message? { messages.first { $0.kind == kind } }

    /// The contents of the first message of a kind.
    func body(_ kind: Kind) throws(HDF5Error) -> ByteCursor? {
        guard let message = message(kind) else { return nil }
        guard !message.isShared else {
            throw .unsupported("the object at byte \(address) shares its \(kind) with others (a committed type)")
        }
        return message.body
    }

    // MARK: - Version 1

    private mutating func readOlder(_ cursor: inout ByteCursor, _ file: HDF5File) throws(HDF5Error) {
        try cursor.skip(1)
        let promised = try cursor.count(2)
        try cursor.skip(4)
        let size = try cursor.count(4)
        try cursor.skip(4)
        var blocks = [try cursor.part(size, "an object header")]
        var starts: Set<Int> = []
        var seen = 0
        while let next = blocks.popLast(), seen < promised {
            guard starts.insert(next.position).inserted, starts.count <= file.limits.depth else {
                throw .malformed("the object header at byte \(address) goes round in a circle")
            }
            var block = next
            // What is left may be too short for a message: then it is padding.
            while block.remaining >= 8, seen < promised {
                seen += 1
                let (kind, size, flags) = (try block.number(2), try block.count(2), try block.byte())
                try block.skip(3)
                let body = try block.part(size, "a message of an object header")
                if let more = try add(kind, flags, body, file) { blocks.append(more) }
            }
        }
    }

    // MARK: - Version 2

    private mutating func readNewer(_ cursor: inout ByteCursor, _ file: HDF5File) throws(HDF5Error) {
        let version = try cursor.byte()
        guard version == 2 else { throw .unsupported("an object header of version \(version); 1 and 2 are read") }
        let flags = try cursor.byte()
        if flags & 0x20 != 0 { try cursor.skip(16) }
        if flags & 0x10 != 0 { try cursor.skip(4) }
        let size = try cursor.count(1 << Int(flags & 3))
        var blocks = [try cursor.part(size, "an object header")]
        var starts: Set<Int> = []
        while let next = blocks.popLast() {
            guard starts.insert(next.position).inserted, starts.count <= file.limits.depth else {
                throw .malformed("the object header at byte \(address) goes round in a circle")
            }
            var block = next
            if starts.count > 1 {
                try block.expect("OCHK", "a further part of an object header")
                // The checksum at the end is no message.
                block = try block.part(max(0, block.remaining - 4), "a further part of an object header")
            }
            let ordered = flags & 0x04 != 0
            while block.remaining >= (ordered ? 6 : 4) {
                let (kind, size, flags) = (try block.number(1), try block.count(2), try block.byte())
                if ordered { try block.skip(2) }
                let body = try block.part(size, "a message of an object header")
                if let more = try add(kind, flags, body, file) { blocks.append(more) }
            }
        }
    }

    /// Keeps a message; one that says where the header goes on gives that block.
    private mutating func add(
        _ number: UInt64, _ flags: UInt8, _ body: ByteCursor, _ file: HDF5File
    ) throws(HDF5Error) -> ByteCursor? {
        try file.spend(entries: 1)
        guard let kind = Kind(rawValue: number) else {
            // Bit 3: a reader that does not know the message must not go on.
            guard flags & 0x08 == 0 else { throw .unsupported("a message of kind \(number) in an object header") }
            return nil
        }
        guard kind == .continuation else {
            messages.append(Message(kind: kind, isShared: flags & 0x02 != 0, body: body))
            return nil
        }
        var body = body
        let (address, count) = (try body.address(), try body.count(8))
        return try file.cursor(at: address, count: count, "a further part of an object header")
    }
}
