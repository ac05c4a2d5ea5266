import Tensors

/// PyTorch's files: a pickle whose tensors refer to storages that stand beside it.
///
/// Source: `torch/serialization.py` of PyTorch 2.13; the zip format since 1.6, before it five pickles and the storages.
package struct TorchFile: Sendable {
    /// A run of elements, which tensors are views of.
    struct Storage: Hashable, Sendable {
        var key: String
        var type: TorchType
        /// Elements, as the pickle says.
        var count: Int
    }

    /// Every tensor, by the path of keys that leads to it.
    package let tensors: [TensorListing.Entry]
    /// What else is in it, in words: counts of values that are no tensors.
    package let notes: [String]

    /// Whether a member of a zip file holds a storage.
    static func isStorage(_ name: String) -> Bool {
        let parts = name.split(separator: "/")
        return parts.count >= 2 && parts[parts.count - 2] == "data" && parts.last.map { Int($0) != nil } == true
    }

    /// The number that the first pickle of the older format stands for.
    private static let legacyMagic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]

    /// Whether the streams are those of the older format.
    package static func isLegacy(_ file: PickleFile) -> Bool {
        guard file.streams.count >= 5, case .longInteger(let bytes)? = file.streams[0].document?.view.value else {
            return false
        }
        return bytes.array == legacyMagic
    }

    /// Reads the tensors of a PyTorch file.
    ///
    /// - Throws: `PickleError.Code.unsupported` when it is none; `.malformed` for tensors that do not lie within their
    ///   storages.
    package init(_ file: PickleFile) throws(PickleError) {
        let document: PickleDocument
        let sizes: [String: Int]
        if Self.isLegacy(file) {
            document = try Self.document(file.streams[3])
            sizes = try Self.legacySizes(file)
        } else {
            guard let main = file.streams.first(where: { $0.place.hasSuffix("/data.pkl") }) else {
                throw PickleError(.unsupported, "this is no file of PyTorch's")
            }
            document = try Self.document(main)
            sizes = try Self.memberSizes(file, beside: main.place)
        }
        var walk = TorchWalk(storageBytes: sizes)
        try walk.visit(document.view, path: "", depth: 0)
        tensors = walk.entries
        notes = walk.notes
    }

    private static func document(_ stream: PickleStream) throws(PickleError) -> PickleDocument {
        if let fault = stream.fault { throw fault }
        guard let document = stream.document else { throw PickleError(.malformed, "the pickle is broken") }
        return document
    }

    /// Bytes of each storage of a zip file.
    private static func memberSizes(_ file: PickleFile, beside place: String) throws(PickleError) -> [String: Int] {
        let prefix = place.dropLast("data.pkl".count) + "data/"
        let archive = try ZipReading.open(file.bytes, PickleLimits())
        return archive.members.reduce(into: [:]) { sizes, member in
            if member.name.hasPrefix(prefix) { sizes[String(member.name.dropFirst(prefix.count))] = member.byteCount }
        }
    }

    /// The older format: a list of keys, then for each a count of elements and the elements. Their types stand only in
    /// the pickle, so what is left after the keys is all that is checked.
    private static func legacySizes(_ file: PickleFile) throws(PickleError) -> [String: Int] {
        guard let keys = file.streams[4].document?.view.items, let end = file.streams[4].document?.end else {
            throw PickleError(.malformed, "a file of PyTorch's older format without a list of its storages")
        }
        let rest = file.bytes.count - end
        return keys.reduce(into: [:]) { sizes, key in
            if let key = key.text { sizes[key] = rest }
        }
    }
}
