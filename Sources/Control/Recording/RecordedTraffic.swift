import Comparing
import Glibc
package import Home
import Release
import Tensors

/// Requests that are kept in the home: `traffic/ENDPOINT/TIME-NUMBER.npz`, for nobody but its owner to read.
package struct RecordedTraffic: Sendable {
    /// One file.
    package struct Segment: Hashable, Sendable {
        package var path: String
        /// Milliseconds since 1970-01-01 UTC, when it was written.
        package var time: Int
        package var bytes: Int
    }

    /// Files of an endpoint, at most.
    private static let mostFiles = 4096
    private let root: String

    package init(_ home: HomeDirectory) { root = home.path + "/traffic" }

    /// Where the files of an endpoint lie.
    package func folder(of endpoint: String) -> String { "\(root)/\(endpoint)" }

    /// The files of an endpoint, oldest first.
    package func segments(of endpoint: String) -> [Segment] {
        let folder = folder(of: endpoint)
        let segments = Folder.sortedNames(in: folder).compactMap { name -> Segment? in
            guard let time = RecordedRequests.time(inName: name),
                let bytes = Self.bytes(of: "\(folder)/\(name)")
            else { return nil }
            return Segment(path: "\(folder)/\(name)", time: time, bytes: bytes)
        }
        return segments.sorted { ($0.time, $0.path) < ($1.time, $1.path) }
    }

    /// - Returns: `nil` for what is no file of ours, such as a link.
    private static func bytes(of path: String) -> Int? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let end = lseek(descriptor, 0, SEEK_END)
        return end >= 0 ? Int(end) : nil
    }

    /// Keeps a file and drops those that are too old or too much.
    ///
    /// - Parameter time: milliseconds since 1970-01-01 UTC.
    func keep(_ bytes: [UInt8], at time: Int, number: Int, of endpoint: String, _ recording: TrafficRecording) throws {
        for path in [root, "\(root)/\(endpoint)"] where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw HomeError(.io, "\(path) cannot be created (errno \(errno))")
        }
        var file = try AtomicFile(
            path: "\(folder(of: endpoint))/\(RecordedRequests.fileName(time: time, number: number))", mode: 0o600
        ) { fault in
            HomeError(.io, "recorded requests cannot be kept: \(fault)")
        }
        try file.write(bytes)
        try file.commit()
        prune(endpoint, recording, at: time)
    }

    /// Drops what is older than it may be, and the oldest of what is too much.
    func prune(_ endpoint: String, _ recording: TrafficRecording, at time: Int) {
        let segments = segments(of: endpoint)
        var (bytes, files) = (segments.reduce(0) { $0 + $1.bytes }, segments.count)
        for segment in segments {
            let isOld = segment.time < time - recording.keep.milliseconds
            guard isOld || bytes > recording.bytes || files > Self.mostFiles else { return }
            unlink(segment.path)
            bytes -= segment.bytes
            files -= 1
        }
    }
}
