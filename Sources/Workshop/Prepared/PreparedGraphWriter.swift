import ModelGraph
import Registry
import Trust

/// Takes the weights out of a graph into files that can be mapped, and stores both.
struct PreparedGraphWriter {
    let store: BlobStore

    /// Smaller tensors stay in the graph: shapes among them, which engines want to read while they look at it.
    private static let least = 4096
    /// A file is closed when it has so many bytes: several can be compared with their digests at a time.
    private static let fileBytes = 24 << 20
    /// Where tensors begin: a page, as mapping asks for, which is also more than any vector instruction does.
    private static let alignment = 4096
    private static let zeros = [UInt8](repeating: 0, count: alignment)

    /// A tensor's place in the file that is being written.
    private struct Place {
        var tensor: Int
        var offset: Int
        var length: Int
    }

    /// Stores a graph whose weights are inside.
    ///
    /// - Throws: `RegistryError` when the home cannot take it, `GraphError` when it cannot be written.
    func write(_ model: consuming Model) throws -> PreparedGraph {
        var rest = model.graph.initializers.indices.filter { index in
            guard case .raw(let view) = model.graph.initializers[index].elements else { return false }
            return view.count >= Self.least
        }[...]
        var weights: [Blob] = []
        while !rest.isEmpty {
            let (file, places) = try writeFile(model, &rest)
            for place in places {
                model.graph.initializers[place.tensor].elements = .external([
                    StringEntry("location", file.digest.hex), StringEntry("offset", String(place.offset)),
                    StringEntry("length", String(place.length)),
                ])
            }
            weights.append(file)
        }
        return PreparedGraph(graph: try store.put(try model.encoded()), weights: weights)
    }

    private func writeFile(_ model: borrowing Model, _ rest: inout ArraySlice<Int>) throws -> (Blob, [Place]) {
        var writer = try BlobWriter(store)
        var places: [Place] = []
        var count = 0
        while count < Self.fileBytes, let tensor = rest.popFirst() {
            guard case .raw(let view) = model.graph.initializers[tensor].elements else { continue }
            let padding = (Self.alignment - count % Self.alignment) % Self.alignment
            try Self.zeros.withUnsafeBytes { try writer.write(UnsafeRawBufferPointer(rebasing: $0[..<padding])) }
            try view.withUnsafeBytes { bytes throws(RegistryError) in try writer.write(bytes) }
            places.append(Place(tensor: tensor, offset: count + padding, length: view.count))
            count += padding + view.count
        }
        return (try writer.finish(), places)
    }
}
