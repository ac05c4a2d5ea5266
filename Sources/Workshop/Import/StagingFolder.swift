import Glibc
import Home

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
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink("\(path)/\(name)") }
        }
        closedir(directory)
        rmdir(path)
    }
}
