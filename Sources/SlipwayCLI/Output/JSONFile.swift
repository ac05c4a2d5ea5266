import Glibc
import Tensors

/// A JSON document of the user's.
enum JSONFile {
    private static let largest = 16 << 20

    /// - Throws: `Failure` naming the file when it cannot be read or is no JSON.
    static func read(_ path: String) throws -> JSONValue {
        try parse(try bytes(path), of: path)
    }

    /// - Parameter path: where the bytes come from, as people know it.
    /// - Throws: `Failure` naming the file and the place in it when they are no JSON.
    static func parse(_ bytes: [UInt8], of path: String) throws -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw Failure(1002, .failed, "'\(path)' is no JSON document", causes: [place(error, in: bytes)])
        }
    }

    /// What is wrong, where people look for it: by line and column, both from 1.
    private static func place(_ error: JSONError, in bytes: [UInt8]) -> String {
        let before = bytes.prefix(max(0, error.offset))
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = before.count - ((before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1) + 1
        return "line \(line), column \(column): \(error.message)"
    }

    /// A whole small file; `-` reads standard input.
    static func bytes(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Failure(1003, .notFound, "cannot read '\(path)': \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(1003, .failed, "cannot read '\(path)': \(String(cString: strerror(errno)))")
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            guard bytes.count <= largest else {
                throw Failure(1003, .failed, "'\(path)' is larger than \(Quantity.bytes(largest))")
            }
        }
    }
}
