import Tensors

/// The values of one feature: bytes, floats or integers.
///
/// Source: TensorFlow, `feature.proto`: `BytesList` (1), `FloatList` (2), `Int64List` (3), each with its values in
/// field 1, packed or not.
struct FeatureValues {
    let bytes: UnsafeRawBufferPointer
    let range: Range<Int>

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        self.range = range
    }

    /// Visits every value; each visitor takes one of the three kinds.
    ///
    /// - Throws: what a visitor throws, and `RequestFault` for what is not well-formed.
    func visit(
        text: (Range<Int>) throws(RequestFault) -> Void, float: (Float) throws(RequestFault) -> Void,
        integer: (Int64) throws(RequestFault) -> Void
    ) throws(RequestFault) {
        var reader = ProtoReader(bytes, range)
        while let field = try reader.next() {
            guard (1...3).contains(field.number) else {
                try reader.skip(field)
                continue
            }
            var list = ProtoReader(bytes, try reader.range(field))
            while let item = try list.next() {
                guard item.number == 1 else {
                    try list.skip(item)
                    continue
                }
                switch (field.number, item.kind) {
                case (1, _): try text(try list.range(item))
                case (2, .fixed32): try float(Float(bitPattern: try list.fixed32()))
                case (2, .bytes):
                    var packed = ProtoReader(bytes, try list.range())
                    while !packed.isAtEnd { try float(Float(bitPattern: try packed.fixed32())) }
                case (3, .bytes):
                    var packed = ProtoReader(bytes, try list.range())
                    while !packed.isAtEnd { try integer(Int64(bitPattern: try packed.varint())) }
                default: try integer(try list.int64(item))
                }
            }
        }
    }

    /// How many there are.
    var count: Int {
        get throws(RequestFault) {
            var count = 0
            try visit(
                text: { _ throws(RequestFault) in count += 1 }, float: { _ throws(RequestFault) in count += 1 },
                integer: { _ throws(RequestFault) in count += 1 })
            return count
        }
    }
}

/// One input's values, example by example.
struct FeatureColumn {
    private let spec: TensorSpec
    private let rows: Int
    /// Values of each example.
    private let width: Int
    private let buffer: TensorBuffer?
    private var strings = StringElements()

    /// - Parameter sample: the values of the first example, which tell how many all have.
    /// - Throws: `RequestFault.Code.outOfMemory`, `.invalidInput` for more values than there can be.
    init(_ spec: TensorSpec, rows: Int, sample: FeatureValues, pool: BufferPool) throws(RequestFault) {
        self.spec = spec
        self.rows = rows
        width = try sample.count
        guard spec.elementType != .string else {
            buffer = nil
            return
        }
        let (count, overflow) = rows.multipliedReportingOverflow(by: width * (spec.elementType.bitWidth / 8))
        guard !overflow, count <= pool.budget else {
            throw RequestFault(.invalidInput, "the examples have more values than fit the server's memory for them")
        }
        guard let memory = pool.buffer(max(count, 1)) else { throw .exhausted }
        buffer = memory
    }

    /// Takes the values of the next example.
    mutating func append(_ values: FeatureValues, row: Int) throws(RequestFault) {
        let (type, name, first, end) = (spec.elementType, spec.name, row * width, (row + 1) * width)
        var place = first
        let target = buffer.map {
            UnsafeMutableRawBufferPointer(start: $0.base, count: rows * width * (type.bitWidth / 8))
        }
        var strings = strings
        self.strings = StringElements()
        try values.visit(
            text: { range throws(RequestFault) in
                guard type == .string else { throw Self.mismatch(row, name, type, "bytes") }
                try Self.check(place, end, row, name)
                strings.append(UnsafeRawBufferPointer(rebasing: values.bytes[range]))
                place += 1
            },
            float: { value throws(RequestFault) in
                try Self.check(place, end, row, name)
                guard let target, target.put(value, as: type, at: place) else {
                    throw Self.mismatch(row, name, type, "floats")
                }
                place += 1
            },
            integer: { value throws(RequestFault) in
                try Self.check(place, end, row, name)
                guard let target, target.put(value, as: type, at: place) else {
                    throw Self.mismatch(row, name, type, "an integer that does not fit")
                }
                place += 1
            })
        self.strings = strings
        guard place == end else {
            throw RequestFault(
                .invalidInput,
                "examples[\(row)] has \(place - first) values of feature '\(name)', the first one has \(width)")
        }
    }

    private static func check(_ place: Int, _ end: Int, _ row: Int, _ name: String) throws(RequestFault) {
        guard place < end else {
            throw RequestFault(
                .invalidInput, "examples[\(row)] has more values of feature '\(name)' than the first one")
        }
    }

    private static func mismatch(_ row: Int, _ name: String, _ type: ElementType, _ found: String) -> RequestFault {
        RequestFault(
            .invalidInput, "examples[\(row)]: feature '\(name)' is \(found), but the model takes \(type.displayName)")
    }

    /// The tensor: features are flat, and take the shape that the model has.
    func tensor() throws -> Tensor {
        let shape = try Shape([rows] + rest)
        if let buffer { return try Tensor(spec.elementType, shape, buffer: buffer) }
        return try Tensor(shape, strings: strings)
    }

    /// The sizes after the first: as declared where they come to as many values, else one dimension of all.
    private var rest: [Int] {
        guard let declared = spec.dimensions, !declared.isEmpty else { return [width] }
        if declared.count == 1, width == 1 { return [] }
        let sizes = declared.dropFirst().map(\.size)
        guard sizes.count(where: { $0 == nil }) <= 1 else { return [width] }
        let known = sizes.compactMap(\.self).reduce(1) { product, size in
            let (result, overflow) = product.multipliedReportingOverflow(by: size)
            return overflow ? 0 : result
        }
        guard known > 0, width % known == 0 else { return [width] }
        return sizes.map { $0 ?? width / known }
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Stores a float as an element; `false` for a type that is not made of floats.
    fileprivate func put(_ value: Float, as type: ElementType, at index: Int) -> Bool {
        switch type {
        case .float32: storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
        case .float64: storeBytes(of: Double(value), toByteOffset: index * 8, as: Double.self)
        default: return false
        }
        return true
    }

    /// Stores an integer as an element; `false` for one that does not fit the type.
    fileprivate func put(_ value: Int64, as type: ElementType, at index: Int) -> Bool {
        func store<Element: FixedWidthInteger & BitwiseCopyable>(_: Element.Type) -> Bool {
            guard let element = Element(exactly: value) else { return false }
            storeBytes(of: element, toByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
            return true
        }
        switch type {
        case .int8: return store(Int8.self)
        case .int16: return store(Int16.self)
        case .int32: return store(Int32.self)
        case .int64: return store(Int64.self)
        case .uint8: return store(UInt8.self)
        case .uint16: return store(UInt16.self)
        case .uint32: return store(UInt32.self)
        case .uint64: return store(UInt64.self)
        case .bool: return (0...1).contains(value) && store(UInt8.self)
        case .float32: return put(Float(value), as: type, at: index)
        case .float64:
            storeBytes(of: Double(value), toByteOffset: index * 8, as: Double.self)
            return true
        default: return false
        }
    }
}
