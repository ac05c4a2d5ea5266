import Glibc
import Home
import Tensors
package import Trust

extension BlobStore {
    /// A file or directory of the home that is no blob, or not yet.
    package struct StrayFile: Hashable, Sendable {
        package let path: String
        /// In bytes; 0 for a directory.
        package let size: Int
        let isDirectory: Bool

        /// Removes it, a directory with everything in it.
        ///
        /// - Throws: `RegistryError.Code.io`; not when it is gone already.
        package func remove() throws(RegistryError) {
            if isDirectory {
                try? HomeDirectory(path: path).removeEverything()
            } else if unlink(path) != 0, errno != ENOENT {
                throw RegistryError.system("remove", path)
            }
        }
    }

    /// Goes through the files of the blob directory, in no order. `body` may remove the one it is given.
    ///
    /// - Parameter body: gets the name, its digest where it is one, and the size in bytes.
    /// - Throws: `RegistryError.Code.io` when the directory cannot be read, and what `body` throws.
    package func forEachFile(_ body: (String, Digest?, Int) throws -> Void) throws {
        try Self.forEachEntry(of: home.blobs) { name, status in
            let digest = status.st_mode & S_IFMT == S_IFREG ? Digest(hex: name) : nil
            try body(name, digest, Int(status.st_size))
        }
    }

    /// What killed processes left in the directory of files being written.
    ///
    /// - Parameter lock: proof that nobody is adding blobs now.
    package func abandonedFiles(holding lock: borrowing ExclusiveBlobLock) throws -> [StrayFile] {
        let now = time(nil)
        var files: [StrayFile] = []
        try Self.forEachEntry(of: home.temporary) { name, status in
            let isBeingAdded = Self.prefixesUnderLock.contains { name.hasPrefix($0) }
            guard isBeingAdded || status.st_mtim.tv_sec < now - Self.rest(of: name) else { return }
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            files.append(
                StrayFile(
                    path: "\(home.temporary)/\(name)", size: isDirectory ? 0 : Int(status.st_size),
                    isDirectory: isDirectory))
        }
        return files.sorted { $0.path < $1.path }
    }

    /// Files whose names begin like this are written with the blob lock held shared.
    private static let prefixesUnderLock = ["blob-", "import-"]

    /// Seconds after which a file of any other name has been forgotten: a week for transfers that can be resumed, else a
    /// day.
    private static func rest(of name: String) -> Int {
        let prefixes = HomeDirectory.transferPrefixes
        let isResumable = name.hasPrefix(prefixes.pull) || name.hasPrefix(prefixes.push)
        return isResumable ? HomeDirectory.transferRest : 86_400
    }

    private static func forEachEntry(of path: String, _ body: (String, stat) throws -> Void) throws {
        for name in try Folder.names(in: path, RegistryError.system) {
            var status = stat()
            if lstat("\(path)/\(name)", &status) == 0 { try body(name, status) }
        }
    }
}
