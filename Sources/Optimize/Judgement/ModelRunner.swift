package import Engines
package import ModelGraph
package import Tensors

/// Runs models that are in memory.
package struct ModelRunner: ConstantEvaluator {
    private let engine: any Engine

    package init(_ engine: any Engine) {
        self.engine = engine
    }

    /// The engine's name and version.
    package var engineName: String { "\(engine.kind.displayName) \(engine.version)" }

    /// A model, ready to be run.
    ///
    /// - Parameter optimized: whether the engine optimises the graph by itself; to see what a graph computes, not.
    /// - Throws: `GraphError` over 2 GB, `EngineError` when the engine refuses it.
    package func session(_ model: Model, optimized: Bool) throws -> any Session {
        var size = 0
        try model.forEachPiece { size += $0.count }
        let buffer = TensorBuffer(capacity: size)
        var filled = 0
        try model.forEachPiece { piece in
            UnsafeMutableRawBufferPointer(rebasing: buffer.mutableBytes[filled..<(filled + piece.count)])
                .copyMemory(from: piece)
            filled += piece.count
        }
        var options = SessionOptions()
        options.optimization = optimized ? .full : .done
        return try engine.load(.memory(buffer), options: options)
    }

    package func outputs(of model: Model) throws -> [Tensor] {
        try session(model, optimized: false).run([])
    }
}
