import Engines
import ModelGraph
import Optimize
import Tensors

/// What the engine's integer kernels do on this processor.
enum IntegerProbe {
    /// Whether products of unsigned activations and signed weights are wrong when both are large: without instructions for
    /// sums of four (VNNI), x86 adds two products in 16 bits, which do not hold them.
    ///
    /// - Returns: also true when the engine does not run it at all: fewer bits are right everywhere.
    static func saturates(_ runner: ModelRunner) -> Bool {
        let size = 64
        guard let shape = try? Shape([size, size]),
            let weights = try? Tensor(.int8, shape, values: [Int8](repeating: 127, count: size * size)),
            let input = try? Tensor(.uint8, shape, values: [UInt8](repeating: 255, count: size * size))
        else { return true }
        let graph = Graph(
            "probe", nodes: [Node("MatMulInteger", ["x", "w"], ["y"])], initializers: [TensorValue("w", weights)],
            inputs: [ValueInfo("x", .uint8, [.fixed(size), .fixed(size)])],
            outputs: [ValueInfo("y", .int32, [.fixed(size), .fixed(size)])])
        let model = Model(graph, opset: 13, irVersion: 8)
        guard let output = try? runner.session(model, optimized: true).run([input]).first,
            let sums = output.values(as: Int32.self)
        else { return true }
        return sums.contains { $0 != Int32(size * 255 * 127) }
    }
}
