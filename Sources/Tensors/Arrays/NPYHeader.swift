/// What the header of an NPY file says (NumPy enhancement proposal 1, versions 1.0, 2.0 and 3.0).
struct NPYHeader: Hashable {
    /// How one element is stored.
    enum Item: Hashable {
        /// A type of fixed size.
        case element(ElementType)
        /// `S`: this many bytes, padded with NUL.
        case bytes(Int)
        /// `U`: this many UTF-32 code units, padded with NUL.
        case unicode(Int)
    }

    var item: Item
    var isBigEndian: Bool
    var isFortranOrder: Bool
    var shape: Shape

    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// Longer headers describe nothing that we read.
    static let maximumLength = 65_536

    /// Bytes of one element in the file.
    ///
    /// - Throws: `TensorError.Code.tooLarge` when that overflows.
    func itemSize() throws(TensorError) -> Int {
        switch item {
        case .element(let type): return type.bitWidth / 8
        case .bytes(let count): return count
        case .unicode(let count):
            let (size, overflow) = count.multipliedReportingOverflow(by: 4)
            guard !overflow else { throw TensorError(.tooLarge, "strings of \(count) characters are too long") }
            return size
        }
    }

    /// Bytes that are swapped as one when the order is not ours.
    var swapUnit: Int {
        switch item {
        case .element(.complex64): 4
        case .element(.complex128): 8
        case .element(let type): type.bitWidth / 8
        case .bytes: 1
        case .unicode: 4
        }
    }

    /// Reads the magic string, the version and the header, up to the first element.
    static func read(_ stream: inout some ByteStream) throws(TensorError) -> NPYHeader {
        let start = try stream.next(8, "the NPY magic string and version")
        guard start.starts(with: magic) else {
            throw TensorError(.malformedFile, "not an NPY file: it does not begin with the NPY magic string")
        }
        let lengthSize: Int
        switch (start[6], start[7]) {
        case (1, 0): lengthSize = 2
        case (2, 0), (3, 0): lengthSize = 4
        default:
            throw TensorError(.malformedFile, "NPY version \(start[6]).\(start[7]); expected 1.0, 2.0 or 3.0")
        }
        let length = try stream.next(lengthSize, "the NPY header length").reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= maximumLength else {
            throw TensorError(.tooLarge, "an NPY header of \(length) bytes; at most \(maximumLength) are accepted")
        }
        var parser = NPYHeaderParser(try stream.next(length, "the NPY header"))
        return try parser.parse()
    }

    /// The header as it stands at the beginning of a file, padded so that the elements begin at a multiple of 64.
    func encoded() throws(TensorError) -> [UInt8] {
        let dimensions =
            shape.dimensions.map(String.init).joined(separator: ", ") + (shape.dimensions.count == 1 ? "," : "")
        let order = isFortranOrder ? "True" : "False"
        let text = "{'descr': '\(try descriptor())', 'fortran_order': \(order), 'shape': (\(dimensions)), }"
        let unpadded = Self.magic.count + 4 + text.utf8.count + 1
        let padding = (64 - unpadded % 64) % 64
        var bytes = Self.magic + [1, 0]
        bytes.append(field: UInt16(text.utf8.count + padding + 1))
        bytes.append(contentsOf: text.utf8)
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }

    private func descriptor() throws(TensorError) -> String {
        switch item {
        case .bytes(let count): return "|S\(count)"
        case .unicode(let count): return "\(isBigEndian ? ">" : "<")U\(count)"
        case .element(let type):
            guard let code = Self.codes.first(where: { $0.value == type })?.key else {
                throw TensorError(
                    .unsupportedType, "NPY has no type for \(type.displayName) elements; convert them to FP32 first")
            }
            return (type.bitWidth == 8 ? "|" : isBigEndian ? ">" : "<") + code
        }
    }

    /// Type codes of NumPy's array interface, without the byte order.
    static let codes: [String: ElementType] = [
        "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16, "u4": .uint32,
        "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64, "c8": .complex64, "c16": .complex128,
    ]
}
