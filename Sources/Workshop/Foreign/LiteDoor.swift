import ModelGraph
import Registry
import TensorFlow
import Tensors

/// Reads TFLite files inside the walls.
enum LiteDoor {
    /// Rebuilds a model as a graph and hands its bytes over.
    static func convert(_ buffer: TensorBuffer, output: (UnsafeRawBufferPointer) -> Bool) throws -> JSONValue {
        let file = try LiteFile(buffer)
        let converted = try TFLiteConversion.convert(file)
        try converted.model.forEachPiece { (piece) throws(WorkshopError) in
            guard output(piece) else { throw WorkshopError(.limit, "the model could not be handed over") }
        }
        return .object(facts(file, notes: converted.notes))
    }

    /// What is in a file: its operators, and the signature or what is in the way.
    static func contents(_ buffer: TensorBuffer) throws -> JSONValue {
        let file = try LiteFile(buffer)
        let layers = file.operators.prefix(mostShown).map {
            JSONValue.object([("name", .string($0.name)), ("class", .string($0.className))])
        }
        let rest: [(String, JSONValue)]
        do throws(TensorFlowError) {
            let converted = try TFLiteConversion.convert(file)
            rest = facts(file, notes: converted.notes) + [("signature", (try? converted.model.signature.json) ?? .null)]
        } catch {
            let causes = error.causes.isEmpty ? [error.message] : error.causes
            rest = facts(file, notes: []) + [("refused", .array(causes.map(JSONValue.string)))]
        }
        return .object(rest + [("layers", .array(layers)), ("parameters", .integer(file.parameterCount))])
    }

    private static let mostShown = 100_000

    private static func facts(_ file: LiteFile, notes: [String]) -> [(String, JSONValue)] {
        [
            ("format", .string(file.isQuantized ? "TFLite, quantised" : "TFLite")), ("library", "TensorFlow"),
            ("version", .null), ("class", "LiteRT"), ("notes", .array(notes.map(JSONValue.string))),
        ]
    }
}
