import Glibc
import Tensors

/// A folder that is open: what is asked by name is asked of it, and no link is followed.
struct OpenFolder: ~Copyable {
    /// Stays this value's to close.
    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// A folder that a person named; the path itself may be a link.
    init?(_ path: String) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        self.init(descriptor: descriptor)
    }

    /// A folder in this one.
    func folder(_ name: String) -> OpenFolder? {
        let inner = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        return inner >= 0 ? OpenFolder(descriptor: inner) : nil
    }

    /// What a name stands for; of a link, the link itself. `nil` when it is gone.
    func status(_ name: String) -> stat? {
        var status = stat()
        return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }

    /// The names in it but `.` and `..`; `nil` for more than so many, or when it cannot be read.
    func names(atMost limit: Int) -> [String]? {
        Folder.names(inOpen: descriptor, atMost: limit + 1).flatMap { $0.count <= limit ? $0 : nil }
    }

    /// Whether somebody has a file open for writing, as far as the system tells: it does for one's own files on file systems of
    /// this machine.
    ///
    /// A read lease is granted only where nobody writes; whoever comes meanwhile waits the moment until it is given back.
    /// Source: fcntl(2), "Leases".
    func isBeingWritten(_ name: String) -> Bool {
        let file = openat(descriptor, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        // The signal of a lease that is broken would end the process; this one is ignored by everybody.
        guard fcntl(file, Self.setSignal, SIGURG) == 0 else { return false }
        guard fcntl(file, Self.setLease, Int32(F_RDLCK)) == 0 else { return errno == EAGAIN }
        _ = fcntl(file, Self.setLease, Int32(F_UNLCK))
        return false
    }

    /// `F_SETSIG` and `F_SETLEASE`, which the C library's header shows to GNU programs only.
    private static let setSignal: Int32 = 10
    private static let setLease: Int32 = 1024
}
