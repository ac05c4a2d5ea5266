import Glibc

/// The one directory that holds all state.
///
/// It is at the same time an OCI image layout: `blobs`, `oci-layout` and `index.json` lie at its root.
package struct HomeDirectory: Hashable, Sendable {
    /// Absolute, without a trailing slash; free of links where the directory already existed.
    package let path: String

    /// - Parameter path: absolute, or relative to the current directory. Nothing is created.
    /// - Throws: `HomeError.Code.invalid` for an empty path or one with a NUL.
    package init(path: String) throws(HomeError) {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw HomeError(.invalid, "the home directory's path is empty", help: "give a path with --home")
        }
        self.path = Self.resolved(path)
    }

    /// Chooses the home: what was asked for, else `SLIPWAY_HOME`, else `slipway` in the XDG data directory.
    ///
    /// Source: XDG Base Directory Specification 0.8, which says that relative values are to be ignored.
    package static func locate(
        explicit: String? = nil, environment: [String: String]
    ) throws(HomeError) -> HomeDirectory {
        if let explicit { return try HomeDirectory(path: explicit) }
        if let named = environment["SLIPWAY_HOME"], !named.isEmpty { return try HomeDirectory(path: named) }
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") {
            return try HomeDirectory(path: data + "/slipway")
        }
        if let user = environment["HOME"], user.hasPrefix("/") {
            return try HomeDirectory(path: user + "/.local/share/slipway")
        }
        throw HomeError(
            .invalid, "no place for the home directory: HOME is not set",
            help: "give a path with --home, or set SLIPWAY_HOME")
    }

    /// Blobs by digest: one file for each, named by its hexadecimal SHA-256.
    package var blobs: String { path + "/blobs/sha256" }
    /// Files being written. On the same file system as `blobs`, so that a rename is atomic.
    package var temporary: String { path + "/tmp" }

    /// How the names of files in `temporary` begin that another process may go on with: transfers from and to registries.
    package static let transferPrefixes = (pull: "pull-", push: "push-")
    /// Seconds after which nobody comes back for one: a week.
    package static let transferRest = 7 * 86_400
    /// Locks and sockets.
    package var run: String { path + "/run" }
    /// Engine libraries.
    package var engines: String { path + "/engines" }
    /// What can be made again: optimised graphs, calibration.
    package var cache: String { path + "/cache" }
    /// The database file.
    package var databasePath: String { path + "/slipway.db" }

    /// Makes what is missing, readable by its owner alone. Repeatable, and safe beside other processes.
    package func create() throws(HomeError) {
        try Self.makeDirectories(path)
        for directory in [path + "/blobs", blobs, temporary, run, engines, cache] {
            try Self.makeDirectory(directory)
        }
    }

    /// Whether something has been created here.
    package var exists: Bool { access(databasePath, F_OK) == 0 }

    static func makeDirectory(_ path: String) throws(HomeError) {
        guard mkdir(path, 0o700) != 0, errno != EEXIST else { return try requireDirectory(path) }
        throw HomeError.system("create the directory", path)
    }

    private static func makeDirectories(_ path: String) throws(HomeError) {
        guard path != "/", access(path, F_OK) != 0 else { return try requireDirectory(path) }
        try makeDirectories(parent(of: path))
        try makeDirectory(path)
    }

    private static func requireDirectory(_ path: String) throws(HomeError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw HomeError.system("read", path) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw HomeError(
                .invalid, "'\(path)' is a file, and a directory is needed there", help: "choose another with --home")
        }
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The path without links when it exists; else absolute, without empty and `.` parts.
    private static func resolved(_ path: String) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        var base = ""
        if !path.hasPrefix("/"), let current = getcwd(nil, 0) {
            defer { free(current) }
            base = String(cString: current)
        }
        let parts = (base + "/" + path).split(separator: "/").filter { $0 != "." }
        return "/" + parts.joined(separator: "/")
    }
}
