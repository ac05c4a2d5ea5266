import Tensors

/// What is in a file that PyTorch exported, whether it can be rebuilt or not.
package struct TorchSummary: Sendable {
    /// How often an operator is called.
    package struct Use: Hashable, Sendable {
        /// With its overload: `conv2d.default`.
        package var name: String
        package var count: Int
    }

    /// PyTorch's version that wrote it, where the file says so.
    package private(set) var version: String?
    package private(set) var className: String
    /// By name.
    package private(set) var operators: [Use] = []
    /// Numbers in all weights together; saturates.
    package private(set) var parameterCount = 0

    /// - Throws: `TorchError` when the file's structure is damaged.
    package init(_ archive: TorchArchive) throws(TorchError) {
        if archive.layout == .script {
            className = "TorchScript"
            return
        }
        let program = try ExportedProgram(archive)
        version = program.version
        className = "ExportedProgram"
        var counts: [String: Int] = [:]
        for node in program.nodes {
            let name =
                node.target.hasPrefix("torch.ops.aten.")
                ? node.target.dropFirst("torch.ops.aten.".count) : node.target[...]
            counts[String(name), default: 0] += 1
        }
        operators = counts.sorted { $0.key < $1.key }.map { Use(name: $0.key, count: $0.value) }
        var weights = try ProgramWeights(archive)
        for (_, tensor) in try weights.all() {
            let count = (try? Shape(tensor.sizes))?.elementCount ?? .max
            let (total, overflow) = parameterCount.addingReportingOverflow(count)
            parameterCount = overflow ? .max : total
        }
    }
}
