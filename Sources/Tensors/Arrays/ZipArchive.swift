/// A zip file in memory, read as strictly as `NPZ` reads one: directory and headers agree, nothing overlaps, names stay
/// below one folder, and nothing is unpacked beyond a limit.
package struct ZipArchive: Sendable {
    /// One file of the archive.
    package struct Member: Hashable, Sendable {
        /// A relative path, without `..`.
        package let name: String
        /// Bytes when unpacked.
        package let byteCount: Int
        /// Where its bytes begin in the archive, when they are stored as they are; `nil` when they are packed.
        package let storedOffset: Int?
        fileprivate let place: Int
    }

    /// In the order of the directory.
    package let members: [Member]
    private let buffer: TensorBuffer
    private let entries: [ZipEntry]

    /// - Throws: `TensorError.Code.malformedFile`, `.unsupportedType` for encryption, several disks and other methods than
    ///   stored and deflate, `.tooLarge` over a limit (`arrays` counts members).
    package init(_ buffer: TensorBuffer, limits: ArrayLimits) throws(TensorError) {
        self.buffer = buffer
        entries = try ZipDirectory(ViewSource(buffer.bytes), limits: limits).entries
        members = entries.enumerated().map { place, entry in
            Member(
                name: entry.name, byteCount: entry.unpackedCount,
                storedOffset: entry.method == .stored ? entry.dataOffset : nil, place: place)
        }
    }

    /// The first bytes of a member, at most `count`, so that it can be recognised without unpacking all of it.
    ///
    /// - Throws: `TensorError.Code.malformedFile` when they are damaged.
    package func beginning(of member: Member, count: Int) throws(TensorError) -> TensorBuffer {
        let entry = entries[member.place]
        let packed = SourceStream(ViewSource(buffer.bytes), at: entry.dataOffset, count: entry.packedCount)
        var stream: any ByteStream = packed
        if entry.method == .deflated { stream = try InflateStream(packed, unpackedCount: entry.unpackedCount) }
        let result = TensorBuffer(capacity: min(max(count, 0), entry.unpackedCount))
        try stream.read(into: result.mutableBytes)
        return result
    }

    /// A member's bytes, unpacked and compared with their checksum.
    ///
    /// - Throws: `TensorError.Code.malformedFile` when they are damaged.
    package func bytes(of member: Member) throws(TensorError) -> TensorBuffer {
        let entry = entries[member.place]
        let packed = SourceStream(ViewSource(buffer.bytes), at: entry.dataOffset, count: entry.packedCount)
        let inflater = entry.method == .deflated ? try InflateStream(packed, unpackedCount: entry.unpackedCount) : nil
        var checked = ChecksummedStream(inflater ?? packed)
        let result = TensorBuffer(capacity: entry.unpackedCount)
        try checked.read(into: result.mutableBytes)
        try inflater?.finish()
        guard checked.checksum.value == entry.crc else {
            throw TensorError(.malformedFile, "'\(entry.name)': the checksum is wrong: the file is damaged")
        }
        return result
    }
}
