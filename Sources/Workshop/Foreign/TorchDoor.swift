import ModelGraph
import Registry
import Tensors
import Torch

/// Reads what PyTorch exports, inside the walls.
enum TorchDoor {
    /// The file, when it is one that PyTorch exported.
    static func opened(_ buffer: TensorBuffer) -> TorchArchive? { TorchArchive(ifTorch: buffer) }

    /// The file, when it is an exported program. Of TorchScript the weights are listed.
    static func program(_ buffer: TensorBuffer) -> TorchArchive? {
        guard let archive = opened(buffer), archive.layout != .script else { return nil }
        return archive
    }

    /// Rebuilds a program as a graph and hands its bytes over.
    ///
    /// - Parameter shapes: of the inputs of a TorchScript program, as a person writes them.
    static func convert(
        _ archive: TorchArchive, shapes: [String], output: (UnsafeRawBufferPointer) -> Bool
    ) throws -> JSONValue {
        var inputs: [InputShape] = []
        for text in shapes {
            guard let shape = InputShape(text) else {
                throw WorkshopError(
                    .rejected, "'\(text.prefix(80))' is no shape", help: "such as N,1,28,28 or N,12:INT64")
            }
            inputs.append(shape)
        }
        let converted = try TorchConversion.convert(archive, shapes: inputs)
        try converted.model.forEachPiece { (piece) throws(WorkshopError) in
            guard output(piece) else { throw WorkshopError(.limit, "the model could not be handed over") }
        }
        return .object(facts(archive, converted))
    }

    /// What is in a file: its modules, and the signature or what is in the way.
    static func contents(_ archive: TorchArchive) throws -> JSONValue {
        let summary = try TorchSummary(archive)
        let rest: [(String, JSONValue)]
        do throws(TorchError) {
            let converted = try TorchConversion.convert(archive)
            rest = facts(archive, converted) + [("signature", (try? converted.model.signature.json) ?? .null)]
        } catch {
            let causes = error.causes.isEmpty ? [error.message] : error.causes
            rest = [
                ("format", .string(archive.format)), ("library", "PyTorch"),
                ("version", summary.version.map(JSONValue.string) ?? .null), ("class", .string(summary.className)),
                ("notes", .array([])), ("refused", .array(causes.map(JSONValue.string))),
            ]
        }
        let operators = summary.operators.map {
            JSONValue.object([("name", .string($0.name)), ("class", .string("\($0.count) times"))])
        }
        return .object(rest + [("layers", .array(operators)), ("parameters", .integer(summary.parameterCount))])
    }

    private static func facts(_ archive: TorchArchive, _ converted: ConvertedProgram) -> [(String, JSONValue)] {
        [
            ("format", .string(archive.format)), ("library", "PyTorch"),
            ("version", converted.version.map(JSONValue.string) ?? .null), ("class", .string(converted.className)),
            ("notes", .array(converted.notes.map(JSONValue.string))),
            ("values", ReferenceMap.json(converted.layers)),
        ]
    }
}
