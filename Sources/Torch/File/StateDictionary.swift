import ModelGraph
import Pickle
package import Tensors

/// The tensors of a file that `torch.save` wrote, by the path of keys that leads to each: a state dictionary, or a checkpoint
/// that holds one. Written again as safetensors, so that whoever uses the weights need not read a pickle.
package struct StateDictionary {
    private var tensors: [(name: String, tensor: StoredTensor)] = []
    private var source: PickledTensors
    private var steps = 0

    private static let deepest = 32
    private static let mostSteps = 1_000_000

    /// Reads what a file of weights holds.
    ///
    /// - Throws: `TorchError` when it holds no tensors by name, or they do not lie within their storages.
    package init(_ buffer: TensorBuffer) throws(TorchError) {
        do {
            let file = try PickleFile(PickleBytes(buffer))
            let document: PickleDocument
            if TorchFile.isLegacy(file) {
                (document, source) = try Self.older(file)
            } else {
                (document, source) = try Self.archive(file, buffer)
            }
            try visit(document.view, path: "", depth: 0)
        } catch let error as TorchError {
            throw error
        } catch {
            throw .damaged("\(error)")
        }
        guard !tensors.isEmpty else {
            throw TorchError(
                "the file holds no weights by name",
                help: "save them where the model was made: torch.save(model.state_dict(), 'weights.pth')")
        }
    }

    /// A zip file with the storages beside the pickle.
    private static func archive(
        _ file: PickleFile, _ buffer: TensorBuffer
    ) throws -> (PickleDocument, PickledTensors) {
        guard let stream = file.streams.first(where: { $0.place.hasSuffix("/data.pkl") }) else {
            throw TorchError("this is no file of PyTorch's weights", help: noWeights)
        }
        if let fault = stream.fault { throw fault }
        guard let document = stream.document else { throw TorchError.damaged("the pickle is broken") }
        let archive = try ZipArchive(buffer, limits: ArrayLimits(bytes: .max, arrays: 100_000, expansion: 1032))
        let prefix = stream.place.dropLast("data.pkl".count) + "data/"
        let members = Dictionary(archive.members.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        return (document, PickledTensors { key in try members[prefix + key].map { try archive.bytes(of: $0) } })
    }

    /// Five pickles, then for each storage a count of elements and the elements, in the order of the last pickle's keys.
    private static func older(_ file: PickleFile) throws -> (PickleDocument, PickledTensors) {
        for stream in file.streams.prefix(5) { if let fault = stream.fault { throw fault } }
        guard file.streams.count >= 5, let document = file.streams[3].document, let last = file.streams[4].document,
            let keys = last.view.items
        else { throw TorchError.damaged("a file of PyTorch's older format without a list of its storages") }
        var widths: [String: Int] = [:]
        collect(document.view, &widths, depth: 0)
        var places: [String: Range<Int>] = [:]
        var position = last.end
        for key in keys {
            guard let name = key.text, let width = widths[name], let head = file.bytes.slice(at: position, count: 8)
            else { throw TorchError.damaged("a storage of PyTorch's older format that no tensor is of, or cut short") }
            let count = head.array.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let (bytes, overflow) = Int(clamping: count).multipliedReportingOverflow(by: width)
            guard !overflow, file.bytes.slice(at: position + 8, count: bytes) != nil else {
                throw TorchError.damaged("the storage \(name.quotedName) is cut short")
            }
            places[name] = position + 8..<position + 8 + bytes
            position += 8 + bytes
        }
        let bytes = file.bytes
        return (
            document,
            PickledTensors { key in
                places[key].flatMap { bytes.slice(at: $0.lowerBound, count: $0.count) }.map { part in
                    let copy = TensorBuffer(capacity: part.count)
                    part.withUnsafeBytes { copy.mutableBytes.copyMemory(from: $0) }
                    return copy
                }
            }
        )
    }

    private static let noWeights = "give what torch.save(model.state_dict(), 'weights.pth') wrote, or safetensors"

    /// The width of the elements of every storage that a value refers to.
    private static func collect(_ view: PickleView, _ widths: inout [String: Int], depth: Int) {
        guard depth < deepest, widths.count < mostSteps else { return }
        if let parts = view.persistent?.items, parts.count >= 5, let key = parts[2].text,
            let kind = parts[1].globalName, let type = TorchType(storage: kind.name)
        {
            widths[key] = type.byteWidth
        }
        for pair in view.pairs ?? [] { collect(pair.value, &widths, depth: depth + 1) }
        for item in view.items ?? [] { collect(item, &widths, depth: depth + 1) }
        if view.className != nil { for argument in view.arguments { collect(argument, &widths, depth: depth + 1) } }
    }

    private mutating func visit(_ view: PickleView, path: String, depth: Int) throws(TorchError) {
        steps += 1
        guard depth < Self.deepest, steps < Self.mostSteps else {
            throw .limit("the file's dictionaries are nested too deeply, or within themselves")
        }
        if let tensor = try source.tensor(view, path) {
            tensors.append((path, tensor))
        } else if let pairs = view.pairs {
            for pair in pairs {
                guard let key = pair.key.text ?? pair.key.integer.map(String.init) else { continue }
                try visit(pair.value, path: path.isEmpty ? key : "\(path).\(key)", depth: depth + 1)
            }
        }
    }
}

// MARK: - As safetensors

extension StateDictionary {
    /// Bytes that copies of tensors that do not lie whole may take.
    private static let copies = 8 << 30

    private static let names: [ElementType: String] = [
        .float64: "F64", .float32: "F32", .float16: "F16", .bfloat16: "BF16", .int64: "I64", .int32: "I32",
        .int16: "I16", .int8: "I8", .uint8: "U8", .bool: "BOOL",
    ]

    /// Hands over the bytes of a safetensors file with all tensors.
    ///
    /// - Parameter output: takes a piece; false when it could not be written.
    /// - Returns: how many tensors there are.
    /// - Throws: `TorchError` for elements of a type that is not carried, and when a piece could not be written.
    package func write(_ output: (UnsafeRawBufferPointer) -> Bool) throws(TorchError) -> Int {
        var budget = Self.copies
        var header: [(String, JSONValue)] = []
        var pieces: [ByteView] = []
        var position = 0
        var known: Set<String> = []
        for (name, tensor) in tensors {
            guard known.insert(name).inserted else { throw .damaged("two weights are called \(name.quotedName)") }
            guard let type = Self.names[tensor.type] else {
                throw TorchError("the weight \(name.quotedName) is of the type \(tensor.type.displayName)")
            }
            let elements = try tensor.elements(name, budget: &budget)
            header.append(
                (
                    name,
                    .object([
                        ("dtype", .string(type)), ("shape", .array(tensor.sizes.map(JSONValue.integer))),
                        ("data_offsets", .array([.integer(position), .integer(position + elements.count)])),
                    ])
                ))
            position += elements.count
            pieces.append(elements)
        }
        try put(JSONValue.object(header).encoded(), pieces, output)
        return tensors.count
    }

    private func put(
        _ header: [UInt8], _ pieces: [ByteView], _ output: (UnsafeRawBufferPointer) -> Bool
    ) throws(TorchError) {
        let padded = header + [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        let length = withUnsafeBytes(of: UInt64(padded.count).littleEndian) { Array($0) }
        var isWritten = (length + padded).withUnsafeBytes(output)
        for piece in pieces where isWritten { isWritten = piece.withUnsafeBytes(output) }
        guard isWritten else { throw .limit("the weights could not be handed over") }
    }
}
