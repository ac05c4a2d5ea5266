import Crypto
import Glibc

/// Hashes bytes as they pass by; holds none of them.
package struct DigestWriter {
    private var hash = SHA256()
    /// How many bytes have passed.
    package private(set) var byteCount = 0

    package init() {}

    package mutating func write(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
        byteCount += bytes.count
    }

    /// The digest of everything written so far; more can be written after it.
    package func digest() -> Digest { Digest(hash.finalize()) }
}

extension Digest {
    /// Bytes that are read from a file at a time.
    private static let chunk = 1 << 20

    /// The digest of bytes in memory.
    package init(of bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        self.init(hash.finalize())
    }

    /// The digest of bytes in memory.
    package init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { Digest(of: $0) }
    }

    /// The digest and size of an open file from where it stands, read a megabyte at a time.
    ///
    /// - Throws: `TrustError.Code.io` when reading fails.
    package static func ofFile(descriptor: Int32) throws(TrustError) -> (digest: Digest, byteCount: Int) {
        var writer = DigestWriter()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count == 0 { return (writer.digest(), writer.byteCount) }
            if count > 0 {
                writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            } else if errno != EINTR {
                throw TrustError(.io, "cannot read the file: \(String(cString: strerror(errno)))")
            }
        }
    }

    fileprivate init(_ hash: SHA256Digest) {
        self = hash.withUnsafeBytes { bytes in
            guard let digest = Digest(bytes: bytes) else { preconditionFailure("SHA-256 gave other than 32 bytes") }
            return digest
        }
    }
}
