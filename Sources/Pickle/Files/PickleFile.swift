import Tensors

/// A file that may hold pickles, opened: which format it is, and every pickle in it.
package struct PickleFile: Sendable {
    /// What the file is, in words: `pickle`, `joblib, zlib`, `PyTorch, zip`.
    package var format: String
    /// Every pickle, in the file's order. Empty when there is none.
    package var streams: [PickleStream] = []
    /// The bytes that the first stream is in: the file's, or those unpacked from it.
    package var bytes: PickleBytes
    /// Bytes after the last stream that are no pickle.
    package var trailingCount = 0

    private static let deepest = 4

    /// Opens a file of any kind that may hold a pickle.
    ///
    /// - Throws: `PickleError`: `.unsupported` for a packing or an archive that is not read, `.malformed`, `.tooLarge`.
    ///   A broken pickle is no error here: its stream tells.
    package init(_ bytes: PickleBytes, limits: PickleLimits = PickleLimits()) throws(PickleError) {
        try self.init(bytes, limits: limits, place: "", depth: 0)
    }

    private init(
        _ bytes: PickleBytes, limits: PickleLimits, place: String, depth: Int
    ) throws(PickleError) {
        guard depth < Self.deepest else {
            throw PickleError(.tooLarge, "\(depth) packings inside each other; at most \(Self.deepest - 1) are opened")
        }
        self.bytes = bytes
        switch FileKind(bytes) {
        case .foreign(let name, let help): throw PickleError(.unsupported, "this is \(name)", help: help)
        case .safetensors: format = "safetensors"
        case .gzip: (format, self) = try Self.unpacked(bytes, .gzip, "gzip", limits, place, depth)
        case .zlib: (format, self) = try Self.unpacked(bytes, .zlib, "zlib", limits, place, depth)
        case .npy:
            format = "npy"
            addArray(limits, place)
        case .zip:
            format = "zip"
            try addMembers(limits, place, depth)
        case .other:
            format = "pickle"
            addStreams(at: 0, limits, place)
            name()
        }
    }

    /// Whether bytes begin with the protocol that every pickle from 2 on declares.
    static func declaresVersion(_ bytes: PickleBytes) -> Bool {
        guard let first = bytes[0], let second = bytes[1] else { return false }
        return first == 0x80 && second <= 5
    }

    /// Whether a packed file is worth unpacking whole, by its first bytes.
    static func mayHoldPickle(_ beginning: PickleBytes) -> Bool {
        switch FileKind(beginning) {
        case .zip, .gzip, .zlib: true
        case .npy: beginning.text.contains("|O")
        case .foreign, .safetensors: false
        case .other: mayBeginPickle(beginning)
        }
    }

    /// Whether the first byte is one that a pickle of protocol 0 or 1 may begin with.
    package static func mayBeginPickle(_ bytes: PickleBytes) -> Bool {
        if declaresVersion(bytes) { return true }
        guard let first = bytes[0] else { return false }
        return "(])}cldFIJKLMNSTUVXPGi".utf8.contains(first)
    }

    private static func unpacked(
        _ bytes: PickleBytes, _ packing: PackedFormat, _ name: String, _ limits: PickleLimits, _ place: String,
        _ depth: Int
    ) throws(PickleError) -> (String, PickleFile) {
        let beginning = try Unpacking.unpack(bytes, packing, upTo: 1024, limits: limits)
        // So that nothing large is unpacked that is no pickle in the end.
        guard mayHoldPickle(beginning), FileKind(beginning) != .other || declaresVersion(beginning) else {
            throw PickleError(
                .unsupported, "this is a \(name) archive that holds no pickle",
                help: "unpack it and give what is inside")
        }
        var inner = try PickleFile(
            try Unpacking.unpack(bytes, packing, limits: limits), limits: limits, place: place, depth: depth + 1)
        inner.format += ", \(name)"
        return (inner.format, inner)
    }

    /// Reads streams one after another: a program may load more than the first.
    private mutating func addStreams(at start: Int, _ limits: PickleLimits, _ place: String) {
        var position = start
        while position < bytes.count, streams.count < limits.streams {
            let stream = PickleStream(bytes, at: position, place: place, limits: limits)
            // After the first, a stream that names nothing and breaks is data.
            guard position == start || stream.document != nil || !stream.globals.isEmpty else { break }
            streams.append(stream)
            guard let end = stream.document?.end else { return }
            position = end
        }
        trailingCount = bytes.count - position
    }

    /// An array of objects is a pickle behind the header.
    private mutating func addArray(_ limits: PickleLimits, _ place: String) {
        guard let major = bytes[6], let low = bytes[8], let high = bytes[9] else { return }
        let wide = major > 1
        let length = Int(low) | Int(high) << 8 | (wide ? Int(bytes[10] ?? 0) << 16 | Int(bytes[11] ?? 0) << 24 : 0)
        guard let header = bytes.slice(at: wide ? 12 : 10, count: length) else { return }
        guard header.text.contains("|O") || header.text.contains("'O") || header.text.contains("\"O") else { return }
        addStreams(at: (wide ? 12 : 10) + length, limits, place)
    }

    private mutating func addMembers(_ limits: PickleLimits, _ place: String, _ depth: Int) throws(PickleError) {
        let archive = try ZipReading.open(bytes, limits)
        var unpacked = 0
        for member in archive.members where streams.count < limits.streams {
            let path = place.isEmpty ? member.name : "\(place)/\(member.name)"
            // What PyTorch keeps elements in; they are large, and no loader takes them for a pickle.
            if TorchFile.isStorage(member.name) { continue }
            guard try ZipReading.mayHoldPickle(member, of: archive) else { continue }
            let inner = try ZipReading.bytes(member, of: archive)
            unpacked += inner.count
            guard unpacked <= limits.unpackedBytes else {
                throw PickleError(.tooLarge, "it unpacks to more than \(limits.unpackedBytes) bytes")
            }
            let file = try PickleFile(inner, limits: limits, place: path, depth: depth + 1)
            streams += file.streams
        }
        if archive.members.contains(where: { $0.name.hasSuffix("/data.pkl") }) { format = "PyTorch, zip" }
    }

    /// Says which program wrote the pickle.
    private mutating func name() {
        if TorchFile.isLegacy(self) {
            format = "PyTorch, before 1.6"
        } else if streams.contains(where: \.hasRawArrays) {
            format = "joblib"
        }
    }
}

