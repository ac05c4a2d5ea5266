import Glibc

/// Where a server's certificate and its key lie.
package struct TLSFiles: Hashable, Sendable {
    /// The server's certificate, then those between it and an authority, in PEM.
    package var certificate: String
    /// The certificate's private key, in PEM, without a passphrase.
    package var key: String
    /// Authorities of which one has to have issued a client's certificate, in PEM; `nil` asks clients for none.
    package var clientAuthorities: String?

    package init(certificate: String, key: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    /// What tells one state of the files from another; `nil` for a file that is not there.
    func stamps() -> [SmallFile.Stamp?] {
        [certificate, key, clientAuthorities].compactMap(\.self).map(SmallFile.stamp)
    }
}

/// A file that is read whole, as it was at one moment.
struct SmallFile {
    /// What changes when a file is written or replaced, wherever a link to it leads.
    struct Stamp: Hashable, Sendable {
        private var device: UInt64
        private var inode: UInt64
        private var size: Int
        private var modified: [Int]

        fileprivate init(_ facts: stat) {
            device = UInt64(facts.st_dev)
            inode = UInt64(facts.st_ino)
            size = Int(facts.st_size)
            modified = [
                Int(facts.st_mtim.tv_sec), Int(facts.st_mtim.tv_nsec), Int(facts.st_ctim.tv_sec),
                Int(facts.st_ctim.tv_nsec),
            ]
        }
    }

    let bytes: [UInt8]
    /// Who may do what with it: the permission bits.
    let permissions: UInt32

    /// Chains and bundles of authorities are far below this.
    private static let largest = 4 << 20

    /// - Throws: `ServeError.Code.badCertificate` that names the file.
    init(path: String) throws(ServeError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ServeError(.badCertificate, "cannot open '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG, facts.st_size <= Self.largest else {
            throw ServeError(
                .badCertificate, "'\(path)' is no regular file of at most \(Self.largest >> 20) MiB; expected PEM")
        }
        permissions = facts.st_mode & 0o777
        bytes = try Self.bytes(of: descriptor, path)
    }

    private static func bytes(of descriptor: Int32, _ path: String) throws(ServeError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= largest {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += chunk[..<count]
            } else if errno != EINTR {
                break
            }
        }
        throw ServeError(.badCertificate, "'\(path)' cannot be read to its end")
    }

    static func stamp(_ path: String) -> Stamp? {
        var facts = stat()
        return stat(path, &facts) == 0 ? Stamp(facts) : nil
    }
}
