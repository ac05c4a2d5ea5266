import Glibc

/// What lies at a path, links followed.
enum FileKind {
    case file, directory, other

    init(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            self = .other
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .directory
        default: self = .other
        }
    }
}
