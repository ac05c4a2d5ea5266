import Engines
import LiteRT
import ModelGraph
import TensorFlow
import Tensors

/// Models as TensorFlow serves them.
extension ConvertVerb {
    /// Converts the model, reads the result back as `import` would, compares answers, and writes the folder.
    func write(_ source: Model, _ path: String, to place: SavedModelPlace) async throws {
        step("converting")
        let conversion = try source.convertedToSavedModel(options())
        var measurement: ConversionMeasurement?
        if !channelsLast, let engine = try? homeOptions.engines().engine(.onnxRuntime) {
            step("comparing")
            measurement = try Self.measurement(of: conversion, model: path, on: engine)
        }
        try await place.write { file in
            try await write(to: file, conversion.byteCount) { write throws(Failure) in
                try conversion.forEachPiece(write)
            }
        }
        Terminal.progress("")
        answer(
            ConversionText(conversion, folder: place.folder, measurement: measurement),
            unmeasured: measurement != nil
                ? nil
                : channelsLast
                    ? "what was converted with --channels-last takes other inputs"
                    : "fetch the engine with scripts/fetch-engines")
    }

    /// The graph as it is read back, beside the model itself: with one row and, where the batch is open, with three.
    private static func measurement(
        of conversion: SavedModelWriting, model path: String, on engine: any Engine
    ) throws -> ConversionMeasurement {
        let file = try SavedModelFile(SavedModelFile.Parts(graph: conversion.buffer))
        let again = ByteView(copying: try SavedModelConversion.convert(file).model.encoded()).buffer
        let (original, read) = (
            try engine.load(.file(path), options: SessionOptions()),
            try engine.load(.memory(again), options: SessionOptions())
        )
        // TensorFlow's signatures have no order.
        let inputs = try read.signature.inputs.map { port in
            try position(of: port.name, in: original.signature.inputs)
        }
        let outputs = try original.signature.outputs.map { port in
            try position(of: port.name, in: read.signature.outputs)
        }
        var (expected, made): ([[Tensor]], [[Tensor]]) = ([], [])
        for (seed, rows) in [conversion.batch ?? 1, conversion.batch ?? 3].enumerated() {
            let given = try SampleInputs(seed: UInt64(seed) + 1).tensors(for: original.signature, rows: rows)
            expected.append(try original.run(given))
            made.append(try read.run(inputs.map { given[$0] }))
        }
        return try ConversionMeasurement(
            expected, by: "the SavedModel", step: { conversion.step(ofOutput: $0).map { Double($0) * 1.001 } }
        ) { run, output in
            made[run].indices.contains(outputs[output]) ? made[run][outputs[output]] : nil
        }
    }

    private static func position(of name: String, in ports: [TensorSpec]) throws -> Int {
        guard let position = ports.firstIndex(where: { $0.name == name }) else {
            throw Failure(2302, .verificationFailed, "the SavedModel that was written has no '\(InertText.line(name))'")
        }
        return position
    }
}
