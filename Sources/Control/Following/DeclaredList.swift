import Glibc

/// A file that says what a server serves, for as long as it serves.
package struct DeclaredList: Sendable {
    /// As people write it.
    package var path: String
    /// Between two looks.
    package var every: Duration
    /// Reads the file; what it throws is told in words.
    package var read: @Sendable () throws -> EndpointList
    /// What following does to files and versions.
    package var work: FollowWork

    /// A list that is looked at so often.
    package init(
        path: String, every: Duration, work: FollowWork, read: @escaping @Sendable () throws -> EndpointList
    ) {
        (self.path, self.every, self.work, self.read) = (path, every, work, read)
    }

    /// Another when any byte may have changed, also where a link leads elsewhere; `nil` when there is no such file.
    var stamp: String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return "\(status.st_dev)-\(status.st_ino)-\(status.st_size)-\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }
}
