import Drift
import Glibc
import Home
import Tensors

/// Windows in the home, so that a restart goes on with them: `drift/ENDPOINT/VERSION'S DIGEST/FROM-TO`, and `open-FROM`.
struct WindowStore: Sendable {
    /// The home's directory for drift.
    let root: String

    init(_ home: HomeDirectory) { root = home.path + "/drift" }

    /// What was kept of a version; what is damaged is left out.
    func read(endpoint: String, digest: String) -> (closed: [WatchedVersion.Window], open: WatchedVersion.Window?) {
        let folder = folder(endpoint, digest)
        var closed: [WatchedVersion.Window] = []
        var open: WatchedVersion.Window?
        for name in Self.names(in: folder).suffix(64) {
            let parts = name.split(separator: "-")
            guard parts.count == 2, let last = Int(parts[1]), let bytes = try? Self.bytes("\(folder)/\(name)"),
                let profile = try? Profile(encoded: bytes)
            else { continue }
            if parts[0] == "open" {
                open = .init(from: last, to: last, profile: profile)
            } else if let first = Int(parts[0]) {
                closed.append(.init(from: first, to: last, profile: profile))
            }
        }
        return (closed.sorted { $0.to < $1.to }, open)
    }

    /// Keeps a closed window, and drops the open one's file and the oldest.
    func keep(closed window: WatchedVersion.Window, endpoint: String, digest: String) throws {
        try write(window.profile, "\(window.from)-\(window.to)", endpoint, digest)
        let folder = folder(endpoint, digest)
        let names = Self.names(in: folder)
        let old = names.filter { !$0.hasPrefix("open-") }.dropLast(WatchedVersion.mostClosed)
        for name in names.filter({ $0.hasPrefix("open-") }) + old { unlink("\(folder)/\(name)") }
    }

    /// Keeps what an open window has so far.
    func keep(open window: WatchedVersion.Window, endpoint: String, digest: String) throws {
        try write(window.profile, "open-\(window.from)", endpoint, digest)
    }

    private func write(_ profile: Profile, _ name: String, _ endpoint: String, _ digest: String) throws {
        let folder = folder(endpoint, digest)
        for path in [root, "\(root)/\(endpoint)", folder] where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw Self.failure("create", path)
        }
        // Under its name only once it is whole; after a crash of the machine an older one, or a damaged one that is
        // left out, is all that is lost.
        let partial = "\(folder)/.partial"
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.failure("write", partial) }
        defer { close(descriptor) }
        let bytes = profile.encoded
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: done), $0.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write", partial) }
            done += count
        }
        guard rename(partial, "\(folder)/\(name)") == 0 else { throw Self.failure("rename", partial) }
    }

    /// Names of endpoints have no slash; a digest's algorithm is left out.
    private func folder(_ endpoint: String, _ digest: String) -> String {
        "\(root)/\(endpoint)/\(digest.split(separator: ":").last.map(String.init) ?? digest)"
    }

    /// In order; without those that begin with a dot.
    private static func names(in folder: String) -> [String] {
        Folder.sortedNames(in: folder).filter { !$0.hasPrefix(".") }
    }

    private static func bytes(_ path: String) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { break }
            guard count > 0, bytes.count + count <= Profile.largestEncoding else { throw failure("read", path) }
            bytes += chunk[..<count]
        }
        return bytes
    }

    private static func failure(_ verb: String, _ path: String) -> ControlError {
        ControlError(.failed, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
    }
}
