import ModelGraph
import Registry
import Tensors

/// Reads, checks and rewrites a model file, inside the walls.
enum Inspection {
    /// The most problems that are reported of one file.
    private static let mostProblems = 20

    /// - Returns: what `ModelInspection` reads.
    static func inspect(path: String) throws -> JSONValue {
        let model = try validated(path)
        let (plain, classes) = try model.replacingZipMaps()
        let changes =
            classes.isEmpty ? [] : ["maps became plain probabilities, columns \(classes.joined(separator: ", "))"]
        return .object([
            ("summary", try ModelSummary.read(path: path).jsonValue()), ("signature", try plain.signature.json),
            ("mapOutput", .bool(!classes.isEmpty)), ("parameters", .integer(model.parameterCount)),
            ("precision", precision(model).map(JSONValue.string) ?? .null),
            ("changes", .array(changes.map(JSONValue.string))),
        ])
    }

    /// Compiles declared processing into the model.
    ///
    /// - Parameter output: takes the new file's bytes; false when they could not be written.
    static func compile(path: String, processing text: String, output: ([UInt8]) -> Bool) throws -> JSONValue {
        let model = try validated(path).replacingZipMaps().model
        let processing = try Processing(json: try JSONValue.parse(Array(text.utf8)))
        let compiled = try ProcessingCompiler.compile(processing, into: model)
        try compiled.validate().requireValid()
        guard output(try compiled.encoded()) else { throw WorkshopError(.limit, "the model could not be handed over") }
        return .object([("compiled", true)])
    }

    /// A model that breaks no rule of ONNX.
    ///
    /// - Throws: `WorkshopError.Code.rejected` with every problem, at most twenty.
    static func validated(_ path: String) throws -> Model {
        let model = try Model.read(path: path)
        let report = model.validate()
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
