import Engines
import Glibc
import Tensors

/// Has an engine write down what it makes of a model, reads that back, and compares the answers.
struct CompiledConversion {
    let form: CompiledForm
    let engines: EngineCatalog

    struct Result {
        let file: CompiledFile
        let bytes: Int
        /// The largest difference from the original's answers: absolute below 1, relative above.
        let largestDifference: Double
    }

    /// Beyond this, what was written is thrown away.
    static let tolerance = 1e-4

    /// - Parameters:
    ///   - source: what the record says that it was made of.
    ///   - declared: the model's signature.
    /// - Throws: `EngineError`; `Failure` 2302 when it answers otherwise than the model does.
    func write(_ model: String, _ source: String, _ declared: Signature, to output: String) throws -> Result {
        let engine = try engines.engine(form.engine)
        let temporary = "\(output).\(getpid()).part"
        defer { unlink(temporary) }
        var options = SessionOptions()
        options.declared = declared
        let original = try engine.load(.file(model), options: options)
        var recording = options
        recording.optimization = form.recording(to: temporary)
        _ = try engine.load(.file(model), options: recording)
        let (digest, bytes) = try CompiledFile.measure(temporary)
        let file = CompiledFile(
            path: temporary, form: form, engineVersion: engine.version, machine: .present,
            digest: digest, signature: declared, source: source)
        let difference = try compare(original, try file.load(on: engines, options))
        guard difference <= Self.tolerance else {
            throw Failure(
                2302, .verificationFailed,
                "what \(form.engine.displayName) wrote answers otherwise than the model, by \(difference)")
        }
        guard rename(temporary, output) == 0 else {
            throw Failure(1004, .failed, "cannot write '\(output)': \(String(cString: strerror(errno)))")
        }
        let kept = CompiledFile(
            path: output, form: form, engineVersion: engine.version, machine: .present, digest: digest,
            signature: declared, source: source)
        try OwnFile.write(kept.json.encoded(pretty: true) + [UInt8(ascii: "\n")], to: CompiledFile.recordPath(output))
        return Result(file: kept, bytes: bytes, largestDifference: difference)
    }

    /// - Throws: what both throw for every kind of made-up inputs.
    private func compare(_ original: any Session, _ compiled: any Session) throws -> Double {
        var refused: (any Error)?
        for kind in SampleInputs.Kind.allCases {
            do {
                let inputs = try original.samples(SampleInputs(kind: kind), rows: 1)
                let expected = try original.run(inputs)
                return try Self.difference(expected, try compiled.run(inputs))
            } catch let error as EngineError where error.code == .runFailed || error.code == .invalidInput {
                refused = refused ?? error
            }
        }
        throw refused ?? Failure(2302, .verificationFailed, "no made-up inputs run, by which it could be compared")
    }

    private static func difference(_ expected: [Tensor], _ found: [Tensor]) throws -> Double {
        guard expected.count == found.count else { return .infinity }
        var largest = 0.0
        for (one, other) in zip(expected, found) {
            if let texts = one.strings {
                largest = max(largest, texts == other.strings ? 0 : .infinity)
            } else {
                largest = max(largest, try ConversionMeasurement.difference(one, other))
            }
        }
        return largest
    }
}
