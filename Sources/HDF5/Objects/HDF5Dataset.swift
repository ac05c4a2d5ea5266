package import Tensors

/// An array of numbers, in row-major order.
package struct HDF5Dataset {
    let file: HDF5File
    let header: ObjectHeader
    /// From the root, without a slash at the beginning.
    package let path: String

    /// What an element is.
    ///
    /// - Throws: `HDF5Error.Code.unsupported` for other things than numbers and texts.
    package func type() throws(HDF5Error) -> Datatype {
        guard let body = try header.body(.datatype) else { throw .malformed("'/\(path)' has no type") }
        return try about { () throws(HDF5Error) in try Datatype(body) }
    }

    /// None for a single element.
    package func dimensions() throws(HDF5Error) -> [Int] {
        guard let body = try header.body(.dataspace) else { throw .malformed("'/\(path)' has no shape") }
        return try about { () throws(HDF5Error) in try Dataspace.dimensions(body, limits: file.limits) }
    }

    /// Bytes of all elements.
    package func byteCount() throws(HDF5Error) -> Int {
        try Dataspace.byteCount(try dimensions(), width: try type().byteCount, "'/\(path)'")
    }

    /// All elements as they are in the file. What lies there in one piece is not copied.
    ///
    /// - Throws: `HDF5Error` when they do not lie within the file, or are packed in ways that are not read.
    package func elements() throws(HDF5Error) -> TensorBuffer {
        let total = try byteCount()
        guard let body = try header.body(.layout) else { throw .malformed("'/\(path)' has no elements") }
        return try about { () throws(HDF5Error) in
            guard header.message(.externalFiles) == nil else { throw .unsupported("elements in other files") }
            switch try DataLayout(body, limits: file.limits) {
            case .compact(var cursor):
                guard cursor.remaining >= total else {
                    throw .malformed("\(total) bytes of elements, but \(cursor.remaining) are there")
                }
                return view(try cursor.take(total), total)
            case .contiguous(let address, let count):
                guard total > 0 else { return TensorBuffer(capacity: 0) }
                guard address != ByteCursor.undefined else { throw .malformed("its elements were never written") }
                guard count == total else { throw .malformed("\(total) bytes of elements, but \(count) are there") }
                var cursor = try file.cursor(at: address, count: count, "its elements")
                return view(try cursor.take(count), count)
            case .chunked(let tree, let sizes):
                let filters = try header.body(.filters).map { body throws(HDF5Error) in try FilterPipeline(body) }
                let chunks = try ChunkedElements(
                    file, dimensions: try dimensions(), sizes: sizes, width: try type().byteCount,
                    filters: filters ?? FilterPipeline())
                let bytes = try chunks.read(tree: tree, total: total)
                let buffer = TensorBuffer(capacity: bytes.count)
                bytes.withUnsafeBytes { buffer.mutableBytes.copyMemory(from: $0) }
                return buffer
            }
        }
    }

    /// A part of the file, kept alive by what holds the file.
    private func view(_ place: Int, _ count: Int) -> TensorBuffer {
        TensorBuffer(borrowing: file.buffer.base + place, capacity: count, owner: file.buffer)
    }

    /// All elements as numbers of single precision; the nearest ones, where the file's are wider.
    ///
    /// - Throws: `HDF5Error` when they are no numbers, or cannot be read.
    package func floats() throws(HDF5Error) -> [Float] {
        let type = try type()
        let count = try Dataspace.byteCount(try dimensions(), width: 1, "'/\(path)'")
        let (bytes, overflow) = count.multipliedReportingOverflow(by: 4)
        guard !overflow else { throw .malformed("'/\(path)' has more elements than fit in 64 bits") }
        let elements = try elements()
        try file.spend(bytes: bytes, "'/\(path)'")
        return try ElementNumbers(type, elements, count: count).floats("/\(path)")
    }

    /// Says of an error what it is about.
    private func about<Result>(_ body: () throws(HDF5Error) -> Result) throws(HDF5Error) -> Result {
        do throws(HDF5Error) {
            return try body()
        } catch {
            throw HDF5Error(error.code, "'/\(path.prefix(200))': \(error.message)")
        }
    }
}

/// Numbers in a file's own form.
private struct ElementNumbers {
    let type: Datatype
    let elements: TensorBuffer
    let count: Int

    init(_ type: Datatype, _ elements: TensorBuffer, count: Int) {
        self.type = type
        self.elements = elements
        self.count = count
    }

    func floats(_ place: String) throws(HDF5Error) -> [Float] {
        switch type {
        case .float(4, let big): map(UInt32.self, big) { Float(bitPattern: $0) }
        case .float(8, let big): map(UInt64.self, big) { Float(Double(bitPattern: $0)) }
        case .float(_, let big): map(UInt16.self, big) { Float(Float16(bitPattern: $0)) }
        case .integer(let bytes, let isSigned, let big): integers(bytes, isSigned, big)
        case .text, .longText: throw .malformed("'\(place)' is to be numbers, but is text")
        }
    }

    private func integers(_ bytes: Int, _ isSigned: Bool, _ big: Bool) -> [Float] {
        switch (bytes, isSigned) {
        case (1, true): map(UInt8.self, big) { Float(Int8(bitPattern: $0)) }
        case (1, false): map(UInt8.self, big) { Float($0) }
        case (2, true): map(UInt16.self, big) { Float(Int16(bitPattern: $0)) }
        case (2, false): map(UInt16.self, big) { Float($0) }
        case (4, true): map(UInt32.self, big) { Float(Int32(bitPattern: $0)) }
        case (4, false): map(UInt32.self, big) { Float($0) }
        case (_, true): map(UInt64.self, big) { Float(Int64(bitPattern: $0)) }
        default: map(UInt64.self, big) { Float($0) }
        }
    }

    private func map<Bits: FixedWidthInteger & BitwiseCopyable>(
        _ bits: Bits.Type, _ isBigEndian: Bool, _ value: (Bits) -> Float
    ) -> [Float] {
        let width = Bits.bitWidth / 8
        return withExtendedLifetime(elements) {
            (0..<count).map { index in
                let raw = elements.bytes.loadUnaligned(fromByteOffset: index * width, as: Bits.self)
                return value(isBigEndian ? Bits(bigEndian: raw) : Bits(littleEndian: raw))
            }
        }
    }
}
