import Keras
import ModelGraph
import Registry
import Tensors

/// Reads Keras's files inside the walls.
enum KerasDoor {
    /// - Returns: what `ScanReport` reads.
    static func scan(_ buffer: TensorBuffer) throws -> JSONValue {
        let file = try KerasFile(buffer)
        return ScanReport(KerasScan(file), format: file.format).json
    }

    /// Rebuilds a model as a graph and hands its bytes over.
    static func convert(_ buffer: TensorBuffer, output: (UnsafeRawBufferPointer) -> Bool) throws -> JSONValue {
        let file = try KerasFile(buffer)
        let converted = try KerasConversion.convert(file)
        try converted.model.forEachPiece { (piece) throws(WorkshopError) in
            guard output(piece) else { throw WorkshopError(.limit, "the model could not be handed over") }
        }
        return .object(facts(file, notes: converted.notes))
    }

    /// What is in a file: its layers, and the signature or what is in the way; of a file of weights, its arrays.
    static func contents(_ buffer: TensorBuffer) throws -> JSONValue {
        let file = try KerasFile(buffer)
        let summary = try KerasSummary(file)
        guard file.configuration != nil else { return weights(file, summary) }
        let layers = summary.layers.map {
            JSONValue.object([("name", .string($0.name)), ("class", .string($0.className))])
        }
        let rest: [(String, JSONValue)]
        do throws(KerasError) {
            let converted = try KerasConversion.convert(file)
            rest = facts(file, notes: converted.notes) + [("signature", (try? converted.model.signature.json) ?? .null)]
        } catch {
            let causes = error.causes.isEmpty ? [error.message] : error.causes
            rest = facts(file, notes: []) + [("refused", .array(causes.map(JSONValue.string)))]
        }
        return .object(rest + [("layers", .array(layers)), ("parameters", .integer(summary.parameterCount))])
    }

    private static func weights(_ file: KerasFile, _ summary: KerasSummary) -> JSONValue {
        let bytes = summary.weights.reduce(0) { sum, weight in
            let (total, overflow) = sum.addingReportingOverflow(weight.byteCount)
            return overflow ? Int.max : total
        }
        let tensors = summary.weights.map { weight in
            JSONValue.object([
                ("name", .string(weight.name)), ("type", .string(weight.type)),
                ("shape", .array(weight.shape.map(JSONValue.integer))), ("bytes", .integer(weight.byteCount)),
                ("place", ""), ("strides", .null),
            ])
        }
        return .object([
            ("format", .string(file.format)), ("bytes", .integer(bytes)), ("tensors", .array(tensors)),
            ("metadata", .array([])), ("notes", .array([])),
        ])
    }

    private static func facts(_ file: KerasFile, notes: [String]) -> [(String, JSONValue)] {
        [
            ("format", .string(file.format)), ("library", "Keras"),
            ("version", file.version.map(JSONValue.string) ?? .null),
            ("class", .string(file.configuration?["class_name"]?.stringValue ?? "?")),
            ("notes", .array(notes.map(JSONValue.string))),
        ]
    }
}
