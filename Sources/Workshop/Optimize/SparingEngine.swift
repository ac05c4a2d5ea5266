import Engines
import Glibc
import ModelGraph
import Tensors

/// An engine that loads one large model after another, in a process that keeps no more than it must.
///
/// Weights that are views into a file are in memory once more in what is handed to the engine, and again in the engine's
/// own form; and glibc keeps what sessions before left behind. Of ResNet-50 that is 0.4 GB.
struct SparingEngine: Engine {
    private let engine: any Engine
    private let file: TensorBuffer

    /// Bytes from which on it is worth some milliseconds to give memory back.
    private static let large = 16 << 20

    /// - Parameter file: the map of the file that models are views into.
    init(_ engine: any Engine, file: MappedFile) {
        self.engine = engine
        self.file = file.buffer
    }

    var kind: EngineKind { engine.kind }
    var version: String { engine.version }
    var devices: [Device] { engine.devices }
    var recordsOptimization: Bool { engine.recordsOptimization }

    func load(_ source: ModelSource, options: SessionOptions) throws(EngineError) -> any Session {
        guard case .memory(let buffer) = source, buffer.capacity > Self.large else {
            return try engine.load(source, options: options)
        }
        EngineMemory.trim()
        defer { EngineMemory.trim() }
        // Nothing is lost: the pages are the file's, and come back when they are read.
        if file.capacity > 0 { madvise(file.base, file.capacity, MADV_DONTNEED) }
        return try engine.load(source, options: options)
    }
}
