import CEngineLimit
import Engines
import Glibc
import LiteRT
import Tensors

/// A model loaded twice: behind our session protocol, and in a loop in C over the engine's own functions. Both read one
/// input and each writes an output of its own, made beforehand.
struct EngineDuel {
    let version: String
    private let session: any Session
    private let limit: OpaquePointer
    private let input: Tensor
    private let sessionOutput: Tensor
    private let limitOutput: Tensor

    struct Fault: Error, CustomStringConvertible {
        var description: String
    }

    init(_ kind: EngineKind, library: String, model: String, rows: Int) throws {
        let engine = try EngineCatalog.translating(libraries: [kind: library]).engine(kind)
        version = engine.version
        session = try engine.load(.file(model), options: SessionOptions())
        let signature = session.signature
        guard signature.inputs.count == 1, signature.outputs.count == 1,
            let from = signature.inputs.first, let to = signature.outputs.first,
            from.elementType == .float32, to.elementType == .float32,
            from.dimensions?.count == 2, to.dimensions?.count == 2,
            let columns = from.dimensions?.last?.size, let classes = to.dimensions?.last?.size
        else { throw Fault(description: "'\(model)' does not have one FP32 matrix as its input and one as its output") }
        let values = (0..<(rows * columns)).map { Float($0 % 17) / 16 }
        input = try Tensor(.float32, Shape([rows, columns]), values: values)
        sessionOutput = try Tensor(zeros: .float32, Shape([rows, classes]))
        limitOutput = try Tensor(zeros: .float32, Shape([rows, classes]))
        let file = kind == .liteRT ? try Self.translated(model, input.shape) : model
        defer { if kind == .liteRT { unlink(file) } }
        limit = try Self.makeLimit(
            kind, library, file, names: (from.name, to.name), input: input, output: limitOutput)
    }

    /// An ONNX file as a TFLite file for inputs of one shape; the caller removes it.
    private static func translated(_ model: String, _ shape: Shape) throws -> String {
        let bytes = try LiteRTTranslator().translation(of: .file(model)).file(for: [shape])
        var template = Array("/tmp/slipway-bench.XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Fault(description: "no temporary file can be made") }
        defer { close(descriptor) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard write(descriptor, bytes.base, bytes.capacity) == bytes.capacity else {
            throw Fault(description: "the translated model cannot be written to '\(path)'")
        }
        return path
    }

    /// What lives as long as the process: the loop keeps the names.
    private static func makeLimit(
        _ kind: EngineKind, _ library: String, _ model: String, names: (String, String), input: Tensor, output: Tensor
    ) throws -> OpaquePointer {
        guard case .buffer(let source) = input.storage, case .buffer(let target) = output.storage,
            let inputName = strdup(names.0), let outputName = strdup(names.1)
        else { throw Fault(description: "no memory for the loop's tensors") }
        var fault: UnsafePointer<CChar>?
        let made = library.withCString { library in
            model.withCString { model in
                var task = limit_task(
                    library: library, model: model, input_name: inputName, output_name: outputName,
                    rows: Int64(input.shape.dimensions[0]), input_columns: Int64(input.shape.dimensions[1]),
                    output_columns: Int64(output.shape.dimensions[1]),
                    input: source.base.assumingMemoryBound(to: Float.self),
                    output: target.base.assumingMemoryBound(to: Float.self))
                return switch kind {
                case .onnxRuntime: limit_onnxruntime(&task, &fault)
                case .openVINO: limit_openvino(&task, &fault)
                case .liteRT: limit_litert(&task, &fault)
                }
            }
        }
        guard let made else {
            throw Fault(description: "the engine's loop: \(fault.map { String(cString: $0) } ?? "no reason given")")
        }
        return made
    }

    /// Runs one side, and nothing else, this many times.
    func run(_ side: EngineBench.Side, times: Int) throws {
        switch side {
        case .session:
            let inputs = [input]
            var outputs = [OutputSlot.tensor(sessionOutput)]
            for _ in 0..<times { try session.run(inputs: inputs, outputs: &outputs) }
        case .limit:
            if let fault = limit_run(limit, times) { throw Fault(description: String(cString: fault)) }
        }
    }

    /// How far apart the outputs of the two sides are.
    func largestDifference() throws -> Float {
        for side in EngineBench.Side.allCases { try run(side, times: 1) }
        let pairs = zip(sessionOutput.values(as: Float.self) ?? [], limitOutput.values(as: Float.self) ?? [])
        return pairs.map { abs($0 - $1) }.max() ?? .infinity
    }

    /// Seconds of one run, from as many as fit into about `seconds`.
    func secondsPerRun(_ side: EngineBench.Side, for seconds: Double) throws -> Double {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        let began = clock.now
        var count = 0
        while clock.now < deadline {
            try run(side, times: 256)
            count += 256
        }
        return (clock.now - began) / .seconds(1) / Double(count)
    }

    /// Blocks and bytes allocated in one run.
    func allocations(_ side: EngineBench.Side, runs: Int) throws -> (count: Double, bytes: Double) {
        try run(side, times: 10)
        limit_count_begin()
        defer { _ = limit_count_end() }
        try run(side, times: runs)
        let sum = limit_count_end()
        return (Double(sum.count) / Double(runs), Double(sum.bytes) / Double(runs))
    }
}
