import Glibc
import ModelGraph
import Registry
import TensorFlow
import Tensors

/// Reads SavedModels inside the walls: folders as TensorFlow writes them, copies of them, and archives.
enum SavedModelDoor {
    /// Bytes of one file.
    private static let largest = 64 << 30

    /// Whether a path is the graph's file of a SavedModel.
    static func isOne(_ path: String) -> Bool {
        path.split(separator: "/").last.map(String.init) == SavedModelFile.graphFile
    }

    /// The parts of a SavedModel, when a path is its graph's file.
    static func parts(path: String) throws -> SavedModelFile.Parts? {
        guard isOne(path) else { return nil }
        let graph = try MappedFile(path: path, maximumBytes: GraphLimits().fileBytes).buffer
        var parts = SavedModelFile.Parts(graph: graph)
        try forEachFile(beside: path) { name, descriptor in
            let buffer = try MappedFile(descriptor: descriptor, name: name, maximumBytes: largest).buffer
            if name == SavedModelFile.index { parts.index = buffer } else { parts.shards.append(buffer) }
        }
        return parts
    }

    /// Bytes of all files of the SavedModel whose graph this is; 0 for another file. Saturates.
    static func byteCount(path: String) -> Int {
        guard isOne(path) else { return 0 }
        var sum = 0
        try? forEachFile(beside: path) { _, descriptor in
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return }
            sum += min(Int(status.st_size), Int.max >> 14)
        }
        return sum
    }

    /// Files with variables: in the folder beside the graph, or, of a copy, with the graph. Links are not followed.
    private static func forEachFile(
        beside path: String, _ body: (String, Int32) throws -> Void
    ) throws {
        let folder = String(path.dropLast(SavedModelFile.graphFile.count))
        let outer = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard outer >= 0 else { return }
        defer { close(outer) }
        let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        let inner = openat(outer, SavedModelFile.variables, flags | O_DIRECTORY)
        defer { if inner >= 0 { close(inner) } }
        for name in try names(in: inner >= 0 ? inner : outer) {
            let descriptor = openat(inner >= 0 ? inner : outer, name, flags)
            guard descriptor >= 0 else {
                throw WorkshopError(
                    .unreadable, "cannot open '\(name)' of the SavedModel: \(String(cString: strerror(errno)))",
                    help: "copy the folder as plain files: cp -rL FOLDER COPY")
            }
            defer { close(descriptor) }
            try body(name, descriptor)
        }
    }

    private static func names(in folder: Int32) throws -> [String] {
        let most = SavedModelFile.mostShards + 1
        let names =
            Folder.names(inOpen: folder, atMost: most + 1) { name in
                name == SavedModelFile.index || SavedModelFile.isShard(name)
            } ?? []
        guard names.count <= most else {
            throw WorkshopError(.limit, "the variables are in more than \(SavedModelFile.mostShards) files")
        }
        return names.sorted()
    }

    // MARK: - Tasks

    /// Rebuilds a model as a graph and hands its bytes over.
    static func convert(
        _ parts: SavedModelFile.Parts, signature: String?, output: (UnsafeRawBufferPointer) -> Bool
    ) throws -> JSONValue {
        let file = try SavedModelFile(parts)
        let converted = try SavedModelConversion.convert(file, signature: signature)
        try converted.model.forEachPiece { (piece) throws(WorkshopError) in
            guard output(piece) else { throw WorkshopError(.limit, "the model could not be handed over") }
        }
        return .object(facts(file, converted))
    }

    /// What is in it: its operators, and the signature or what is in the way.
    static func contents(_ parts: SavedModelFile.Parts) throws -> JSONValue {
        let file = try SavedModelFile(parts)
        let rest: [(String, JSONValue)]
        do throws(TensorFlowError) {
            let converted = try SavedModelConversion.convert(file)
            rest = facts(file, converted) + [("signature", (try? converted.model.signature.json) ?? .null)]
        } catch {
            let causes = error.causes.isEmpty ? [error.message] : error.causes
            rest = facts(file, nil) + [("refused", .array(causes.map(JSONValue.string)))]
        }
        let operators = file.operators.map {
            JSONValue.object([("name", .string($0.name)), ("class", .string("\($0.count) times"))])
        }
        return .object(
            rest + [
                ("layers", .array(operators)), ("parameters", .integer(file.parameterCount)),
                ("signatures", .array(file.signatures.map(JSONValue.string))),
            ])
    }

    /// - Returns: what `ScanReport` reads.
    static func scan(_ parts: SavedModelFile.Parts) throws -> JSONValue {
        ScanReport(SavedModelScan(try SavedModelFile(parts))).json
    }

    private static func facts(_ file: SavedModelFile, _ converted: ConvertedGraph?) -> [(String, JSONValue)] {
        let signature = converted?.model.metadata.first { $0.key == "tensorflow.signature" }?.value
        return [
            ("format", "SavedModel"), ("library", "TensorFlow"),
            ("version", file.version.map(JSONValue.string) ?? .null), ("class", .string(signature ?? "SavedModel")),
            ("notes", .array((converted?.notes ?? []).map(JSONValue.string))),
        ]
    }
}
