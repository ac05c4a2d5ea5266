import Engines
import Glibc
import LiteRT
import Tensors

/// Loads a model on one engine and runs it once on made-up inputs, inside the walls.
enum Probe {
    /// Rows of a batch whose size is free: two, so that a graph that only works for one row is found out.
    private static let rows = 2

    /// - Parameter output: takes the outputs as NPZ bytes; false when they could not be written.
    /// - Returns: versions and times, in milliseconds.
    static func run(
        path: String, engine name: EngineKind, directories: [String], output: ([UInt8]) -> Bool
    ) throws -> JSONValue {
        let catalog = EngineCatalog.translating(directory: directories.first)
        let engine = try catalog.engine(name)
        let began = monotonic()
        let session = try engine.load(.file(path), options: SessionOptions())
        let loaded = monotonic()
        let (outputs, kind) = try answer(of: session)
        let ran = monotonic()
        guard output(try NPZ.encode(try numbered(outputs))) else {
            throw WorkshopError(.limit, "the outputs could not be handed over")
        }
        return .object([
            ("engine", .string(name.rawValue)), ("version", .string(engine.version)),
            ("loadMilliseconds", .number(milliseconds(began, loaded))),
            ("firstRunMilliseconds", .number(milliseconds(loaded, ran))), ("inputs", .string(kind.rawValue)),
        ])
    }

    /// What it answers to the first kind of made-up inputs that it takes.
    ///
    /// - Throws: what the run with the first kind throws, when it takes none.
    private static func answer(of session: any Session) throws -> (outputs: [Tensor], kind: SampleInputs.Kind) {
        var first: (any Error)?
        for kind in SampleInputs.Kind.allCases {
            do {
                let inputs = try SampleInputs(kind: kind).tensors(for: session.signature, rows: rows)
                return (try session.run(inputs), kind)
            } catch {
                first = first ?? error
            }
        }
        throw first ?? WorkshopError(.mismatch, "there are no inputs to try")
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
