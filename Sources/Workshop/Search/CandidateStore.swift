import Glibc
package import Home
import Tensors
import Trust

/// Candidates that searches have made, kept in the home's cache: a second search goes on where one was interrupted.
///
/// A candidate is a report, `KEY.json`, and, where it may be used, its model, `KEY.onnx`. The key is the digest of all that it
/// depends on. Files appear whole or not at all; what is damaged is made again.
package struct CandidateStore: Sendable {
    private let folder: String

    /// Bytes and reports that are kept when a search ends; the oldest go first.
    private static let most = (bytes: 1 << 30, reports: 2048)

    /// - Throws: `HomeError` when the home cannot take files.
    package init(_ home: HomeDirectory) throws(HomeError) {
        try home.create()
        folder = home.cache + "/search"
        guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
            throw HomeError(.invalid, "'\(folder)' cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    /// A candidate that is there.
    struct Kept: Sendable {
        var report: JSONValue
        /// `nil` where it may not be used.
        var path: String?
        var digest: String
    }

    /// The name of what depends on these values.
    static func key(_ parts: JSONValue) -> String { Digest(of: parts.encoded()).hex }

    /// - Returns: `nil` where it was not made, or is damaged.
    func candidate(_ key: String) -> Kept? {
        guard let bytes = Self.contents("\(folder)/\(key).json"), let json = try? JSONValue.parse(bytes),
            let report = json["report"], let digest = json["digest"]?.stringValue
        else { return nil }
        guard json["model"]?.boolValue == true else { return Kept(report: report, path: nil, digest: digest) }
        let path = "\(folder)/\(key).onnx"
        guard Self.digest(path) == digest else { return nil }
        utimensat(AT_FDCWD, path, nil, 0)
        return Kept(report: report, path: path, digest: digest)
    }

    /// Has `body` write a model and keeps it with the report that it returns. Whatever ends this process before leaves no trace.
    ///
    /// - Parameter isUsable: whether the model is kept beside its report.
    func keep(
        _ key: String, isUsable: (JSONValue) -> Bool, _ body: (Int32) async throws -> JSONValue
    ) async throws -> Kept {
        let path = "\(folder)/\(key).onnx"
        var file = try AtomicFile(path: path, mode: 0o600, Self.refused)
        let report = try await body(file.descriptor)
        let usable = isUsable(report)
        var digest = "none \(key)"
        if usable {
            try file.commit()
            guard let found = Self.digest(path) else {
                throw WorkshopError(.storage, "'\(path)' cannot be read again")
            }
            digest = found
        }
        let record = JSONValue.object([
            ("digest", .string(digest)), ("model", .bool(usable)), ("report", report),
        ])
        var note = try AtomicFile(path: "\(folder)/\(key).json", mode: 0o600, Self.refused)
        try note.write(record.encoded())
        try note.commit()
        return Kept(report: report, path: usable ? path : nil, digest: digest)
    }

    /// Removes the oldest, when there are too many.
    func sweep() {
        var files: [(name: String, bytes: Int, at: Int)] = []
        for name in Folder.sortedNames(in: folder) where !name.hasPrefix(".") {
            var status = stat()
            if stat("\(folder)/\(name)", &status) == 0 {
                files.append((name, Int(status.st_size), status.st_mtim.tv_sec))
            }
        }
        files.sort { ($1.at, $0.name) < ($0.at, $1.name) }
        var (bytes, count) = (0, 0)
        for file in files {
            bytes += file.bytes
            count += 1
            if bytes > Self.most.bytes || count > 2 * Self.most.reports { unlink("\(folder)/\(file.name)") }
        }
    }

    private static func refused(_ fault: FileFault) -> WorkshopError {
        WorkshopError(
            .storage, fault.description,
            help: fault.isFull ? "free some space, or choose another home with --home" : nil)
    }

    /// The digest of a file, or of a folder with everything in it that is no folder; `nil` where it cannot be read.
    static func digest(_ path: String) -> String? {
        if let names = try? Folder.names(in: path, { $0 }) {
            let lines = names.sorted().map { "\(fileDigest("\(path)/\($0)") ?? "") \($0)\n" }
            return Digest(of: Array(lines.joined().utf8)).description
        }
        return fileDigest(path)
    }

    private static func fileDigest(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return try? Digest.ofFile(descriptor: descriptor).digest.description
    }

    private static func contents(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size <= 64 << 20 else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = read(descriptor, &bytes, bytes.count)
        return count == bytes.count ? bytes : nil
    }
}
