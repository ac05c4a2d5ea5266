import Engines
import ModelGraph
import Registry
import Tensors

/// What an engine makes of a model for itself.
extension ConvertVerb {
    /// Writes the file and the record beside it, and says by how much its answers differ.
    func compile(_ path: String, _ form: CompiledForm) async throws {
        let isFile = ShowVerb.looksLikeFile(model)
        let registry = isFile ? nil : try homeOptions.registry()
        let record = try registry?.resolve(try Reference(model))
        if let record { try registry?.verify(record.digest) }
        let signature = try Model.read(path: path).signature
        let conversion = CompiledConversion(form: form, engines: try homeOptions.engines())
        let source = record.map { "\($0.reference) \($0.digest)" } ?? model
        let result = try conversion.write(path, source, signature, to: output)
        let engine = "\(form.engine.displayName) \(result.file.engineVersion)"
        if json {
            var members: [(String, JSONValue)] = [
                ("file", .string(output)), ("bytes", .integer(result.bytes)),
                ("largestDifference", .number(result.largestDifference)),
            ]
            members.append(("record", result.file.json))
            Terminal.answer(bytes: JSONValue.object(members).encoded(pretty: true) + [UInt8(ascii: "\n")])
        } else {
            Terminal.answer(
                """
                \(output): \(Quantity.bytes(result.bytes)), for \(engine) on \(result.file.machine.processor)
                  record  \(CompiledFile.recordPath(output))
                  largest difference from the model itself: \(ConversionText.number(result.largestDifference))
                """)
        }
    }
}

/// Why no TensorRT plan is written.
enum TensorRTFailure {
    static func make(_ finding: TensorRTFinding) -> Failure {
        Failure(
            2305, .unavailable,
            finding.isComplete
                ? "TensorRT is here, but Slipway writes no plans: none of its machines could test one"
                : "no TensorRT plan can be made here",
            causes: finding.lines,
            help: "make the plan on the machine that will run it: trtexec --onnx=MODEL --saveEngine=PLAN")
    }
}
