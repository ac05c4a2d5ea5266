extension JSONWriter {
    /// Appends a tensor's elements as arrays nested by its shape; a scalar stands alone.
    ///
    /// Each element is written as `tensorData` writes it, but for strings that are not UTF-8: those, and all others with
    /// them, become `{"b64": "…"}`.
    ///
    /// - Parameters:
    ///   - row: the one of the outermost dimension to write, its own array left out; `nil` for all. Must exist.
    ///   - base64: writes all strings as `{"b64": "…"}`.
    /// - Throws: `TensorError.Code.unsupportedType` for types that JSON data does not carry. Nothing is written then.
    package mutating func nestedData(
        _ tensor: Tensor, row: Int? = nil, base64: Bool = false
    ) throws(TensorError) {
        let dimensions = tensor.shape.dimensions
        var range = NestedRange(sizes: dimensions[...], first: 0)
        if let row, let rows = dimensions.first {
            range.sizes = dimensions.dropFirst()
            range.first = rows == 0 ? 0 : row * (tensor.shape.elementCount / rows)
        }
        switch tensor.elementType {
        case .bool: write(range, NumberText<TruthByte>(tensor))
        case .uint8: write(range, NumberText<UInt8>(tensor))
        case .uint16: write(range, NumberText<UInt16>(tensor))
        case .uint32: write(range, NumberText<UInt32>(tensor))
        case .uint64: write(range, NumberText<UInt64>(tensor))
        case .int8: write(range, NumberText<Int8>(tensor))
        case .int16: write(range, NumberText<Int16>(tensor))
        case .int32: write(range, NumberText<Int32>(tensor))
        case .int64: write(range, NumberText<Int64>(tensor))
        case .float32: write(range, NumberText<Float>(tensor))
        case .float64: write(range, NumberText<Double>(tensor))
        case .string: write(range, StringText(tensor, base64: base64))
        default: throw .notInJSON(tensor.elementType)
        }
    }

    /// Appends the elements of one row of a tensor as fields of a CSV row, commas between them.
    ///
    /// - Parameter row: of the outermost dimension; a scalar has one.
    /// - Throws: `TensorError.Code.unsupportedType` for types that text does not carry, and for strings that are not
    ///   UTF-8.
    package mutating func csvFields(_ tensor: Tensor, row: Int) throws(TensorError) {
        let width = tensor.shape.elementCount / max(tensor.shape.dimensions.first ?? 1, 1)
        guard let strings = tensor.strings else {
            let flat = try Shape([width])
            let bytes = tensor.bytes.count / max(tensor.shape.elementCount, 1) * width
            let start = UnsafeMutableRawPointer(mutating: tensor.bytes.baseAddress)
            guard width > 0, let start, case .buffer(let owner) = tensor.storage else { return }
            let part = TensorBuffer(borrowing: start + row * bytes, capacity: bytes, owner: owner)
            let before = self.bytes.count
            try nestedData(try Tensor(tensor.elementType, flat, buffer: part))
            // The same elements without the brackets.
            self.bytes.removeLast()
            self.bytes.remove(at: before)
            return
        }
        for index in 0..<width {
            if index > 0 { raw(",") }
            let field = strings[row * width + index]
            guard field.withUnsafeBytes({ UTF8Sequence.isValid($0) }) else {
                throw TensorError(.unsupportedType, "BYTES elements that are not UTF-8 cannot be written as CSV")
            }
            csvField(field)
        }
    }

    /// Source: RFC 4180 section 2.
    private mutating func csvField(_ field: ArraySlice<UInt8>) {
        let needsQuotes = field.contains { byte in
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\n")
                || byte == UInt8(ascii: "\r")
        }
        guard needsQuotes else {
            bytes.append(contentsOf: field)
            return
        }
        raw("\"")
        for byte in field {
            if byte == UInt8(ascii: "\"") { bytes.append(byte) }
            bytes.append(byte)
        }
        raw("\"")
    }

    private mutating func write(_ range: NestedRange, _ elements: some ElementText) {
        var first = range.first
        write(range.sizes, &first, elements)
    }

    private mutating func write(_ sizes: ArraySlice<Int>, _ first: inout Int, _ elements: some ElementText) {
        guard let count = sizes.first else {
            elements.write(first, to: &self)
            first += 1
            return
        }
        bytes.append(UInt8(ascii: "["))
        if sizes.count == 1 {
            for index in 0..<count {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                elements.write(first + index, to: &self)
            }
            first += count
        } else {
            for index in 0..<count {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                write(sizes.dropFirst(), &first, elements)
            }
        }
        bytes.append(UInt8(ascii: "]"))
    }
}

/// A part of a tensor: sizes from some level on, and the row-major index of the first element.
private struct NestedRange {
    var sizes: ArraySlice<Int>
    var first: Int
}

/// Writes single elements of a tensor.
private protocol ElementText {
    func write(_ index: Int, to writer: inout JSONWriter)
}

private struct NumberText<Element: WrittenElement>: ElementText {
    private let data: UnsafeRawBufferPointer
    /// Keeps `data` alive.
    private let tensor: Tensor

    init(_ tensor: Tensor) {
        self.tensor = tensor
        data = tensor.bytes
    }

    @inline(__always)
    func write(_ index: Int, to writer: inout JSONWriter) {
        data.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.stride, as: Element.self).write(to: &writer)
    }
}

/// An element as JSON text.
private protocol WrittenElement: BitwiseCopyable {
    func write(to writer: inout JSONWriter)
}

extension WrittenElement where Self: BinaryInteger {
    @inline(__always)
    func write(to writer: inout JSONWriter) { writer.integer(self) }
}

extension UInt8: WrittenElement {}
extension UInt16: WrittenElement {}
extension UInt32: WrittenElement {}
extension UInt64: WrittenElement {}
extension Int8: WrittenElement {}
extension Int16: WrittenElement {}
extension Int32: WrittenElement {}
extension Int64: WrittenElement {}

extension Float: WrittenElement {
    @inline(__always)
    func write(to writer: inout JSONWriter) { writer.floatOrWord(self) }
}

extension Double: WrittenElement {
    @inline(__always)
    func write(to writer: inout JSONWriter) { writer.doubleOrWord(self) }
}

/// A stored boolean: any byte but 0 is true.
private struct TruthByte: WrittenElement {
    var byte: UInt8

    @inline(__always)
    func write(to writer: inout JSONWriter) { writer.bool(byte != 0) }
}

private struct StringText: ElementText {
    private let strings: StringElements
    private let isBase64: Bool

    init(_ tensor: Tensor, base64: Bool) {
        let strings = tensor.strings ?? StringElements()
        isBase64 =
            base64
            || !(0..<strings.count).allSatisfy { index in
                strings[index].withUnsafeBytes { UTF8Sequence.isValid($0) }
            }
        self.strings = strings
    }

    func write(_ index: Int, to writer: inout JSONWriter) {
        guard isBase64 else { return strings[index].withUnsafeBytes { writer.escaped($0) } }
        writer.raw("{\"b64\":\"")
        Base64.encode(strings[index], into: &writer.bytes)
        writer.raw("\"}")
    }
}
