import ModelGraph
import Registry
import Tensors

/// Reads, checks and rewrites a model file, inside the walls.
enum Inspection {
    /// The most problems that are reported of one file.
    private static let mostProblems = 20

    /// - Returns: what `ModelInspection` reads; for a file that `ForeignDoor` may open, only that it is one.
    static func inspect(path: String) throws -> JSONValue {
        if SavedModelDoor.isOne(path) { return .object([("foreign", true)]) }
        guard let graph = try readUnlessForeign(path) else { return .object([("foreign", true)]) }
        let model = try validated(graph)
        let (plain, classes) = try model.replacingZipMaps()
        // Says what is wrong with references that the summary would pass over.
        _ = try model.externalFiles()
        let summary = ModelSummary(model, fileBytes: try MappedFile(path: path, maximumBytes: .max).count)
        let changes =
            classes.isEmpty ? [] : ["maps became plain probabilities, columns \(classes.joined(separator: ", "))"]
        return .object([
            ("summary", summary.jsonValue()), ("signature", try plain.signature.json),
            ("mapOutput", .bool(!classes.isEmpty)), ("parameters", .integer(model.parameterCount)),
            ("precision", precision(model).map(JSONValue.string) ?? .null),
            ("changes", .array(changes.map(JSONValue.string))),
            ("doubts", .array(model.doubts().map(JSONValue.string))),
        ])
    }

    /// Compiles declared processing into the model.
    ///
    /// - Parameter output: takes the new file's bytes, piece by piece; false when they could not be written.
    static func compile(
        path: String, processing text: String, weights: ChildTask.Weights, output: (UnsafeRawBufferPointer) -> Bool
    ) throws -> JSONValue {
        let model = try brought(try validated(try read(path)), weights).replacingZipMaps().model
        let processing = try Processing(json: try JSONValue.parse(Array(text.utf8)))
        let compiled = try ProcessingCompiler.compile(processing, into: model)
        _ = try validated(compiled, externalData: weights.outside ? .allowPlainPaths : .refuse)
        try compiled.forEachPiece { (piece) throws(WorkshopError) in
            guard output(piece) else { throw WorkshopError(.limit, "the model could not be handed over") }
        }
        return .object([("compiled", true)])
    }

    /// Reads a file; `nil` when it is no ONNX model, but perhaps a file that is rebuilt as one.
    private static func readUnlessForeign(_ path: String) throws -> Model? {
        let buffer = try MappedFile(path: path, maximumBytes: GraphLimits().fileBytes).buffer
        do {
            return try Model.read(buffer)
        } catch {
            guard error.code == .malformed else { throw error }
            if ForeignDoor.mayOpen(buffer) { return nil }
            throw ForeignFormat(buffer.bytes)?.refusal ?? error
        }
    }

    /// Reads a file; one that is no ONNX model is told by what it is instead.
    private static func read(_ path: String) throws -> Model {
        try read(try MappedFile(path: path, maximumBytes: GraphLimits().fileBytes))
    }

    private static func read(_ file: MappedFile) throws -> Model {
        let buffer = file.buffer
        do {
            return try Model.read(buffer)
        } catch {
            if error.code == .malformed, let format = ForeignFormat(buffer.bytes) { throw format.refusal }
            throw error
        }
    }

    /// The model with its weights inside, or under the names they have with us.
    private static func brought(_ model: Model, _ weights: ChildTask.Weights) throws -> Model {
        let locations = try model.externalFiles().map(\.location)
        switch weights {
        case .inside: return model
        case .embed(let paths):
            let files = try paths.map { ByteView(try MappedFile(path: $0, maximumBytes: .max).buffer) }
            return try model.embeddingExternalData(Dictionary(zip(locations, files)) { first, _ in first })
        case .rename(let names):
            return try model.renamingExternalFiles(Dictionary(zip(locations, names)) { first, _ in first })
        }
    }

    /// A model that breaks no rule of ONNX, read from a file.
    ///
    /// - Throws: `WorkshopError.Code.rejected` with every problem, at most twenty.
    static func validated(_ path: String) throws -> Model { try mapped(path).model }

    /// The same, with the map of the file that its weights are views into.
    ///
    /// - Throws: as `validated`.
    static func mapped(_ path: String) throws -> (model: Model, file: MappedFile) {
        let file = try MappedFile(path: path, maximumBytes: GraphLimits().fileBytes)
        return (try validated(try read(file)), file)
    }

    private static func validated(
        _ model: Model, externalData: ExternalDataPolicy = .allowPlainPaths
    ) throws -> Model {
        var options = ValidationOptions()
        options.externalData = externalData
        let report = model.validate(options)
        guard report.isValid else {
            let shown = report.problems.prefix(mostProblems).map(\.description)
            let rest = report.problems.count - shown.count
            throw WorkshopError(
                .rejected, "the file is not a valid ONNX model",
                causes: shown + (rest > 0 ? ["and \(rest) more"] : []))
        }
        return model
    }

    /// The element type that most of the weights' bytes have, in the words of ModelPack.
    private static func precision(_ model: Model) -> String? {
        var bytes: [ElementType: Int] = [:]
        for weight in model.graph.initializers {
            if let type = weight.elementType, let count = weight.byteCount { bytes[type, default: 0] += count }
        }
        return bytes.max { $0.value < $1.value || $0.value == $1.value && $0.key.rawValue > $1.key.rawValue }?
            .key.displayName.lowercased()
    }
}

extension ChildTask.Weights {
    fileprivate var outside: Bool { if case .rename = self { true } else { false } }
}
