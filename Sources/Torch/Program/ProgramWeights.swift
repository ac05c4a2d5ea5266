import Pickle
import Tensors

/// Parameters, buffers and constants of an exported program, by their names.
struct ProgramWeights {
    private let archive: TorchArchive
    private var tensors: [String: StoredTensor] = [:]
    /// What of a file's own configuration says where a tensor is.
    private var places: [String: (folder: String, entry: JSONValue)] = [:]
    private var storages: [String: TensorBuffer] = [:]

    private static let weightFolder = "data/weights/"
    private static let constantFolder = "data/constants/"

    init(_ archive: TorchArchive) throws(TorchError) {
        self.archive = archive
        switch archive.layout {
        case .program(let model):
            try add(Self.weightFolder, "\(model)_weights_config.json", older: "\(model).pt")
            try add(Self.constantFolder, "\(model)_constants_config.json", older: "\(model).pt")
        case .olderProgram:
            for name in ["serialized_state_dict", "serialized_constants"] {
                for ending in ["pt", "json"] { try addDictionary("\(name).\(ending)") }
            }
        case .script: break
        }
    }

    private mutating func add(_ folder: String, _ name: String, older: String) throws(TorchError) {
        guard let json = try archive.json(folder + name) else { return try addDictionary(folder + older) }
        for member in json["config"]?.objectValue ?? [] { places[member.key] = (folder, member.value) }
    }

    private mutating func addDictionary(_ name: String) throws(TorchError) {
        guard let buffer = try archive.bytes(name), buffer.capacity > 0 else { return }
        tensors.merge(try PickledTensors.dictionary(buffer, name.quotedName)) { first, _ in first }
    }

    /// All names, with what is known of each.
    mutating func all() throws(TorchError) -> [(name: String, tensor: StoredTensor)] {
        var result: [(name: String, tensor: StoredTensor)] = []
        for name in (Set(tensors.keys).union(places.keys)).sorted() {
            if let tensor = try tensor(name) { result.append((name, tensor)) }
        }
        return result
    }

    /// The tensor of a name; `nil` when there is none.
    mutating func tensor(_ name: String) throws(TorchError) -> StoredTensor? {
        if let tensor = tensors[name] { return tensor }
        guard let (folder, entry) = places[name] else { return nil }
        guard let path = entry["path_name"]?.stringValue, let json = entry["tensor_meta"] else {
            throw TorchError("\(name.quotedName) is no tensor, but an object that only running code would make")
        }
        let isPickled = entry["use_pickle"]?.boolValue == true
        guard !isPickled else {
            throw TorchError(
                "\(name.quotedName) is a tensor of its owner's own class, which only running code would make")
        }
        guard let metadata = TensorMetadata(json) else {
            throw TorchError("the tensor \(name.quotedName) has elements of a type, or sizes, that are not carried")
        }
        let sizes = metadata.sizes.compactMap(\.size)
        let strides = metadata.strides.compactMap { $0 }
        guard sizes.count == metadata.sizes.count, strides.count == metadata.strides.count, let offset = metadata.offset
        else { throw .damaged("the tensor \(name.quotedName) has sizes, strides or an offset that are no numbers") }
        let buffer: TensorBuffer
        if let known = storages[folder + path] {
            buffer = known
        } else {
            guard let found = try archive.bytes(folder + path) else {
                throw .damaged("the tensor \(name.quotedName): \(path.quotedName) is not in the file")
            }
            storages[folder + path] = found
            buffer = found
        }
        return StoredTensor(
            type: metadata.type, sizes: sizes, strides: strides, offset: offset, storage: buffer,
            range: 0..<buffer.capacity)
    }
}
