package import Engines
import Glibc
package import ModelGraph
package import Tensors

/// Runs models that are in memory.
package struct ModelRunner: ConstantEvaluator {
    private let engine: any Engine
    private let setting: EngineSetting

    /// - Parameter setting: what the engine is told in every session.
    package init(_ engine: any Engine, _ setting: EngineSetting = .usual) {
        self.engine = engine
        self.setting = setting
    }

    /// The engine's name and version.
    package var engineName: String { "\(engine.kind.displayName) \(engine.version)" }

    /// A model, ready to be run.
    ///
    /// - Parameters:
    ///   - optimized: whether the engine optimises the graph by itself; to see what a graph computes, not.
    ///   - threads: inside of one run.
    /// - Throws: `GraphError` over 2 GB, `EngineError` when the engine refuses it.
    package func session(_ model: Model, optimized: Bool, threads: Int = 1) throws -> any Session {
        // To OpenVINO and LiteRT, "done" is a form of their own that they wrote; they have no way to leave a graph alone.
        try load(model, optimized || engine.kind != .onnxRuntime ? .full : .done, threads: threads)
    }

    /// What the engine's own optimisation makes of a model, read back from a file that the engine writes and that is removed
    /// at once. Not behind the limited child's walls, where nothing may write a file.
    ///
    /// - Throws: `RuleFault` for an engine that cannot write it down; as `session`; `GraphError` for what cannot be read.
    package func optimized(_ model: Model) throws -> Model {
        guard engine.recordsOptimization else {
            throw RuleFault("\(engine.kind.displayName) does not write down what it makes of a graph")
        }
        var path = Array("\(Self.temporaryFolder)/slipway-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else {
            throw RuleFault("no temporary file can be made: \(String(cString: strerror(errno)))")
        }
        close(descriptor)
        let name = path.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        defer { unlink(name) }
        _ = try load(model, .recorded(path: name), threads: 1)
        return try Model.read(path: name)
    }

    private static var temporaryFolder: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

    private func load(
        _ model: Model, _ optimization: SessionOptions.Optimization, threads: Int
    ) throws -> any Session {
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
        setting.apply(to: &options)
        options.optimization = optimization
        options.threadsPerRun = threads
        return try engine.load(.memory(buffer), options: options)
    }

    package func outputs(of model: Model) throws -> [Tensor] {
        try session(model, optimized: false).run([])
    }
}
