import Glibc
import Tensors
import Trust

/// A tar archive being written; it has its name only when it is whole and on the disk. Dropped before, it leaves nothing.
///
/// Equal members in equal order give equal bytes.
struct TarWriter: ~Copyable {
    private var file: AtomicFile<RegistryError>
    private let sealing: ArchiveSealing?
    /// Bytes written so far.
    private(set) var byteCount = 0

    /// - Parameter encryption: for whom the archive is encrypted, before any of it is written.
    /// - Throws: `RegistryError.Code.io` or `.full` when the directory cannot be written to.
    init(_ path: String, encryption: ArchiveEncryption? = nil) throws(RegistryError) {
        file = try AtomicFile(path: path, mode: 0o600) { RegistryError.system($0.action, $0.path, errno: $0.number) }
        sealing = encryption.map(ArchiveSealing.init)
    }

    /// Adds a small file.
    mutating func add(_ path: String, _ bytes: [UInt8]) throws(RegistryError) {
        try begin(path, size: bytes.count)
        try write(bytes)
        try end(size: bytes.count)
    }

    /// Adds a blob, compared with its digest on the way.
    ///
    /// - Parameter progress: gets the bytes of each piece.
    /// - Throws: `RegistryError.Code.damaged` when it holds other bytes than were stored.
    mutating func add(
        _ path: String, _ blob: Blob, from store: BlobStore, _ progress: (Int) -> Void
    ) throws(RegistryError) {
        let input = open(try store.checkedPath(blob), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw RegistryError.system("open", store.path(blob.digest)) }
        defer { close(input) }
        try begin(path, size: blob.size)
        var digest = DigestWriter()
        var buffer = [UInt8](repeating: 0, count: BlobStore.chunk)
        while digest.byteCount < blob.size {
            let count = read(input, &buffer, min(buffer.count, blob.size - digest.byteCount))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw RegistryError.system("read", store.path(blob.digest)) }
            guard count > 0 else { break }
            buffer[..<count].withUnsafeBytes { digest.write($0) }
            try write(buffer[..<count])
            progress(count)
        }
        guard digest.byteCount == blob.size, digest.digest() == blob.digest else {
            throw RegistryError(
                .damaged, "blob \(blob.digest) holds other bytes than were stored",
                help: "run 'slipway fsck --repair', then import or pull the version again")
        }
        try end(size: blob.size)
    }

    /// Ends the archive, and gives it its name in place of what had it.
    mutating func finish() throws(RegistryError) {
        try write([UInt8](repeating: 0, count: 2 * TarHeader.blockSize))
        if let sealing { try store(try sealing.finish()) }
        try file.commit()
    }

    private mutating func begin(_ path: String, size: Int) throws(RegistryError) {
        if size > TarHeader.largestPlainSize {
            let record = Array(Self.record("size", String(size)).utf8)
            try write(TarHeader(path: "pax", kind: .extended, size: record.count).encoded())
            try write(record)
            try end(size: record.count)
        }
        let plain = size > TarHeader.largestPlainSize ? 0 : size
        try write(TarHeader(path: path, kind: .file, size: plain).encoded())
    }

    private mutating func end(size: Int) throws(RegistryError) {
        try write([UInt8](repeating: 0, count: TarHeader.padding(after: size)))
    }

    /// `LENGTH KEY=VALUE` and a line break, where the length counts its own digits too.
    static func record(_ key: String, _ value: String) -> String {
        let rest = " \(key)=\(value)\n".utf8.count
        var length = rest
        while length != rest + String(length).utf8.count { length = rest + String(length).utf8.count }
        return "\(length) \(key)=\(value)\n"
    }

    private mutating func write(_ bytes: some Sequence<UInt8>) throws(RegistryError) {
        let bytes = Array(bytes)
        try store(try sealing?.update(bytes) ?? bytes)
    }

    private mutating func store(_ bytes: [UInt8]) throws(RegistryError) {
        try file.write(bytes)
        byteCount += bytes.count
    }
}
