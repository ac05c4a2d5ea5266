/// One 512-byte header of a tar archive.
///
/// Source: POSIX.1-2024, pax, "ustar Interchange Format" and "pax Interchange Format".
struct TarHeader: Hashable {
    enum Kind: UInt8 {
        case file = 0x30
        case directory = 0x35
        /// Says more about the next member.
        case extended = 0x78
        /// Says something about all members after it.
        case global = 0x67
    }

    /// As it is written, with a slash at the end of a directory's.
    var path: String
    var kind: Kind
    /// In bytes.
    var size: Int

    static let blockSize = 512
    /// The largest size that eleven octal digits can tell.
    static let largestPlainSize = 0o777_7777_7777

    /// The bytes that follow a member's content up to the next header.
    static func padding(after size: Int) -> Int { (blockSize - size % blockSize) % blockSize }

    private enum Field {
        static let name = 0..<100
        static let mode = 100..<108
        static let user = 108..<116
        static let group = 116..<124
        static let size = 124..<136
        static let time = 136..<148
        static let checksum = 148..<156
        static let kind = 156
        static let magic = 257..<265
        static let prefix = 345..<500
    }

    /// `ustar`, NUL, version 00.
    private static let magic: [UInt8] = Array("ustar\0".utf8) + Array("00".utf8)
    /// What GNU tar writes there.
    private static let magicOfGNU: [UInt8] = Array("ustar  \0".utf8)

    init(path: String, kind: Kind, size: Int) {
        self.path = path
        self.kind = kind
        self.size = size
    }

    // MARK: - Writing

    /// The header's bytes: owner and time are nobody's and 1970, so that equal members give equal bytes.
    ///
    /// - Throws: `RegistryError.Code.invalid` for a path over 100 bytes or a size that is not plain.
    func encoded() throws(RegistryError) -> [UInt8] {
        let name = Array(path.utf8)
        guard name.count <= Field.name.count, (0...Self.largestPlainSize).contains(size) else {
            throw RegistryError(.invalid, "'\(path.prefix(80))' does not fit into the header of a tar archive")
        }
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        block.replaceSubrange(0..<name.count, with: name)
        Self.write(0o644, Field.mode, &block)
        for field in [Field.user, Field.group, Field.time] { Self.write(0, field, &block) }
        Self.write(size, Field.size, &block)
        block[Field.kind] = kind.rawValue
        block.replaceSubrange(Field.magic, with: Self.magic)
        let sum = Self.checksum(block)
        Self.write(sum, Field.checksum.lowerBound..<Field.checksum.upperBound - 1, &block)
        block[Field.checksum.upperBound - 1] = UInt8(ascii: " ")
        return block
    }

    /// Octal digits, as many as fit before a NUL.
    private static func write(_ value: Int, _ field: Range<Int>, _ block: inout [UInt8]) {
        var rest = value
        for index in field.dropLast().reversed() {
            block[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest & 7)
            rest >>= 3
        }
    }

    // MARK: - Reading

    /// Reads a header.
    ///
    /// - Parameter block: 512 bytes.
    /// - Throws: `RegistryError.Code.invalid` for what is no header, or one of a link, device or anything else that is
    ///   neither file nor directory.
    init(parsing block: ArraySlice<UInt8>) throws(RegistryError) {
        let block = Array(block)
        guard block.count == Self.blockSize, let sum = Self.number(block[Field.checksum]), sum == Self.checksum(block),
            [Self.magic, Self.magicOfGNU].contains(Array(block[Field.magic]))
        else {
            throw RegistryError(.invalid, "the header of a member is damaged, or this is no tar archive")
        }
        guard let size = Self.number(block[Field.size]) else {
            throw RegistryError(.invalid, "the size of a member is no number")
        }
        let name = Self.text(block[Field.name])
        let prefix = Array(block[Field.magic]) == Self.magic ? Self.text(block[Field.prefix]) : ""
        let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
        let type = block[Field.kind] == 0 ? Kind.file.rawValue : block[Field.kind]
        guard let kind = Kind(rawValue: type) else {
            throw RegistryError(
                .invalid,
                "the member '\(TarDirectory.printable(path))' is a link, a device or something else that is no file",
                help: "an archive of a version has files only: export it again")
        }
        self.init(path: path, kind: kind, size: size)
    }

    /// The sum of all bytes, with blanks where the sum itself stands.
    private static func checksum(_ block: [UInt8]) -> Int {
        block.indices.reduce(0) { $0 + (Field.checksum.contains($1) ? 0x20 : Int(block[$1])) }
    }

    private static func text(_ field: ArraySlice<UInt8>) -> String {
        String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits between blanks and NULs, or GNU's big-endian form; `nil` for anything else or more than an `Int`.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        if let first = field.first, first & 0x80 != 0 { return binaryNumber(field) }
        let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0 && $0 != 0x20 }
        var value = 0
        for digit in digits {
            guard (0x30...0x37).contains(digit) else { return nil }
            value = value << 3 | Int(digit - 0x30)
        }
        // Twelve digits have 36 bits: they cannot pass an Int.
        return value
    }

    private static func binaryNumber(_ field: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for (index, byte) in field.enumerated() {
            let byte = index == 0 ? byte & 0x7f : byte
            guard value < 1 << 54 else { return nil }
            value = value << 8 | Int(byte)
        }
        return value
    }
}
