import Keras
import ModelGraph
import Pickle
import Registry
import Sklearn
import TensorFlow
import Tensors

/// Reads model files that are no ONNX, inside the walls: scikit-learn's pickles, Keras's files, what PyTorch exports, TFLite,
/// SavedModels, files of weights. Nothing in them runs.
enum ForeignDoor {
    /// Whether a file that is no ONNX model may be one that is read here, by its first bytes.
    static func mayOpen(_ buffer: TensorBuffer) -> Bool {
        if KerasFile.mayOpen(buffer) || LiteFile.mayOpen(buffer) { return true }
        let bytes = PickleBytes(buffer)
        return switch FileKind(bytes) {
        case .zip, .gzip, .zlib, .safetensors: true
        case .npy, .foreign: false
        case .other: PickleFile.mayBeginPickle(bytes) && bytes.last == UInt8(ascii: ".")
        }
    }

    /// Looks through a file for what reading it in Python would import and call.
    ///
    /// - Returns: what `ScanReport` reads.
    static func scan(path: String) throws -> JSONValue {
        if let parts = try SavedModelDoor.parts(path: path) { return try SavedModelDoor.scan(parts) }
        let buffer = try open(path)
        if let parts = try SavedModelFile.parts(inZip: buffer) { return try SavedModelDoor.scan(parts) }
        if KerasFile.mayOpen(buffer) { return try KerasDoor.scan(buffer) }
        let bytes = PickleBytes(buffer)
        if case .other = FileKind(bytes), !PickleFile.mayBeginPickle(bytes) { throw noPickle }
        let file = try PickleFile(PickleBytes(buffer))
        // What breaks before it names anything, and does not say that it is a pickle, is none.
        if let first = file.streams.first, first.document == nil, first.globals.isEmpty, buffer.bytes.first != 0x80 {
            throw noPickle
        }
        return ScanReport(PickleScan(file)).json
    }

    /// Rebuilds a model of another library as a graph and hands its bytes over.
    ///
    /// - Parameter output: takes the ONNX file's bytes, piece by piece; false when they could not be written.
    static func convert(
        path: String, shapes: [String] = [], signature: String? = nil, output: (UnsafeRawBufferPointer) -> Bool
    ) throws -> JSONValue {
        if let parts = try SavedModelDoor.parts(path: path) {
            return try SavedModelDoor.convert(parts, signature: signature, output: output)
        }
        let buffer = try open(path)
        if let parts = try SavedModelFile.parts(inZip: buffer) {
            return try SavedModelDoor.convert(parts, signature: signature, output: output)
        }
        guard signature == nil else {
            throw WorkshopError(.rejected, "--signature is for SavedModels; this file has one way in")
        }
        if let archive = TorchDoor.opened(buffer) {
            return try TorchDoor.convert(archive, shapes: shapes, output: output)
        }
        guard shapes.isEmpty else {
            throw WorkshopError(.rejected, "--shape is for TorchScript; this file says itself which shapes it takes")
        }
        if KerasFile.mayOpen(buffer) { return try KerasDoor.convert(buffer, output: output) }
        if LiteFile.mayOpen(buffer) { return try LiteDoor.convert(buffer, output: output) }
        let file = try opened(buffer)
        let converted = try Conversion.convert(file)
        try converted.model.forEachPiece { (piece) throws(WorkshopError) in
            guard output(piece) else { throw WorkshopError(.limit, "the model could not be handed over") }
        }
        return facts(converted, file)
    }

    /// What is in a file: the tensors of a file of weights, or the model that the file becomes.
    static func contents(path: String) throws -> JSONValue {
        if let parts = try SavedModelDoor.parts(path: path) { return try SavedModelDoor.contents(parts) }
        let buffer = try open(path)
        if let parts = try SavedModelFile.parts(inZip: buffer) { return try SavedModelDoor.contents(parts) }
        if KerasFile.mayOpen(buffer) { return try KerasDoor.contents(buffer) }
        if let archive = TorchDoor.program(buffer) { return try TorchDoor.contents(archive) }
        if LiteFile.mayOpen(buffer) { return try LiteDoor.contents(buffer) }
        let bytes = PickleBytes(buffer)
        if case .safetensors = FileKind(bytes) { return WeightsReport.json(try TensorListing(bytes)) }
        let file = try opened(buffer)
        if file.format.hasPrefix("PyTorch") { return WeightsReport.json(try TensorListing(bytes)) }
        let converted = try Conversion.convert(file)
        guard case .object(let members) = facts(converted, file) else { return .null }
        return .object(
            members.map { ($0.key, $0.value) } + [("signature", try converted.model.signature.json)])
    }

    private static func open(_ path: String) throws(GraphError) -> TensorBuffer {
        try MappedFile(path: path, maximumBytes: GraphLimits().fileBytes).buffer
    }

    /// The file as pickles; what is no pickle is told by what it is instead.
    private static func opened(_ buffer: TensorBuffer) throws -> PickleFile {
        let file: PickleFile
        do {
            file = try PickleFile(PickleBytes(buffer))
        } catch {
            throw WorkshopError(.rejected, error.message, help: error.help)
        }
        guard !file.streams.isEmpty || file.format == "safetensors" else {
            throw ForeignFormat(buffer.bytes)?.refusal
                ?? WorkshopError(.rejected, "this is no model, and holds no pickle")
        }
        return file
    }

    private static var noPickle: WorkshopError {
        WorkshopError(
            .rejected, "this is no pickle, no archive that holds one, and no file of Keras's",
            help: "give a .pkl, .joblib, .pt, .npy, .npz, .keras or .h5 file")
    }

    private static func facts(_ converted: ConvertedModel, _ file: PickleFile) -> JSONValue {
        .object([
            ("format", .string(file.format)), ("library", "scikit-learn"),
            ("version", converted.version.map(JSONValue.string) ?? .null), ("class", .string(converted.className)),
            ("notes", .array(converted.notes.map(JSONValue.string))),
        ])
    }
}

extension PickleBytes {
    fileprivate var last: UInt8? { self[count - 1] }
}
