import ModelGraph
import Pickle
import Tensors
import Torch

/// Hands weights over in a form that needs no pickle, inside the walls.
enum WeightsDoor {
    /// Writes the tensors of a file as safetensors; a file that is that already is checked and copied.
    ///
    /// - Parameter output: takes the file's bytes, piece by piece; false when they could not be written.
    static func write(path: String, output: (UnsafeRawBufferPointer) -> Bool) throws -> JSONValue {
        let buffer = try MappedFile(path: path, maximumBytes: GraphLimits().fileBytes).buffer
        let bytes = PickleBytes(buffer)
        if case .safetensors = FileKind(bytes) {
            let listing = try TensorListing(bytes)
            guard bytes.withUnsafeBytes(output) else {
                throw WorkshopError(.limit, "the weights could not be handed over")
            }
            return report("safetensors", listing.entries.count)
        }
        let dictionary = try StateDictionary(buffer)
        return report("PyTorch, state dictionary", try dictionary.write(output))
    }

    private static func report(_ format: String, _ count: Int) -> JSONValue {
        .object([("format", .string(format)), ("tensors", .integer(count))])
    }
}
