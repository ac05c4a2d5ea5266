/// The beginning of a file: where the root group is.
///
/// Source: HDF5 File Format Specification 3.0, II.A.
struct Superblock {
    static let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

    /// Where the root group's object header is.
    let root: UInt64

    init(_ cursor: ByteCursor) throws(HDF5Error) {
        var cursor = cursor
        guard try cursor.array(8) == Self.signature else { throw .malformed("this is no HDF5 file") }
        let version = try cursor.byte()
        switch version {
        case 0, 1: root = try Self.older(&cursor, version)
        case 2, 3: root = try Self.newer(&cursor)
        default: throw .unsupported("a superblock of version \(version); 0 to 3 are read")
        }
    }

    private static func older(_ cursor: inout ByteCursor, _ version: UInt8) throws(HDF5Error) -> UInt64 {
        try cursor.skip(4)
        try checkWidths(&cursor)
        try cursor.skip(version == 1 ? 13 : 9)
        try checkBase(try cursor.address())
        // Free space, end of file, driver; then the root's entry: the place of its name, its header.
        try cursor.skip(32)
        return try cursor.address()
    }

    private static func newer(_ cursor: inout ByteCursor) throws(HDF5Error) -> UInt64 {
        try checkWidths(&cursor)
        try cursor.skip(1)
        try checkBase(try cursor.address())
        try cursor.skip(16)
        return try cursor.address()
    }

    private static func checkWidths(_ cursor: inout ByteCursor) throws(HDF5Error) {
        let (offsets, lengths) = (try cursor.byte(), try cursor.byte())
        guard offsets == 8, lengths == 8 else {
            throw .unsupported("addresses of \(offsets) and lengths of \(lengths) bytes; only those of 8 are read")
        }
    }

    private static func checkBase(_ base: UInt64) throws(HDF5Error) {
        guard base == 0 else { throw .unsupported("a file that begins at byte \(base) of another (a user block)") }
    }
}
