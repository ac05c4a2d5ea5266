import Glibc
import Trust

/// Entries as a tar archive that tells no time, owner or machine: equal entries give equal bytes.
///
/// Source: POSIX.1-2024, pax, "ustar Interchange Format"; OCI Image Specification 1.1, "Image Layer Filesystem
/// Changeset".
struct TarArchive {
    /// Takes the archive's bytes, piece by piece.
    typealias Sink = (UnsafeRawBufferPointer) throws(PlatformError) -> Void

    private static let blockSize = 512
    private static let chunk = 1 << 20
    private static let longestName = 100
    private static let longestPrefix = 155

    /// In any order.
    var entries: [LayerEntry]

    /// Writes the whole archive.
    ///
    /// - Throws: `PlatformError.Code.missing` or `.io` for a file that cannot be read, `.damaged` for one whose size
    ///   changes meanwhile, and what the sink throws.
    func write(to sink: Sink) throws(PlatformError) {
        for entry in try LayerEntry.ordered(entries) { try write(entry, sink) }
        try send([UInt8](repeating: 0, count: 2 * Self.blockSize), sink)
    }

    private func write(_ entry: LayerEntry, _ sink: Sink) throws(PlatformError) {
        switch entry.content {
        case .directory: try send(try header(entry, kind: 0x35, path: entry.path + "/"), sink)
        case .link(let target): try send(try header(entry, kind: 0x32, link: target), sink)
        case .bytes(let bytes):
            try send(try header(entry, kind: 0x30, size: bytes.count), sink)
            try send(bytes, sink)
            try pad(bytes.count, sink)
        case .file(let path): try write(entry, from: path, sink)
        }
    }

    private func write(_ entry: LayerEntry, from path: String, _ sink: Sink) throws(PlatformError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw PlatformError.system("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw PlatformError(.invalid, "'\(path)' is not a regular file")
        }
        let size = Int(status.st_size)
        try send(try header(entry, kind: 0x30, size: size), sink)
        var buffer = [UInt8](repeating: 0, count: min(Self.chunk, max(size, 1)))
        var done = 0
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw PlatformError.system("read", path) }
            guard count > 0 else { break }
            done += count
            guard done <= size else { break }
            try send(buffer[..<count], sink)
        }
        guard done == size else {
            throw PlatformError(.damaged, "'\(path)' changed while it was read", help: "try again")
        }
        try pad(size, sink)
    }

    private func pad(_ size: Int, _ sink: Sink) throws(PlatformError) {
        let rest = (Self.blockSize - size % Self.blockSize) % Self.blockSize
        if rest > 0 { try send([UInt8](repeating: 0, count: rest), sink) }
    }

    private func send(_ bytes: some Collection<UInt8>, _ sink: Sink) throws(PlatformError) {
        let bytes = ContiguousArray(bytes)
        let result = bytes.withUnsafeBytes { buffer in
            Result<Void, PlatformError> { () throws(PlatformError) in try sink(buffer) }
        }
        try result.get()
    }

    // MARK: - Headers

    private func header(
        _ entry: LayerEntry, kind: UInt8, size: Int = 0, path: String? = nil, link: String = ""
    ) throws(PlatformError) -> [UInt8] {
        let (prefix, name) = try Self.split(path ?? entry.path)
        guard link.utf8.count <= Self.longestName, size <= 0o777_7777_7777 else {
            throw PlatformError(.invalid, "'\(entry.path)' does not fit into the header of a tar archive")
        }
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        Self.put(Array(name.utf8), at: 0, &block)
        Self.number(entry.mode, 100..<108, &block)
        Self.number(0, 108..<116, &block)
        Self.number(0, 116..<124, &block)
        Self.number(size, 124..<136, &block)
        Self.number(0, 136..<148, &block)
        block[156] = kind
        Self.put(Array(link.utf8), at: 157, &block)
        Self.put(Array("ustar\0".utf8) + Array("00".utf8), at: 257, &block)
        Self.put(Array(prefix.utf8), at: 345, &block)
        let sum = block.reduce(0) { $0 + Int($1) } + 8 * 0x20
        Self.number(sum, 148..<155, &block)
        block[155] = UInt8(ascii: " ")
        return block
    }

    /// Puts the front part of a long path into the prefix, cut at a slash.
    private static func split(_ path: String) throws(PlatformError) -> (prefix: String, name: String) {
        guard path.utf8.count > longestName else { return ("", path) }
        let bytes = Array(path.utf8)
        for cut in bytes.indices where bytes[cut] == UInt8(ascii: "/") && cut + 1 < bytes.count {
            if cut <= longestPrefix, bytes.count - cut - 1 <= longestName {
                return (
                    String(decoding: bytes[..<cut], as: UTF8.self), String(decoding: bytes[(cut + 1)...], as: UTF8.self)
                )
            }
        }
        throw PlatformError(.invalid, "'\(path)' is too long for the header of a tar archive")
    }

    private static func put(_ bytes: [UInt8], at start: Int, _ block: inout [UInt8]) {
        block.replaceSubrange(start..<start + bytes.count, with: bytes)
    }

    /// Octal digits, as many as fit before a NUL.
    private static func number(_ value: Int, _ field: Range<Int>, _ block: inout [UInt8]) {
        var rest = value
        for index in field.dropLast().reversed() {
            block[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest & 7)
            rest >>= 3
        }
    }
}
