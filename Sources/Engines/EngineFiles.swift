import Glibc
import Tensors

/// Where an engine's library lies in a directory, and what the system calls it.
enum EngineFiles {
    /// The library of `kind` in `<directory>/<name>-<version>/`, the highest version first, else in `directory` itself.
    static func library(of kind: EngineKind, in directory: String) -> String? {
        let folders = entries(of: directory)
            .filter { $0.hasPrefix(kind.rawValue + "-") }
            .sorted { isHigher($0, than: $1) }
            .map { directory + "/" + $0 }
        for folder in folders + [directory] {
            let candidates = entries(of: folder).filter { isLibrary($0, of: kind) }
            if let name = candidates.max(by: { isHigher($1, than: $0) }) { return folder + "/" + name }
        }
        return nil
    }

    /// Names to ask the dynamic linker for.
    static func systemNames(of kind: EngineKind) -> [String] {
        switch kind {
        case .onnxRuntime: ["libonnxruntime.so.1", "libonnxruntime.so"]
        case .openVINO: ["libopenvino_c.so.2641", "libopenvino_c.so.2640", "libopenvino_c.so"]
        case .liteRT: ["libLiteRt.so"]
        }
    }

    /// A whole file that an engine reads from memory.
    ///
    /// - Throws: `EngineError.Code.modelRejected`.
    static func contents(of path: String, _ kind: EngineKind) throws(EngineError) -> TensorBuffer {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw EngineError(.modelRejected, kind, "'\(path)' cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, (1...largestFile).contains(Int(status.st_size)) else {
            throw EngineError(.modelRejected, kind, "'\(path)' is empty, or larger than such a file can be")
        }
        let buffer = TensorBuffer(capacity: Int(status.st_size))
        var done = 0
        while done < buffer.capacity {
            let count = pread(descriptor, buffer.base + done, buffer.capacity - done, off_t(done))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw EngineError(.modelRejected, kind, "'\(path)' cannot be read to its end") }
            done += count
        }
        return buffer
    }

    private static let largestFile = 64 << 30

    private static func isLibrary(_ name: String, of kind: EngineKind) -> Bool {
        let stem =
            switch kind {
            case .onnxRuntime: "libonnxruntime.so"
            case .openVINO: "libopenvino_c.so"
            case .liteRT: "libLiteRt.so"
            }
        return name == stem || name.hasPrefix(stem + ".")
    }

    /// Orders by the numbers in the names, so that 1.31 comes above 1.9.
    private static func isHigher(_ left: String, than right: String) -> Bool {
        func numbers(_ name: String) -> [Int] { name.split { !$0.isNumber }.compactMap { Int($0) } }
        return numbers(right).lexicographicallyPrecedes(numbers(left))
    }

    /// The names in a directory but hidden ones; empty when it cannot be read.
    private static func entries(of directory: String) -> [String] {
        Folder.sortedNames(in: directory).filter { !$0.hasPrefix(".") }
    }
}
