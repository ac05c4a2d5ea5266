import Glibc
import Home

/// The machine as the doctor sees it. A test looks at a made-up one.
struct SystemView: Sendable {
    /// Where `/proc` and `/sys/fs/cgroup` are.
    var proc = "/proc"
    var cgroups = "/sys/fs/cgroup"
    /// The environment's variables that concern us.
    var variables: [String: String] = SystemView.ownVariables()
    /// What time it is.
    var now = Timestamp.now()
    /// The free and whole bytes and files of the disk that a path is on; `nil` when it cannot be told.
    var disk: @Sendable (String) -> DiskSpace? = DiskSpace.init(of:)

    /// A small text file, such as `/proc/meminfo`; `nil` when it cannot be read.
    func text(_ path: String) -> String? {
        (try? JSONFile.bytes(path)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The value of a line such as `MemAvailable:   123 kB`.
    static func value(_ key: String, in text: String) -> Substring? {
        for line in text.split(separator: "\n") where line.hasPrefix(key) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed == key[...] else { continue }
            return parts[1].trimmed
        }
        return nil
    }

    /// Those of this process that are named `SLIPWAY_…`, or that Slipway heeds.
    private static func ownVariables() -> [String: String] {
        var found: [String: String] = [:]
        let bytes = (try? JSONFile.bytes("/proc/self/environ")) ?? []
        for entry in bytes.split(separator: 0) {
            let parts = String(decoding: entry, as: UTF8.self).split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let name = String(parts[0])
            if name.hasPrefix("SLIPWAY_") || DoctorVariables.others.contains(name) { found[name] = String(parts[1]) }
        }
        return found
    }
}

/// Room on a disk.
struct DiskSpace: Sendable {
    var freeBytes: Int
    var allBytes: Int
    var freeFiles: Int
    var allFiles: Int

    init(freeBytes: Int, allBytes: Int, freeFiles: Int, allFiles: Int) {
        self.freeBytes = freeBytes
        self.allBytes = allBytes
        self.freeFiles = freeFiles
        self.allFiles = allFiles
    }

    /// The disk that a path is on, or the nearest directory above it that is there.
    init?(of path: String) {
        var status = statvfs()
        var path = path
        while statvfs(path, &status) != 0 {
            guard errno == ENOENT, let slash = path.lastIndex(of: "/"), path != "/" else { return nil }
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        func bytes(_ blocks: UInt) -> Int {
            let (product, overflow) = Int(clamping: blocks).multipliedReportingOverflow(
                by: Int(clamping: status.f_frsize))
            return overflow ? .max : product
        }
        self.init(
            freeBytes: bytes(status.f_bavail), allBytes: bytes(status.f_blocks),
            freeFiles: Int(clamping: status.f_favail), allFiles: Int(clamping: status.f_files))
    }
}

extension Substring {
    /// Without blanks at either end.
    var trimmed: Substring {
        let start = drop(while: \.isWhitespace)
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else {
            return start[start.startIndex..<start.startIndex]
        }
        return start[...last]
    }
}
