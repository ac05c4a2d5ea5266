/// Bytes of known number that come one after another.
protocol ByteStream {
    /// Bytes not read yet.
    var remaining: Int { get }
    /// Fills `destination` with the next bytes. The caller has checked that so many remain.
    mutating func read(into destination: UnsafeMutableRawBufferPointer) throws(TensorError)
}

extension ByteStream {
    /// The next `length` bytes.
    ///
    /// - Throws: `TensorError.Code.malformedFile` when fewer remain.
    mutating func next(_ length: Int, _ what: String) throws(TensorError) -> [UInt8] {
        guard length <= remaining else {
            throw TensorError(.malformedFile, "expected \(length) bytes of \(what), found \(remaining)")
        }
        var bytes = [UInt8](repeating: 0, count: length)
        try bytes.fill { (destination) throws(TensorError) in try read(into: destination) }
        return bytes
    }
}

/// A part of a source, from its beginning to its end.
struct SourceStream: ByteStream {
    private let source: any ByteSource
    private var offset: Int
    private(set) var remaining: Int

    /// The caller has checked that the range lies within the source.
    init(_ source: any ByteSource, at offset: Int, count: Int) {
        self.source = source
        self.offset = offset
        remaining = count
    }

    init(_ source: any ByteSource) {
        self.init(source, at: 0, count: source.count)
    }

    mutating func read(into destination: UnsafeMutableRawBufferPointer) throws(TensorError) {
        try source.read(at: offset, into: destination)
        offset += destination.count
        remaining -= destination.count
    }
}

/// Little-endian fields of a record, one after another.
struct FieldReader {
    let bytes: ArraySlice<UInt8>
    private(set) var position: Int

    init(_ bytes: [UInt8]) {
        self.init(bytes[...])
    }

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var remaining: Int { bytes.endIndex - position }

    /// The next unsigned integer.
    ///
    /// - Throws: `TensorError.Code.malformedFile` when the record ends before it does.
    mutating func next<Field: FixedWidthInteger & UnsignedInteger>(_ type: Field.Type) throws(TensorError) -> Field {
        let length = MemoryLayout<Field>.size
        let field = try slice(length)
        return field.reversed().reduce(0) { $0 << 8 | Field($1) }
    }

    /// The next `length` bytes.
    mutating func slice(_ length: Int) throws(TensorError) -> ArraySlice<UInt8> {
        guard length >= 0, length <= remaining else {
            throw TensorError(.malformedFile, "a record ends early: expected \(length) more bytes, found \(remaining)")
        }
        defer { position += length }
        return bytes[position..<(position + length)]
    }
}

extension [UInt8] {
    /// Appends an integer, little-endian.
    mutating func append<Field: FixedWidthInteger>(field: Field) {
        Swift.withUnsafeBytes(of: field.littleEndian) { append(contentsOf: $0) }
    }
}
