import Engines
import Glibc
import Home
import LiteRT
import Subprocess
import SystemPackage
import Tensors

/// A TFLite file and the model that it was made of, both run.
enum LiteMeasurement {
    /// Runs both and compares.
    ///
    /// - Throws: `Failure` 2302 when the answers differ by more than is accepted, 2303 when LiteRT cannot run here.
    static func take(
        of conversion: LiteConversion, model: String, python: String, channelsLast: Bool, engine: any Engine
    ) async throws -> ConversionMeasurement {
        let place = try Scratch()
        defer { place.remove() }
        try place.write(conversion)
        let session = try engine.load(.file(model), options: SessionOptions())
        let signature = Signature(
            inputs: conversion.model.inputs.map(\.spec), outputs: conversion.model.outputs.map(\.spec))
        var arguments = ["-c", RunnerScript.text] + (channelsLast ? ["nhwc"] : [])
        var expected: [[Tensor]] = []
        for run in 0..<3 {
            let inputs = try SampleInputs(seed: UInt64(run) + 1).tensors(for: signature, rows: conversion.batch ?? 1)
            expected.append(try session.run(inputs))
            let arrays = inputs.enumerated().map { (name: String($0), tensor: $1) }
            try NPZ.write(arrays, to: place.file("given\(run).npz"))
            arguments += [place.file("model.tflite"), place.file("given\(run).npz"), place.file("made\(run).npz")]
        }
        try await run(python, arguments)
        return try judged(expected, conversion) { run, index in
            try NPZ.read(path: place.file("made\(run).npz")).first { $0.name == String(index) }?.tensor
        }
    }

    /// Runs both in this process, which has LiteRT as an engine, and compares.
    ///
    /// - Throws: as above, but for 2303.
    static func take(
        of conversion: LiteConversion, model: String, engine: any Engine, lite: any Engine
    ) throws -> ConversionMeasurement {
        let (session, converted) = (
            try engine.load(.file(model), options: SessionOptions()),
            try lite.load(.memory(conversion.buffer), options: SessionOptions())
        )
        var (expected, made): ([[Tensor]], [[Tensor]]) = ([], [])
        for run in 0..<3 {
            let inputs = try SampleInputs(seed: UInt64(run) + 1)
                .tensors(for: converted.signature, rows: conversion.batch ?? 1)
            expected.append(try session.run(inputs))
            made.append(try converted.run(inputs))
        }
        return try judged(expected, conversion) { run, index in
            made[run].indices.contains(index) ? made[run][index] : nil
        }
    }

    /// Of a model of integers one step is accepted; rounded once more, for one that is counted in numbers.
    private static func judged(
        _ expected: [[Tensor]], _ conversion: LiteConversion, made: (_ run: Int, _ output: Int) throws -> Tensor?
    ) throws -> ConversionMeasurement {
        try ConversionMeasurement(
            expected, by: "LiteRT", step: { conversion.model.step(ofOutput: $0).map { Double($0) * 1.001 } },
            made: made)
    }

    private static func run(_ python: String, _ arguments: [String]) async throws {
        let program: Executable = python.contains("/") ? .path(FilePath(python)) : .name(python)
        let refusal = Failure(
            2303, .unavailable, "'\(python)' cannot run LiteRT",
            help: "install it there with: pip install ai-edge-litert; or leave --python out")
        guard
            let result = try? await Subprocess.run(
                program, arguments: Arguments(arguments), input: .none, output: .string(limit: 1 << 20),
                error: .string(limit: 1 << 20))
        else { throw refusal }
        guard !result.terminationStatus.isSuccess else { return }
        var failure = refusal
        let words = result.standardError.split(separator: "\n").suffix(3).map { String($0.prefix(300)) }
        if !words.isEmpty {
            failure = Failure(2302, .verificationFailed, "LiteRT does not run the model", causes: words)
        }
        throw failure
    }
}

extension LitePort {
    fileprivate var spec: TensorSpec {
        TensorSpec(name: name, elementType: type, dimensions: shape.map { .fixed($0) })
    }
}

/// A directory for the files of one comparison.
private struct Scratch {
    let path: String

    init() throws {
        let root = Terminal.environment("TMPDIR") ?? "/tmp"
        var template = Array("\(root)/slipway-convert.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(
                9001, .failed, "no temporary directory can be made: \(String(cString: strerror(errno)))",
                help: "name a directory that can be written to with TMPDIR")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ conversion: LiteConversion) throws {
        let name = file("model.tflite")
        let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(1004, .failed, "cannot write '\(name)'") }
        defer { close(descriptor) }
        try conversion.forEachPiece { (piece) throws(Failure) in
            try OwnFile.write(piece, to: descriptor, named: name)
        }
    }

    func remove() { (try? HomeDirectory(path: path))?.removeEverything() }
}
