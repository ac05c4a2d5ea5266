import Glibc

/// What is in folders, and whether that is on the disk. As for `AtomicFile`, each room has an error of its own.
package enum Folder {
    /// The names in a folder but `.` and `..`, in no order.
    ///
    /// - Parameters:
    ///   - limit: no more than so many are read.
    ///   - failure: makes an error of why it cannot be read.
    package static func names<Failure: Error>(
        in path: String, atMost limit: Int = .max, _ failure: (FileFault) -> Failure
    ) throws(Failure) -> [String] {
        guard let stream = opendir(path) else { throw failure(FileFault("open", path)) }
        return names(of: stream, atMost: limit) { _ in true }
    }

    /// The same of a folder that is open, and stays so.
    ///
    /// - Parameter isWanted: other names are passed over, and do not count.
    /// - Returns: `nil` when it cannot be read.
    package static func names(
        inOpen descriptor: CInt, atMost limit: Int = .max, where isWanted: (String) -> Bool = { _ in true }
    ) -> [String]? {
        // One of its own: a stream closes the descriptor that it reads from, and moves its position.
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return nil }
        guard let stream = fdopendir(copy) else {
            close(copy)
            return nil
        }
        return names(of: stream, atMost: limit, where: isWanted)
    }

    /// The names in a folder but `.` and `..`, in order; none where there is no folder, or none that may be read.
    package static func sortedNames(in path: String) -> [String] {
        ((try? names(in: path) { $0 }) ?? []).sorted()
    }

    /// Closes the stream.
    private static func names(
        of stream: OpaquePointer, atMost limit: Int, where isWanted: (String) -> Bool
    ) -> [String] {
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < limit, let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != "..", isWanted(name) { names.append(name) }
        }
        return names
    }

    /// Sees to it that what a folder lists is on the disk: a file that was synced can lose its name otherwise.
    package static func sync<Failure: Error>(_ path: String, _ failure: (FileFault) -> Failure) throws(Failure) {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw failure(FileFault("open", path)) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw failure(FileFault("write to the disk", path)) }
    }
}
