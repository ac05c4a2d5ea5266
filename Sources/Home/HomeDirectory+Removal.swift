import Glibc
import Tensors

extension HomeDirectory {
    /// Removes the directory with everything in it: for homes that were made for one run. Links are not followed.
    package func removeEverything() {
        Self.remove(path, depth: 0)
    }

    /// A home is a few levels deep; more is not ours.
    private static let deepest = 16

    private static func remove(_ path: String, depth: Int) {
        if depth < deepest {
            for name in Folder.sortedNames(in: path) { removeEntry("\(path)/\(name)", depth: depth + 1) }
        }
        rmdir(path)
    }

    private static func removeEntry(_ path: String, depth: Int) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR { remove(path, depth: depth) } else { unlink(path) }
    }
}
