import ArgumentParser
import Engines
import Glibc
import LiteRT
import ModelGraph
import Registry
import Tensors
import Workshop

/// What a model can be converted to.
enum ConversionTarget: String, ExpressibleByArgument, CaseIterable {
    case tflite, savedmodel, onnxruntime, ort, openvino, tensorrt

    /// What an engine makes of it for itself; `nil` for another runtime's format.
    var compiled: CompiledForm? { CompiledForm(rawValue: rawValue) }
}

struct ConvertVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Writes a model in another runtime's format: TFLite, SavedModel, what an engine compiles.",
        discussion: """
            A TFLite file runs on LiteRT (TensorFlow Lite), a SavedModel, which is a folder, on TensorFlow and its server; \
            both in FP32, with the names of the model's inputs and outputs. What has no operator there is named, all of it, \
            before anything is written.

            onnxruntime, ort and openvino are what those engines make of the model for themselves: good for this version of \
            the engine on this kind of processor only, which a record beside the file says.

            EXAMPLES
              slipway convert model.onnx --to tflite --output model.tflite
              slipway convert digits:3 --to savedmodel --output models/digits/3
              slipway convert digits:3 --to openvino --output digits.blob
              slipway convert digits:3 --to tflite --output digits.tflite --python ~/litert/bin/python3
            """)

    @Argument(help: "An ONNX file, or a version such as digits:3.", completion: Candidates.filesAndVersions)
    var model: String

    @Option(help: "The format: tflite, savedmodel, onnxruntime, ort, openvino or tensorrt.")
    var to: ConversionTarget

    @Option(
        name: [.customShort("o"), .long], help: "The file to write; of a SavedModel, the folder.", completion: .file())
    var output: String

    @Flag(help: "Replace the file where it exists.")
    var force = false

    @Option(help: "The rows of a batch, where the model leaves them open (default: 1; in a SavedModel they stay open).")
    var batch: Int?

    @Option(help: ArgumentHelp("The size of another open dimension; may be repeated.", valueName: "name=size"))
    var size: [String] = []

    @Flag(help: "Take and give images as NHWC, instead of as the ONNX model does.")
    var channelsLast = false

    @Option(
        help: ArgumentHelp(
            "A Python with ai-edge-litert, to compare answers with (default: SLIPWAY_LITERT_PYTHON).",
            valueName: "path"))
    var python: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    @Flag(name: .shortAndLong, help: "Say nothing beside the answer.")
    var quiet = false

    @OptionGroup var homeOptions: HomeOptions

    func validate() throws {
        _ = try options()
        guard to == .tflite || to == .savedmodel || batch == nil && size.isEmpty && !channelsLast else {
            throw ValidationError("--batch, --size and --channels-last are for --to tflite and --to savedmodel")
        }
        guard to == .tflite || python == nil else { throw ValidationError("--python is for --to tflite") }
    }

    func run() async throws {
        let folder = to == .savedmodel ? try SavedModelPlace(output, replaces: force) : nil
        guard folder != nil || force || access(output, F_OK) != 0 else {
            throw Failure(1004, .conflict, "'\(output)' exists", help: "choose another name, or give --force")
        }
        if to == .tensorrt { throw TensorRTFailure.make(TensorRTFinding.look(try homeOptions.engines())) }
        let path = try await modelPath()
        if let form = to.compiled { return try await compile(path, form) }
        step("reading")
        let source = try Model.read(path: path)
        try source.validate().requireValid()
        if let folder { return try await write(source, path, to: folder) }
        step("converting")
        let conversion = try source.convertedToLiteRT(options())
        var measurement: ConversionMeasurement?
        if let python = python ?? Terminal.environment("SLIPWAY_LITERT_PYTHON") {
            step("comparing")
            measurement = try await LiteMeasurement.take(
                of: conversion, model: path, python: python, channelsLast: channelsLast,
                engine: homeOptions.engines().engine(.onnxRuntime))
        }
        if measurement == nil, !channelsLast, let lite = try? homeOptions.engines().engine(.liteRT) {
            step("comparing")
            measurement = try LiteMeasurement.take(
                of: conversion, model: path, engine: homeOptions.engines().engine(.onnxRuntime), lite: lite)
        }
        try await write(conversion)
        Terminal.progress("")
        answer(
            ConversionText(conversion, file: output, measurement: measurement),
            unmeasured: measurement != nil
                ? nil
                : "fetch the engine with scripts/fetch-engines, or name a Python that has ai-edge-litert with --python")
    }

    /// Says what became of the model, and, where nothing was compared, what it takes.
    func answer(_ text: ConversionText, unmeasured remedy: String?) {
        guard !json else { return Terminal.answer(bytes: text.json.encoded(pretty: true) + [UInt8(ascii: "\n")]) }
        Terminal.answer(text.lines.joined(separator: "\n"))
        if !quiet, let remedy { Terminal.say("note: not compared with ONNX Runtime; \(remedy)") }
    }

    func step(_ words: String) {
        if !quiet, !json { Terminal.progress("\(words) …") }
    }

    /// The ONNX file that is meant. A stranger's file is read inside the walls first.
    private func modelPath() async throws -> String {
        if ShowVerb.looksLikeFile(model) {
            _ = try await ChildRunner().inspect(path: model)
            return model
        }
        let registry = try homeOptions.registry()
        return try registry.modelFilePath(registry.resolve(try Reference(model)).digest)
    }

    private func write(_ conversion: LiteConversion) async throws {
        try await write(to: output, conversion.byteCount) { write throws(Failure) in
            try conversion.forEachPiece(write)
        }
    }

    /// Writes a file piece by piece, replacing what is there only once all of it is on the disk.
    func write(
        to path: String, _ total: Int,
        _ pieces: ((UnsafeRawBufferPointer) throws(Failure) -> Void) throws(Failure) -> Void
    ) async throws {
        let isLive = !quiet && !json
        try await OwnFile.replace(path) { descriptor in
            var done = 0
            try pieces { (piece) throws(Failure) in
                try OwnFile.write(piece, to: descriptor, named: path)
                done += piece.count
                if isLive { Terminal.progress("writing … \(done * 100 / max(1, total)) %") }
            }
        }
    }

    func options() throws -> ConversionOptions {
        var options = ConversionOptions()
        options.channelsLast = channelsLast
        options.batch = batch
        guard batch.map({ (1...1_000_000).contains($0) }) ?? true else {
            throw ValidationError("--batch is 1 to 1000000")
        }
        for text in size {
            let halves = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard halves.count == 2, let number = Int(halves[1]), (1...1 << 30).contains(number) else {
                throw ValidationError("--size takes name=size, such as height=224, found '\(text.prefix(60))'")
            }
            options.sizes[halves[0]] = number
        }
        return options
    }
}
