/// NumPy's files of several named arrays: a zip file of NPY files, each stored or deflated.
package enum NPZ {
    /// Reads every array of the file at `path`, in the file's order. Names come without `.npy`.
    ///
    /// - Throws: `TensorError`: `.io`, `.malformedFile` (also for a wrong checksum and for names that leave the
    ///   directory), `.unsupportedType`, `.tooLarge` over a limit.
    package static func read(
        path: String, limits: ArrayLimits = ArrayLimits()
    ) throws(TensorError) -> [(name: String, tensor: Tensor)] {
        try read(try InputFile(path: path), limits: limits)
    }

    /// Reads every array; as above.
    package static func read(
        _ bytes: [UInt8], limits: ArrayLimits = ArrayLimits()
    ) throws(TensorError) -> [(name: String, tensor: Tensor)] {
        try read(MemorySource(bytes), limits: limits)
    }

    private static func read(
        _ source: any ByteSource, limits: ArrayLimits
    ) throws(TensorError) -> [(name: String, tensor: Tensor)] {
        let directory = try ZipDirectory(source, limits: limits)
        var arrays: [(name: String, tensor: Tensor)] = []
        for entry in directory.entries {
            guard entry.name.hasSuffix(".npy"), entry.name != ".npy" else {
                throw TensorError(.malformedFile, "'\(entry.name)' is not an array; expected only names ending in .npy")
            }
            do throws(TensorError) {
                arrays.append((String(entry.name.dropLast(4)), try tensor(entry, source, limits)))
            } catch {
                throw TensorError(error.code, "'\(entry.name)': \(error.message)")
            }
        }
        return arrays
    }

    private static func tensor(
        _ entry: ZipEntry, _ source: any ByteSource, _ limits: ArrayLimits
    ) throws(TensorError) -> Tensor {
        let packed = SourceStream(source, at: entry.dataOffset, count: entry.packedCount)
        let inflater = entry.method == .deflated ? try InflateStream(packed, unpackedCount: entry.unpackedCount) : nil
        var checked = ChecksummedStream(inflater ?? packed)
        let tensor = try NPY.read(&checked, limits: limits)
        try inflater?.finish()
        guard checked.checksum.value == entry.crc else {
            throw TensorError(.malformedFile, "the checksum is wrong: the file is damaged")
        }
        return tensor
    }

    // MARK: - Writing

    /// Writes the arrays to `path` in their order. A reader sees the old file or all of the new one, and equal arrays give
    /// equal bytes.
    ///
    /// - Parameter compressed: Deflates the arrays; else they are stored, which is faster and lets others map them.
    /// - Throws: As `NPY.encode`; `TensorError.Code.malformedFile` for a name that a reader would refuse; `.io`.
    package static func write(
        _ arrays: [(name: String, tensor: Tensor)], to path: String, compressed: Bool = false
    ) throws(TensorError) {
        var output = try AtomicFile(path: path, TensorError.init)
        var zip = ZipWriter()
        try checkNames(arrays)
        for array in arrays {
            let member = try NPZMember(array.name, array.tensor, compressed: compressed)
            try output.write(zip.begin(member.entry))
            if let packed = member.packed {
                try output.write(packed)
            } else {
                try output.write(member.file.header)
                try member.file.withBody { (bytes) throws(TensorError) in try output.write(bytes) }
            }
        }
        try output.write(zip.end())
        try output.commit()
    }

    /// The arrays as an NPZ file in memory; see `write`.
    package static func encode(
        _ arrays: [(name: String, tensor: Tensor)], compressed: Bool = false
    ) throws(TensorError) -> [UInt8] {
        var output: [UInt8] = []
        var zip = ZipWriter()
        try checkNames(arrays)
        for array in arrays {
            let member = try NPZMember(array.name, array.tensor, compressed: compressed)
            output += zip.begin(member.entry)
            if let packed = member.packed {
                output += packed
            } else {
                output += member.file.header
                member.file.withBody { output.append(contentsOf: $0) }
            }
        }
        return output + zip.end()
    }

    private static func checkNames(_ arrays: [(name: String, tensor: Tensor)]) throws(TensorError) {
        var names: Set<String> = []
        for array in arrays {
            guard names.insert(array.name).inserted else {
                throw TensorError(.malformedFile, "two arrays are named '\(array.name)'")
            }
        }
    }
}

/// One array laid out for a zip file.
private struct NPZMember {
    let entry: ZipEntry
    let file: NPYFile
    /// The deflated file, or `nil` when it is to be stored.
    let packed: [UInt8]?

    init(_ name: String, _ tensor: Tensor, compressed: Bool) throws(TensorError) {
        let fileName = try ZipName.validated(Array("\(name).npy".utf8)[...])
        guard !name.isEmpty, fileName.utf8.count <= UInt16.max else {
            throw TensorError(.malformedFile, "an array's name is empty or longer than a zip file can hold")
        }
        let file = try NPYFile(tensor)
        var checksum = CRC32()
        checksum.update(file.header)
        file.withBody { checksum.update($0) }
        packed = compressed ? try Self.pack(file) : nil
        self.file = file
        entry = ZipEntry(
            name: fileName, method: compressed ? .deflated : .stored, crc: checksum.value,
            packedCount: packed?.count ?? file.count, unpackedCount: file.count, headerOffset: 0)
    }

    private static func pack(_ file: NPYFile) throws(TensorError) -> [UInt8] {
        let deflater = try Deflater()
        file.header.withUnsafeBytes { deflater.append($0, isLast: false) }
        file.withBody { deflater.append($0, isLast: true) }
        return deflater.output
    }
}

/// Another stream's bytes, with their checksum.
struct ChecksummedStream: ByteStream {
    private var stream: any ByteStream
    private(set) var checksum = CRC32()

    init(_ stream: any ByteStream) {
        self.stream = stream
    }

    var remaining: Int { stream.remaining }

    mutating func read(into destination: UnsafeMutableRawBufferPointer) throws(TensorError) {
        try stream.read(into: destination)
        checksum.update(UnsafeRawBufferPointer(destination))
    }
}
