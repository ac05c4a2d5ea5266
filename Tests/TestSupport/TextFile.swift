internal import Glibc

/// Whole files, for tests.
package enum TextFile {
    /// The bytes of a file.
    package static func bytes(_ path: String) throws -> [UInt8] {
        guard let file = fopen(path, "re") else { throw MissingTool("cannot open \(path)") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// The text of a file.
    package static func read(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    /// Makes a file of these bytes.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        guard let file = fopen(path, "we") else { throw MissingTool("cannot make \(path)") }
        defer { fclose(file) }
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw MissingTool("cannot write \(path)") }
    }

    /// Makes a file of this text.
    package static func write(_ text: String, to path: String) throws { try write(Array(text.utf8), to: path) }

    /// The names in a directory, sorted.
    package static func list(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
