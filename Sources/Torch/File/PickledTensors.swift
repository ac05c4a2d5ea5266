import Pickle
import Tensors

/// Tensors that a pickle of PyTorch's describes, over the storages beside it.
struct PickledTensors {
    /// A storage's bytes by its key.
    let storage: (String) throws -> TensorBuffer?
    private var known: [String: TensorBuffer] = [:]

    init(storage: @escaping (String) throws -> TensorBuffer?) { self.storage = storage }

    /// A state dictionary that `torch.save` wrote, inside of another file: tensors by name.
    static func dictionary(_ buffer: TensorBuffer, _ place: String) throws(TorchError) -> [String: StoredTensor] {
        let file: PickleFile
        let archive: ZipArchive
        do {
            file = try PickleFile(PickleBytes(buffer))
            archive = try ZipArchive(buffer, limits: ArrayLimits(bytes: .max, arrays: 100_000, expansion: 1032))
        } catch {
            throw .damaged("\(place): \(error)")
        }
        guard let stream = file.streams.first(where: { $0.place.hasSuffix("data.pkl") }), let document = stream.document
        else { throw .damaged("\(place) holds no tensors by name") }
        let prefix = stream.place.dropLast("data.pkl".count) + "data/"
        let members = Dictionary(archive.members.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var tensors = PickledTensors { key in try members[prefix + key].map { try archive.bytes(of: $0) } }
        var result: [String: StoredTensor] = [:]
        for pair in document.view.pairs ?? [] {
            guard let name = pair.key.text else { continue }
            if let tensor = try tensors.tensor(pair.value, name) { result[name] = tensor }
        }
        return result
    }

    /// The tensor that a value stands for; `nil` when it is none.
    mutating func tensor(_ view: PickleView, _ path: String) throws(TorchError) -> StoredTensor? {
        guard let name = view.className, name.module == "torch._utils" else { return nil }
        var view = view
        if name.name == "_rebuild_parameter" || name.name == "_rebuild_parameter_with_state" {
            guard let data = view.arguments.first else { return nil }
            view = data
        }
        guard let inner = view.className, inner.module == "torch._utils",
            inner.name == "_rebuild_tensor_v2" || inner.name == "_rebuild_tensor"
        else { return nil }
        let arguments = view.arguments
        guard arguments.count >= 4, let parts = arguments[0].persistent?.items, parts.count >= 5,
            let kind = parts[1].globalName, let type = TorchType(storage: kind.name), let key = parts[2].text,
            let offset = arguments[1].integer, let sizes = Self.integers(arguments[2]),
            let strides = Self.integers(arguments[3])
        else { throw .damaged("the tensor \(path.quotedName) is described in a way that is not known") }
        guard let element = type.elementType else {
            throw TorchError("the tensor \(path.quotedName) has elements of PyTorch's type \(type.name)")
        }
        guard let bytes = try bytes(key, path) else {
            throw .damaged("the tensor \(path.quotedName): its storage \(key.quotedName) is not in the file")
        }
        return StoredTensor(
            type: element, sizes: sizes, strides: strides, offset: offset, storage: bytes, range: 0..<bytes.capacity)
    }

    private mutating func bytes(_ key: String, _ path: String) throws(TorchError) -> TensorBuffer? {
        if let bytes = known[key] { return bytes }
        do {
            let bytes = try storage(key)
            known[key] = bytes
            return bytes
        } catch {
            throw .damaged("the tensor \(path.quotedName): \(error)")
        }
    }

    private static func integers(_ view: PickleView) -> [Int]? {
        guard let items = view.items else { return nil }
        let numbers = items.compactMap(\.integer)
        return numbers.count == items.count && numbers.count <= Shape.maximumRank ? numbers : nil
    }
}
