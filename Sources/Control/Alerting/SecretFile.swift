import Glibc

/// A file with one secret in it.
enum SecretFile {
    private static let longest = 4096

    /// The first line, without spaces around it.
    ///
    /// - Throws: `ControlError` for a file that cannot be read, is empty, or has what no header may carry.
    static func line(of path: String) throws(ControlError) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ControlError(.failed, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: longest)
        let count = read(descriptor, &bytes, bytes.count)
        let line = bytes.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        let text = line.drop { $0 == UInt8(ascii: " ") }
        guard !text.isEmpty, text.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ControlError(.failed, "'\(path)' does not begin with a line of visible characters")
        }
        return String(decoding: text, as: UTF8.self)
    }
}
