package import Glibc

/// Who may do what with a file or directory.
///
/// Asked for here, because `struct stat` has several owners where SwiftNIO is seen too, and which of them counts depends on
/// what the compiler happened to read first.
package struct FileRights: Hashable, Sendable {
    /// Type and permissions.
    package let mode: mode_t
    package let owner: uid_t

    /// Those of what lies at `path`, not of what a symbolic link there points to; `nil` when nothing does.
    package init?(path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        mode = status.st_mode
        owner = status.st_uid
    }
}
