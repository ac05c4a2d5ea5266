import Glibc
import Home
import Tensors

/// Owner and rights of the home and what lies in it.
struct HomeAccessCheck {
    let home: HomeDirectory

    /// One entry of the home, and the rights that others may have on it.
    private struct Entry {
        let path: String
        let mode: mode_t
        let owner: uid_t
    }

    func finding() -> DoctorFinding {
        guard access(home.path, F_OK) == 0 else {
            return .ok("home", "'\(home.path)' is not there yet; the first import makes it")
        }
        let entries = [home.path, home.databasePath].compactMap(Self.entry) + secrets()
        guard let top = entries.first else {
            return .fail("home", "'\(home.path)' cannot be read", fix: "choose another home with --home")
        }
        guard top.mode & S_IFMT == S_IFDIR else {
            return .fail("home", "'\(home.path)' is no directory", fix: "choose another home with --home")
        }
        let details = JSONValue.object([
            ("path", .string(home.path)), ("mode", .string(Self.octal(top.mode))),
            ("owner", .integer(Int(top.owner))),
        ])
        guard top.owner == geteuid() || geteuid() == 0 else {
            return .fail(
                "home", "'\(home.path)' belongs to user \(top.owner), and you are \(geteuid())",
                fix: "run Slipway as that user, or choose another home with --home", details: details)
        }
        guard access(home.path, R_OK | W_OK | X_OK) == 0 else {
            return .fail(
                "home", "'\(home.path)' cannot be written: \(String(cString: strerror(errno)))",
                fix: "chmod u+rwx '\(home.path)', or mount it writable", details: details)
        }
        return rights(entries, details)
    }

    private func rights(_ entries: [Entry], _ details: JSONValue) -> DoctorFinding {
        let writable = entries.filter { $0.mode & 0o022 != 0 }
        if let worst = writable.first {
            return .fail(
                "home", "'\(worst.path)' can be written by others (mode \(Self.octal(worst.mode)))",
                fix: "chmod go-rwx '\(worst.path)'; then check what is deployed", details: details)
        }
        // The home itself may be made by scripts before us; what is secret lies in files of their own.
        let readable = entries.dropFirst().filter { $0.mode & 0o044 != 0 }
        if let worst = readable.first {
            return .fail(
                "home", "'\(worst.path)' can be read by others (mode \(Self.octal(worst.mode)))",
                fix: "chmod go-rwx '\(worst.path)'", details: details)
        }
        if let top = entries.first, top.mode & 0o077 != 0 {
            return .warn(
                "home", "'\(home.path)' can be listed by others (mode \(Self.octal(top.mode)))",
                fix: "chmod 700 '\(home.path)'", details: details)
        }
        return .ok("home", "'\(home.path)', for its owner alone", details: details)
    }

    /// What nobody else may see: the database with its log and copies, locks, sockets, blobs.
    private func secrets() -> [Entry] {
        var paths = [home.databasePath + "-wal", home.databasePath + "-shm", home.run, home.blobs, home.temporary]
        for name in Folder.sortedNames(in: home.path)
        where name.hasPrefix("slipway.db.schema-") || name.contains("token") || name.hasSuffix(".key") {
            paths.append("\(home.path)/\(name)")
        }
        return paths.sorted().compactMap(Self.entry)
    }

    private static func entry(_ path: String) -> Entry? {
        FileRights(path: path).map { Entry(path: path, mode: $0.mode, owner: $0.owner) }
    }

    private static func octal(_ mode: mode_t) -> String {
        let text = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - text.count)) + text
    }
}