/// Zip files, by the reader of the house.
enum ZipReading {
    static func open(_ bytes: PickleBytes, _ limits: PickleLimits) throws(PickleError) -> ZipArchive {
        guard bytes.offset == 0, bytes.count == bytes.buffer.capacity else {
            return try open(PickleBytes(copying: bytes.array), limits)
        }
        do {
            return try ZipArchive(
                bytes.buffer, limits: ArrayLimits(bytes: .max, arrays: 100_000, expansion: 1032))
        } catch {
            throw PickleError(error.code == .tooLarge ? .tooLarge : .malformed, error.message)
        }
    }

    static func bytes(_ member: ZipArchive.Member, of archive: ZipArchive) throws(PickleError) -> PickleBytes {
        guard member.byteCount <= PickleLimits().unpackedBytes else {
            throw PickleError(
                .tooLarge, "\(member.name.quotedName) has \(member.byteCount) bytes; too many to look for a pickle in")
        }
        do {
            return PickleBytes(try archive.bytes(of: member))
        } catch {
            throw PickleError(.malformed, error.message)
        }
    }

    /// Whether a member is looked into: by its first bytes, and those without any by their names.
    static func mayHoldPickle(
        _ member: ZipArchive.Member, of archive: ZipArchive
    ) throws(PickleError) -> Bool {
        let beginning: PickleBytes
        do {
            beginning = PickleBytes(try archive.beginning(of: member, count: 1024))
        } catch {
            throw PickleError(.malformed, error.message)
        }
        guard PickleFile.mayHoldPickle(beginning) else { return false }
        guard FileKind(beginning) == .other, !PickleFile.declaresVersion(beginning) else { return true }
        return names.contains { member.name.hasSuffix(".\($0)") }
    }

    /// How pickles are called; those of protocols 0 and 1 begin with nothing that tells them.
    private static let names = [
        "pkl", "pickle", "p", "pck", "joblib", "dat", "bin", "pt", "pth", "ckpt", "model",
    ]
}
