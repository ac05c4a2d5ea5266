import Glibc
import Home
import Tensors

/// A private folder for one import, for files that have to lie beside each other. Removed with what is left in it.
final class StagingFolder: Sendable {
    let path: String

    /// - Throws: `WorkshopError.Code.storage` when the home cannot take it.
    init(in home: HomeDirectory) throws(WorkshopError) {
        var generator = SystemRandomNumberGenerator()
        path = "\(home.temporary)/\(StagedFile.prefix)\(String(generator.next(), radix: 16))"
        guard mkdir(path, 0o700) == 0 else { throw StagedFile.cannotStore("no folder can be made in the home") }
    }

    deinit { Self.remove(path) }

    /// Removes a folder of files.
    static func remove(_ path: String) {
        for name in Folder.sortedNames(in: path) { unlink("\(path)/\(name)") }
        rmdir(path)
    }
}
