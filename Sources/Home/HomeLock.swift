import Glibc
import Synchronization

/// A lock on a part of the home that the kernel releases when its process ends, however it ends.
///
/// Held from creation until `release` or the last reference goes. It belongs to the open file and not to the process
/// (fcntl(2), "Open file description locks"), so that two of one process exclude each other too; the descriptor is not
/// inherited by programs that this one starts.
package final class HomeLock: Sendable {
    /// What is locked.
    package enum Purpose: String, Sendable, CaseIterable {
        /// Being the server of this home. Always exclusive.
        case server
        /// Shared by whoever adds blobs, exclusive for whoever removes them.
        case blobs
        /// Opening and upgrading the database. Always exclusive, and held for moments.
        case setup
    }

    /// Who may hold the lock at the same time.
    package enum Mode: Sendable { case shared, exclusive }

    private let mode: Mode
    /// `nil` once released.
    private let descriptor: Mutex<Int32?>

    private init(descriptor: Int32, mode: Mode) {
        self.descriptor = Mutex(descriptor)
        self.mode = mode
    }

    deinit { release() }

    /// Takes a lock.
    ///
    /// - Parameter wait: whether to wait until it is free, for as long as that takes.
    /// - Throws: `HomeError.Code.locked` when it is taken and `wait` is false; `ownerPID` names an exclusive holder.
    package static func acquire(
        _ purpose: Purpose, _ mode: Mode = .exclusive, in home: HomeDirectory, wait: Bool = false
    ) throws(HomeError) -> HomeLock {
        let path = lockPath(purpose, home)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw HomeError.system("open the lock", path) }
        var request = wholeFile(mode == .exclusive ? F_WRLCK : F_RDLCK)
        while fcntl(descriptor, wait ? Command.setAndWait : Command.set, &request) != 0 {
            let code = errno
            if code == EINTR { continue }
            defer { close(descriptor) }
            guard code == EAGAIN || code == EACCES else { throw HomeError.system("lock", path, errno: code) }
            throw taken(purpose, home, owner: writtenPID(descriptor))
        }
        if mode == .exclusive { writePID(descriptor) }
        return HomeLock(descriptor: descriptor, mode: mode)
    }

    /// The process that holds a lock exclusively, or `nil` when nobody does. Asks without taking it.
    package static func owner(of purpose: Purpose, in home: HomeDirectory) -> Int32? {
        let descriptor = open(lockPath(purpose, home), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var request = wholeFile(F_RDLCK)
        guard fcntl(descriptor, Command.get, &request) == 0, Int32(request.l_type) != F_UNLCK else { return nil }
        return writtenPID(descriptor)
    }

    /// Gives the lock up. Calling it again does nothing.
    package func release() {
        descriptor.withLock { held in
            guard let open = held else { return }
            if mode == .exclusive { ftruncate(open, 0) }
            close(open)
            held = nil
        }
    }

    /// Numbers of fcntl(2) that the C library hides behind a macro. Source: Linux, `asm-generic/fcntl.h`.
    private enum Command {
        static let get: Int32 = 36
        static let set: Int32 = 37
        static let setAndWait: Int32 = 38
    }

    private static func wholeFile(_ type: Int32) -> Glibc.flock {
        Glibc.flock(l_type: Int16(type), l_whence: Int16(SEEK_SET), l_start: 0, l_len: 0, l_pid: 0)
    }

    private static func lockPath(_ purpose: Purpose, _ home: HomeDirectory) -> String {
        "\(home.run)/\(purpose.rawValue).lock"
    }

    private static func writePID(_ descriptor: Int32) {
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        pwrite(descriptor, text, text.count, 0)
    }

    private static func writtenPID(_ descriptor: Int32) -> Int32? {
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: bytes[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    private static func taken(_ purpose: Purpose, _ home: HomeDirectory, owner: Int32?) -> HomeError {
        let who = owner.map { "process \($0)" } ?? "another process"
        switch purpose {
        case .server:
            return HomeError(
                .locked, "\(who) already serves the home '\(home.path)'",
                help: "use that server, stop it with 'slipway stop', or choose another home with --home",
                ownerPID: owner)
        case .blobs:
            return HomeError(
                .locked, "\(who) is adding or removing blobs in '\(home.path)'",
                help: "wait for it to finish, then try again", ownerPID: owner)
        case .setup:
            return HomeError(
                .locked, "\(who) is opening the database of '\(home.path)'", help: "try again", ownerPID: owner)
        }
    }
}
