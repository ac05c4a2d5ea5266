import Glibc
import Home
import Registry
import Tensors
import Trust

/// Where an upload stood, so that a later process goes on with it when this one is killed. Losing it costs time only.
struct UploadNote: Sendable {
    static let prefix = HomeDirectory.transferPrefixes.push
    private static let largest = 16 << 10

    private let path: String

    init(_ blob: Blob, to place: RemoteReference, in home: HomeDirectory) {
        path = "\(home.temporary)/\(Self.prefix)\(Digest(of: Array("\(place.place) \(blob.digest)".utf8)).hex)"
    }

    /// The upload's address; `nil` when there is none.
    func read() -> WebAddress? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Self.largest)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        return try? WebAddress(String(decoding: bytes[..<count], as: UTF8.self))
    }

    /// Replaces what was noted. A note that cannot be written is no reason to stop.
    func write(_ address: WebAddress) {
        let temporary = path + "~"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { return }
        let bytes = Array(address.description.utf8)
        let isWhole = Glibc.write(descriptor, bytes, bytes.count) == bytes.count
        close(descriptor)
        if isWhole { rename(temporary, path) } else { unlink(temporary) }
    }

    func remove() { unlink(path) }
}
