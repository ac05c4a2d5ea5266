import Engines
import Glibc
import Tensors

/// Loads a model on one engine and runs it once on made-up inputs, inside the walls.
enum Probe {
    /// Rows of a batch whose size is free: two, so that a graph that only works for one row is found out.
    private static let rows = 2

    /// - Parameter output: takes the outputs as NPZ bytes; false when they could not be written.
    /// - Returns: versions and times, in milliseconds.
    static func run(
        path: String, engine kind: EngineKind, directories: [String], output: ([UInt8]) -> Bool
    ) throws -> JSONValue {
        let catalog = EngineCatalog(directory: directories.first)
        let engine = try catalog.engine(kind)
        let began = monotonic()
        let session = try engine.load(.file(path), options: SessionOptions())
        let loaded = monotonic()
        let inputs = try SampleInputs().tensors(for: session.signature, rows: rows)
        let outputs = try session.run(inputs)
        let ran = monotonic()
        guard output(try NPZ.encode(try numbered(outputs))) else {
            throw WorkshopError(.limit, "the outputs could not be handed over")
        }
        return .object([
            ("engine", .string(kind.rawValue)), ("version", .string(engine.version)),
            ("loadMilliseconds", .number(milliseconds(began, loaded))),
            ("firstRunMilliseconds", .number(milliseconds(loaded, ran))),
        ])
    }

    /// Outputs under their places, because a tensor's name may not be a file's; types that NPY lacks as FP32.
    private static func numbered(_ outputs: [Tensor]) throws(TensorError) -> [(name: String, tensor: Tensor)] {
        var named: [(name: String, tensor: Tensor)] = []
        for (place, tensor) in outputs.enumerated() {
            let portable = try tensor.elementType == .bfloat16 ? tensor.converted(to: .float32) : tensor
            named.append((name: String(place), tensor: portable))
        }
        return named
    }

    private static func monotonic() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func milliseconds(_ from: Int, _ to: Int) -> Double {
        (Double(to - from) / 1e4).rounded() / 100
    }
}
