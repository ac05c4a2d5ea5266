/// What an element is.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.2.d.
package enum Datatype: Hashable, Sendable {
    case integer(bytes: Int, isSigned: Bool, isBigEndian: Bool)
    /// IEEE 754 of 2, 4 or 8 bytes.
    case float(bytes: Int, isBigEndian: Bool)
    /// Text of a fixed number of bytes.
    case text(bytes: Int)
    /// Text of any length, in a global heap.
    case longText

    private static let classes = [
        "fixed point", "floating point", "time", "string", "bit field", "opaque", "compound", "reference",
        "enumeration",
        "variable length", "array", "complex",
    ]

    /// Bytes of one element in the file.
    var byteCount: Int {
        switch self {
        case .integer(let bytes, _, _), .float(let bytes, _), .text(let bytes): bytes
        case .longText: 16
        }
    }

    /// As `show` names it.
    package var name: String {
        switch self {
        case .integer(let bytes, let isSigned, _): "\(isSigned ? "INT" : "UINT")\(bytes * 8)"
        case .float(let bytes, _): "FP\(bytes * 8)"
        case .text, .longText: "BYTES"
        }
    }

    init(_ body: ByteCursor) throws(HDF5Error) {
        var body = body
        let first = try body.byte()
        let (kind, version) = (Int(first & 0x0F), first >> 4)
        let (low, high) = (try body.byte(), try body.byte())
        try body.skip(1)
        let size = try body.count(4)
        guard (1...3).contains(version) else { throw .unsupported("a datatype of version \(version)") }
        switch kind {
        case 0: self = try Self.integer(&body, size, flags: low)
        case 1: self = try Self.float(&body, size, flags: low, sign: high)
        case 3:
            guard size > 0 else { throw .malformed("a text of no bytes") }
            self = .text(bytes: size)
        case 9 where low & 0x0F == 1:
            guard size == 16 else {
                throw .malformed("a text of variable length whose place has \(size) bytes, not 16")
            }
            self = .longText
        default:
            let name = Self.classes.indices.contains(kind) ? Self.classes[kind] : "\(kind)"
            throw .unsupported("elements of the class '\(name)'; numbers and texts are read")
        }
    }

    private static func integer(_ body: inout ByteCursor, _ size: Int, flags: UInt8) throws(HDF5Error) -> Datatype {
        let (offset, precision) = (try body.count(2), try body.count(2))
        guard [1, 2, 4, 8].contains(size), offset == 0, precision == size * 8 else {
            throw .unsupported("integers of \(precision) bits in \(size) bytes")
        }
        return .integer(bytes: size, isSigned: flags & 0x08 != 0, isBigEndian: flags & 1 != 0)
    }

    private static func float(
        _ body: inout ByteCursor, _ size: Int, flags: UInt8, sign: UInt8
    ) throws(HDF5Error) -> Datatype {
        let (offset, precision) = (try body.count(2), try body.count(2))
        let fields = [Int(try body.byte()), Int(try body.byte()), Int(try body.byte()), Int(try body.byte())]
        let bias = try body.count(4)
        // Exponent's place and size, mantissa's place and size, bias, as IEEE 754 has them.
        let known: [Int: ([Int], Int)] = [
            2: ([10, 5, 0, 10], 15), 4: ([23, 8, 0, 23], 127), 8: ([52, 11, 0, 52], 1023),
        ]
        guard let expected = known[size], offset == 0, precision == size * 8, fields == expected.0, bias == expected.1,
            Int(sign) == size * 8 - 1, flags & 0x40 == 0
        else { throw .unsupported("floating point numbers of \(precision) bits that are not those of IEEE 754") }
        return .float(bytes: size, isBigEndian: flags & 1 != 0)
    }
}

/// How many elements there are.
///
/// Source: specification, IV.A.2.b.
enum Dataspace {
    /// The dimensions; none for a single element.
    ///
    /// - Throws: `HDF5Error` for a space without elements' shape, or sizes that do not exist.
    static func dimensions(_ body: ByteCursor, limits: HDF5Limits) throws(HDF5Error) -> [Int] {
        var body = body
        let (version, rank, _) = (try body.byte(), Int(try body.byte()), try body.byte())
        guard version == 1 || version == 2 else { throw .unsupported("a dataspace of version \(version)") }
        guard rank <= limits.rank else { throw .malformed("\(rank) dimensions; at most \(limits.rank) exist") }
        let kind = version == 2 ? try body.byte() : 1
        if version == 1 { try body.skip(5) }
        guard kind != 2 else { return [0] }
        var dimensions: [Int] = []
        for _ in 0..<rank { dimensions.append(try body.count(8)) }
        return dimensions
    }

    /// The product of sizes with `width`, when it exists.
    static func byteCount(_ dimensions: [Int], width: Int, _ what: String) throws(HDF5Error) -> Int {
        var product = width
        for dimension in dimensions {
            let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw .malformed("\(what) has more elements than fit in 64 bits: \(dimensions)") }
            product = next
        }
        return product
    }
}
