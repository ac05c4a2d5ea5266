import Engines
import Glibc
import Tensors
import TestSupport
import Workshop

/// The names in a folder.
enum FolderListing {
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return ["no folder \(path)"] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// Programs that stand in for Slipway's own.
enum ChildProgram {
    /// Runs the "model" as a shell script: what a child does is written into the file that it is to read.
    static let script = Slipway.root + "/Tests/WorkshopTests/Fixtures/child.sh"

    /// Slipway's own child code, in a process of its own: lies beside the program that runs the tests.
    static let own: String = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = max(0, readlink("/proc/self/exe", &buffer, buffer.count))
        let program = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return program.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/WorkshopChild"
    }()
}

/// A session that computes what a closure says.
final class MadeSession: Session {
    let engine = EngineKind.onnxRuntime
    let device = Device.cpu
    let signature: Signature
    private let body: @Sendable ([Tensor]) throws(EngineError) -> [Tensor]

    init(
        inputs: [TensorSpec], outputs: [TensorSpec],
        _ body: @escaping @Sendable ([Tensor]) throws(EngineError) -> [Tensor]
    ) {
        signature = Signature(inputs: inputs, outputs: outputs)
        self.body = body
    }

    func run(inputs: [Tensor], outputs: inout [OutputSlot]) throws(EngineError) {
        outputs = try body(inputs).map { .tensor($0) }
    }
}
