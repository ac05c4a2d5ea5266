import Glibc

/// ONNX Runtime's own format: a FlatBuffer whose identifier is `ORTM`. The library goes by the name of a file; we look.
enum ORTFormat {
    /// Whether a file begins as one; false where it cannot be read.
    static func begins(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var head = [UInt8](repeating: 0, count: 8)
        return pread(descriptor, &head, head.count, 0) == head.count && head[4...].elementsEqual("ORTM".utf8)
    }
}
