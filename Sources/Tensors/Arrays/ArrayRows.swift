/// One array of a file, read a block of rows at a time, so that its size does not matter.
///
/// Belongs to one thread at a time.
package final class ArrayRows {
    /// The array's name in its file; empty for an NPY file, which has one array.
    package let name: String
    /// Rows in all: the size of the first dimension.
    package let rows: Int
    /// Rows read or skipped so far.
    package private(set) var position = 0

    private let header: NPYHeader
    /// Bytes of one row as stored.
    private let rowBytes: Int
    private var stream: ChecksummedStream
    private let inflater: InflateStream?
    /// What the file says its bytes come to; `nil` where it says nothing.
    private let crc: UInt32?

    /// Bytes that are skipped at a time.
    private static let chunk = 1 << 20

    /// The array of the NPY file at `path`.
    ///
    /// - Throws: `TensorError` as `NPY.read` does; `.unsupportedType` for Fortran order, whose rows are not together,
    ///   and for arrays without rows.
    package static func npy(path: String) throws(TensorError) -> ArrayRows {
        try ArrayRows("", SourceStream(try InputFile(path: path)), inflater: nil, crc: nil)
    }

    /// The arrays of the NPZ file at `path`, in the file's order. Their contents are checked when `finish` is called.
    ///
    /// - Throws: As above and as `NPZ.read` does.
    package static func npz(path: String) throws(TensorError) -> [ArrayRows] {
        let source = try InputFile(path: path)
        var arrays: [ArrayRows] = []
        for entry in try ZipDirectory(source, limits: ArrayLimits(bytes: .max)).entries {
            let packed = SourceStream(source, at: entry.dataOffset, count: entry.packedCount)
            let inflater =
                entry.method == .deflated ? try InflateStream(packed, unpackedCount: entry.unpackedCount) : nil
            let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
            do throws(TensorError) {
                arrays.append(try ArrayRows(name, inflater ?? packed, inflater: inflater, crc: entry.crc))
            } catch {
                throw TensorError(error.code, "'\(entry.name)': \(error.message)")
            }
        }
        return arrays
    }

    private init(_ name: String, _ bytes: any ByteStream, inflater: InflateStream?, crc: UInt32?) throws(TensorError) {
        var stream = ChecksummedStream(bytes)
        let header = try NPYHeader.read(&stream)
        let dimensions = header.shape.dimensions
        guard let rows = dimensions.first else {
            throw TensorError(.unsupportedType, "an array of one element without dimensions has no rows")
        }
        guard !header.isFortranOrder || dimensions.count == 1 else {
            throw TensorError(
                .unsupportedType, "rows of an array in Fortran order do not lie together; save it in C order")
        }
        let itemSize = try header.itemSize()
        let (rowBytes, isLarge) = try Shape(Array(dimensions.dropFirst())).elementCount
            .multipliedReportingOverflow(by: itemSize)
        let (size, overflow) = rowBytes.multipliedReportingOverflow(by: rows)
        guard !isLarge, !overflow, size == stream.remaining else {
            throw TensorError(
                .sizeMismatch,
                "the NPY header promises shape \(header.shape) of \(itemSize)-byte elements, but "
                    + "\(stream.remaining) bytes follow it")
        }
        self.name = name
        self.rows = rows
        self.header = header
        self.rowBytes = rowBytes
        self.stream = stream
        self.inflater = inflater
        self.crc = crc
    }

    /// The type of its elements.
    package var elementType: ElementType { if case .element(let type) = header.item { type } else { .string } }

    /// The shape of each row.
    package var rowDimensions: [Int] { Array(header.shape.dimensions.dropFirst()) }

    /// The next `count` rows, which must be there.
    ///
    /// - Throws: `TensorError.Code.tooLarge` when they would not fit into memory at all; as `NPY.read` does.
    package func next(_ count: Int) throws(TensorError) -> Tensor {
        let (size, overflow) = rowBytes.multipliedReportingOverflow(by: count)
        guard count >= 0, count <= rows - position, !overflow else {
            throw TensorError(.tooLarge, "\(count) rows of \(rowBytes) bytes cannot be read together")
        }
        var part = header
        part.shape = try Shape([count] + header.shape.dimensions.dropFirst())
        position += count
        return try NPY.tensor(part, size: size, &stream) { TensorBuffer(capacity: $0) }
    }

    /// Reads past rows.
    package func skip(_ count: Int) throws(TensorError) {
        guard count >= 0, count <= rows - position else {
            throw TensorError(.sizeMismatch, "the array has \(rows) rows, fewer than were read before")
        }
        var left = rowBytes * count
        var scratch = [UInt8](repeating: 0, count: min(left, Self.chunk))
        while left > 0 {
            let size = min(left, scratch.count)
            try scratch.fill { (bytes) throws(TensorError) in
                try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<size]))
            }
            left -= size
        }
        position += count
    }

    /// Checks, after the last row, that the file is whole.
    ///
    /// - Throws: `TensorError.Code.malformedFile` for a wrong checksum.
    package func finish() throws(TensorError) {
        try inflater?.finish()
        guard let crc else { return }
        guard stream.checksum.value == crc else {
            throw TensorError(.malformedFile, "'\(name).npy': the checksum is wrong: the file is damaged")
        }
    }
}
