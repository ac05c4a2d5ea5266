package import Seals
import Synchronization

/// What an archive is encrypted with.
package struct ArchiveEncryption: Sendable {
    let key: DataKey
    let header: EncryptedHeader

    static let mediaType = "application/vnd.slipway.archive.v1.tar"

    /// A key of its own, encrypted for each recipient.
    ///
    /// - Throws: `SealError.Code.key` for none, or too many.
    package init(for recipients: [RecipientKey]) throws(SealError) {
        key = DataKey()
        header = try EncryptedHeader(key, mediaType: Self.mediaType, for: recipients)
    }
}

/// Encrypts an archive on its way to the disk.
final class ArchiveSealing {
    private var encryptor: StreamEncryptor
    private var header: [UInt8]

    init(_ encryption: ArchiveEncryption) {
        encryptor = StreamEncryptor(encryption.key, associatedData: encryption.header.associatedData)
        header = encryption.header.encoded
    }

    /// - Returns: what is written in place of `bytes`, and now.
    func update(_ bytes: [UInt8]) throws(RegistryError) -> [UInt8] {
        try translated { () throws(SealError) in takeHeader() + (try encryptor.update(bytes)) }
    }

    /// - Returns: the rest.
    func finish() throws(RegistryError) -> [UInt8] {
        try translated { () throws(SealError) in takeHeader() + (try encryptor.finish()) }
    }

    private func takeHeader() -> [UInt8] {
        defer { header = [] }
        return header
    }

    private func translated(_ body: () throws(SealError) -> [UInt8]) throws(RegistryError) -> [UInt8] {
        do throws(SealError) {
            return try body()
        } catch {
            throw RegistryError(.io, "the archive cannot be encrypted: \(error.message)")
        }
    }
}

/// An archive that lies encrypted in a file. It is decrypted in memory, a segment at a time, and nowhere else.
final class EncryptedBytes: ArchiveBytes {
    let size: Int
    private let file: FileBytes
    private let path: String
    /// Where the stream begins in the file.
    private let start: Int
    private let decryptor: StreamDecryptor
    /// The segment that was asked for last: what is read goes forward in pieces smaller than one.
    private let recent = Mutex<(segment: Int, bytes: [UInt8])?>(nil)

    /// Whether a file is an encrypted archive, by its first bytes.
    static func isEncrypted(_ path: String) -> Bool {
        guard let file = try? FileBytes(path), let magic = try? file.read(at: 0, count: EncryptedHeader.magic.count)
        else { return false }
        return magic == EncryptedHeader.magic
    }

    /// Opens an archive and authenticates all of it, from the first segment to the last, before anything of it is used.
    ///
    /// - Throws: `SealError.Code.malformed` for what is no encrypted archive, `.undecipherable` for one of another key or
    ///   one that was altered in any way; `RegistryError` when it cannot be read.
    init(_ path: String, identity: IdentityKey) throws {
        file = try FileBytes(path)
        self.path = path
        let preamble = try file.read(at: 0, count: EncryptedHeader.preambleBytes)
        let length = try EncryptedHeader.length(preamble)
        let header = try EncryptedHeader(
            parsing: try file.read(at: 0, count: EncryptedHeader.preambleBytes + length))
        start = header.encoded.count
        guard header.mediaType == ArchiveEncryption.mediaType else {
            throw SealError(.unsupported, "'\(path)' holds something else than an archive of a version")
        }
        let key = try header.key(for: identity)
        decryptor = try StreamDecryptor(
            key, header: try file.read(at: start, count: StreamLayout.headerBytes),
            layout: try StreamLayout(streamBytes: file.size - start), associatedData: header.associatedData)
        size = decryptor.layout.plainBytes
        for segment in 0..<decryptor.layout.segmentCount {
            _ = try decryptor.open(try sealed(segment), segment: segment)
        }
    }

    func read(at offset: Int, count: Int) throws(RegistryError) -> [UInt8] {
        guard (0..<size).contains(offset), count > 0 else { return [] }
        let segment = decryptor.layout.segment(at: offset)
        let plain = decryptor.layout.plainRange(of: segment)
        let bytes = try content(of: segment)
        let first = offset - plain.lowerBound
        return Array(bytes[first..<min(bytes.count, first + count)])
    }

    private func content(of segment: Int) throws(RegistryError) -> [UInt8] {
        if let held = recent.withLock({ $0 }), held.segment == segment { return held.bytes }
        let sealed = try sealed(segment)
        do throws(SealError) {
            let bytes = try decryptor.open(sealed, segment: segment)
            recent.withLock { $0 = (segment, bytes) }
            return bytes
        } catch {
            // It was authenticated when it was opened.
            throw RegistryError(
                .damaged, "'\(path)' was changed while it was read: \(error.message)", help: error.help)
        }
    }

    private func sealed(_ segment: Int) throws(RegistryError) -> [UInt8] {
        let range = decryptor.layout.range(of: segment)
        return try file.read(at: start + range.lowerBound, count: range.count)
    }
}
