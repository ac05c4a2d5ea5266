import Tensors

/// Goes through what a PyTorch pickle stands for and collects its tensors.
struct TorchWalk {
    let storageBytes: [String: Int]
    var entries: [TensorListing.Entry] = []
    private var others: [String: Int] = [:]
    private var steps = 0

    private static let deepest = 32
    private static let mostSteps = 1_000_000

    init(storageBytes: [String: Int]) { self.storageBytes = storageBytes }

    /// Values that are no tensors, counted by kind.
    var notes: [String] {
        others.sorted { $0.key < $1.key }.map { $0.value == 1 ? $0.key : "\($0.key), \($0.value) times" }
    }

    mutating func visit(_ view: PickleView, path: String, depth: Int) throws(PickleError) {
        steps += 1
        guard depth < Self.deepest, steps < Self.mostSteps else {
            throw PickleError(.tooLarge, "the file's dictionaries are nested too deeply, or within themselves")
        }
        if let tensor = try tensor(view, path) {
            entries.append(tensor)
        } else if let pairs = view.pairs, !pairs.isEmpty || isMapping(view) {
            for pair in pairs {
                let key = pair.key.text ?? pair.key.integer.map(String.init) ?? "?"
                try visit(pair.value, path: path.isEmpty ? key : "\(path).\(key)", depth: depth + 1)
            }
        } else if let items = view.items, items.contains(where: { $0.className != nil || $0.items != nil }) {
            for (place, item) in items.enumerated() {
                try visit(item, path: path.isEmpty ? String(place) : "\(path).\(place)", depth: depth + 1)
            }
        } else if view.className != nil {
            others[view.kindName, default: 0] += 1
        }
    }

    private func isMapping(_ view: PickleView) -> Bool {
        if case .dictionary = view.value { return true }
        return view.className?.name == "OrderedDict"
    }

    private func tensor(_ view: PickleView, _ path: String) throws(PickleError) -> TensorListing.Entry? {
        guard let name = view.className else { return nil }
        let arguments = view.arguments
        switch name.name {
        case "_rebuild_parameter", "_rebuild_parameter_with_state":
            guard name.module == "torch._utils", let data = arguments.first else { return nil }
            return try tensor(data, path)
        case "_rebuild_tensor", "_rebuild_tensor_v2":
            guard name.module == "torch._utils", arguments.count >= 4 else { return nil }
            return try entry(
                path, storage: try storage(arguments[0], path), offset: arguments[1], size: arguments[2],
                stride: arguments[3])
        default: return nil
        }
    }

    /// `('storage', class, key, device, count)`.
    private func storage(_ view: PickleView, _ path: String) throws(PickleError) -> TorchFile.Storage {
        guard case .persistent(let id) = view.value, let parts = view.view(id).items, parts.count >= 5,
            parts[0].text == "storage", let kind = parts[1].globalName, let type = TorchType(storage: kind.name),
            let key = parts[2].text, let count = parts[4].integer, count >= 0
        else { throw PickleError(.malformed, "\(path.quotedName): a tensor without a storage of a known type") }
        return TorchFile.Storage(key: key, type: type, count: count)
    }

    private func entry(
        _ path: String, storage: TorchFile.Storage, offset: PickleView, size: PickleView, stride: PickleView
    ) throws(PickleError) -> TensorListing.Entry {
        guard let start = offset.integer, start >= 0, let sizes = size.sizes, let strides = stride.sizes,
            sizes.count == strides.count, strides.allSatisfy({ $0 >= 0 }), let shape = try? Shape(sizes)
        else { throw PickleError(.malformed, "\(path.quotedName): a tensor whose sizes and strides do not fit") }
        guard let last = Self.lastElement(start, sizes, strides), shape.elementCount == 0 || last < storage.count else {
            throw PickleError(
                .malformed,
                "\(path.quotedName): a tensor of sizes \(sizes) and strides \(strides) at element \(start) reaches beyond "
                    + "its storage of \(storage.count) elements")
        }
        let (bytes, overflow) = storage.count.multipliedReportingOverflow(by: storage.type.byteWidth)
        guard let found = storageBytes[storage.key], !overflow, bytes <= found else {
            throw PickleError(
                .malformed,
                "\(path.quotedName): its storage \(storage.key.quotedName) should have \(storage.count) elements of "
                    + "\(storage.type.byteWidth) bytes, and has \(storageBytes[storage.key] ?? 0) bytes")
        }
        let (size, tooLarge) = shape.elementCount.multipliedReportingOverflow(by: storage.type.byteWidth)
        guard !tooLarge else { throw PickleError(.malformed, "\(path.quotedName): a tensor beyond any memory") }
        return TensorListing.Entry(
            name: path, type: storage.type.elementType?.displayName ?? storage.type.name, shape: sizes,
            byteCount: size, place: "storage \(storage.key), element \(start)",
            strides: Self.isContiguous(sizes, strides) ? nil : strides, storage: storage.key)
    }

    /// Where the last element lies; `nil` when that overflows.
    private static func lastElement(_ start: Int, _ sizes: [Int], _ strides: [Int]) -> Int? {
        var last = start
        for (size, stride) in zip(sizes, strides) where size > 0 {
            let (reach, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, tooLarge) = last.addingReportingOverflow(reach)
            guard !overflow, !tooLarge else { return nil }
            last = sum
        }
        return last
    }

    private static func isContiguous(_ sizes: [Int], _ strides: [Int]) -> Bool {
        var expected = 1
        for (size, stride) in zip(sizes, strides).reversed() where size != 1 {
            guard stride == expected else { return false }
            let (next, overflow) = expected.multipliedReportingOverflow(by: max(size, 1))
            guard !overflow else { return false }
            expected = next
        }
        return true
    }
}
