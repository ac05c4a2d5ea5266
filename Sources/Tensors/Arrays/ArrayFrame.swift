/// NPY files whose number of rows is known only when the last one has been written.
package enum ArrayFrame {
    /// Bytes before the elements: room for the header of any shape that is written.
    package static let headerBytes = 256

    /// The header of a file of so many rows, exactly `headerBytes` long.
    ///
    /// - Throws: `TensorError.Code.unsupportedType` for types NPY lacks, and for strings, whose size is not known.
    package static func header(
        _ type: ElementType, rows: Int, rowDimensions: [Int]
    ) throws(TensorError) -> [UInt8] {
        guard type != .string else {
            throw TensorError(.unsupportedType, "text has no fixed size that a growing NPY file could have")
        }
        let header = NPYHeader(
            item: .element(type), isBigEndian: false, isFortranOrder: false, shape: try Shape([rows] + rowDimensions))
        var bytes = try header.encoded()
        guard bytes.count <= headerBytes, bytes.popLast() != nil else {
            throw TensorError(
                .tooLarge, "rows of shape \(rowDimensions) need a longer NPY header than there is room for")
        }
        bytes += repeatElement(UInt8(ascii: " "), count: headerBytes - 1 - bytes.count)
        bytes.append(UInt8(ascii: "\n"))
        let length = UInt16(headerBytes - 10)
        bytes[8] = UInt8(truncatingIfNeeded: length)
        bytes[9] = UInt8(truncatingIfNeeded: length >> 8)
        return bytes
    }
}

extension NPZ {
    /// Puts NPY files of any size into one NPZ file, stored; nothing is held in memory. The file appears when it is
    /// whole.
    ///
    /// - Throws: `TensorError.Code.io`; `.malformedFile` for names that a reader would refuse.
    package static func assemble(
        _ members: [(name: String, path: String)], to path: String
    ) throws(TensorError) {
        var output = try AtomicFile(path: path, TensorError.init)
        var zip = ZipWriter()
        for member in members {
            let source = try InputFile(path: member.path)
            var checksum = CRC32()
            try pieces(of: SourceStream(source)) { (piece) throws(TensorError) in checksum.update(piece) }
            let entry = ZipEntry(
                name: try ZipName.validated(Array("\(member.name).npy".utf8)[...]), method: .stored,
                crc: checksum.value, packedCount: source.count, unpackedCount: source.count, headerOffset: 0)
            try output.write(zip.begin(entry))
            var copied = CRC32()
            try pieces(of: SourceStream(source)) { (piece) throws(TensorError) in
                copied.update(piece)
                try output.write(piece)
            }
            guard copied == checksum else {
                throw TensorError(.io, "'\(member.path)' changed while it was copied")
            }
        }
        try output.write(zip.end())
        try output.commit()
    }

    private static func pieces(
        of stream: SourceStream, _ body: (UnsafeRawBufferPointer) throws(TensorError) -> Void
    ) throws(TensorError) {
        var stream = stream
        let buffer = TensorBuffer(capacity: 1 << 20)
        while stream.remaining > 0 {
            let piece = UnsafeMutableRawBufferPointer(
                rebasing: buffer.mutableBytes[..<min(stream.remaining, buffer.capacity)])
            try stream.read(into: piece)
            try body(UnsafeRawBufferPointer(piece))
        }
    }
}
