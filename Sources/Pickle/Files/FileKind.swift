/// What a file is, told by its bytes and never by its name.
package enum FileKind: Hashable, Sendable {
    case zip, gzip, zlib, npy, safetensors
    /// A format that is recognised and not read here.
    case foreign(name: String, help: String)
    /// Anything else: a pickle, or nothing that is known.
    case other

    private static let packings: [(magic: [UInt8], name: String)] = [
        (Array("BZh".utf8), "bz2"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz"), ([0x5D, 0x00, 0x00], "lzma"),
        ([0x04, 0x22, 0x4D, 0x18], "lz4"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
    ]

    private static let others: [(magic: [UInt8], name: String)] = [
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "7z"), ([0x89] + Array("HDF\r\n".utf8), "HDF5"),
        (Array("GGUF".utf8), "GGUF"), (Array("Rar!".utf8), "rar"),
    ]

    /// Recognises a file by its first bytes.
    package init(_ bytes: PickleBytes) {
        if bytes.starts(with: Array("PK\u{3}\u{4}".utf8)) {
            self = .zip
        } else if bytes.starts(with: [0x1F, 0x8B]) {
            self = .gzip
        } else if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
            self = .npy
        } else if let packing = Self.packings.first(where: { bytes.starts(with: $0.magic) }) {
            self = .foreign(
                name: "a file packed with \(packing.name)",
                help: "only zlib and gzip are read: save it again with joblib.dump(model, FILE, compress=('zlib', 3))")
        } else if let other = Self.others.first(where: { bytes.starts(with: $0.magic) }) {
            self = .foreign(name: "a file of the format \(other.name)", help: "it holds no pickle that is read here")
        } else if Self.isTar(bytes) {
            self = .foreign(name: "a tar archive", help: "unpack it and give the file inside")
        } else if Self.isZlib(bytes) {
            self = .zlib
        } else if Self.isSafetensors(bytes) {
            self = .safetensors
        } else {
            self = .other
        }
    }

    private static func isTar(_ bytes: PickleBytes) -> Bool {
        bytes.slice(at: 257, count: 5)?.starts(with: Array("ustar".utf8)) ?? false
    }

    /// RFC 1950: method 8, a window of at most 32 KiB, no preset dictionary, and a check of the two bytes. As text, the
    /// first byte is an `x`, which no pickle begins with.
    private static func isZlib(_ bytes: PickleBytes) -> Bool {
        guard let first = bytes[0], let second = bytes[1] else { return false }
        return first == 0x78 && (Int(first) << 8 | Int(second)) % 31 == 0 && second & 0x20 == 0
    }

    /// A length of eight bytes below 100 MB, then the header that it counts.
    private static func isSafetensors(_ bytes: PickleBytes) -> Bool {
        bytes.count > 9 && bytes[8] == UInt8(ascii: "{") && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0
    }
}
