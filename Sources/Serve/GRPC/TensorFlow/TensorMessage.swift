import Tensors

/// A tensor as clients of TensorFlow send it: its elements as bytes, or in the field of their type.
///
/// Source: TensorFlow, `tensor.proto`, `tensor_shape.proto` and `types.proto`.
struct TensorMessage {
    private let bytes: UnsafeRawBufferPointer
    private let range: Range<Int>
    private(set) var type: ElementType?
    private(set) var shape: [Int] = []
    /// The elements as they lie in memory.
    private var content: Range<Int>?

    /// - Parameters:
    ///   - bytes: the whole message that it is part of.
    ///   - range: where it is.
    /// - Throws: `RequestFault` for what is not well-formed, has no shape, or is of a type that there is not here.
    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) throws(RequestFault) {
        self.bytes = bytes
        self.range = range
        var reader = ProtoReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 1:
                let code = try reader.uint64(field)
                type = ElementType(tensorFlow: code)
                guard type != nil else {
                    throw RequestFault(.invalidInput, "a tensor's 'dtype' is \(code), which no model here takes")
                }
            case 2: try readShape(try reader.range(field))
            case 4: content = try reader.range(field)
            default: try reader.skip(field)
            }
        }
    }

    private mutating func readShape(_ range: Range<Int>) throws(RequestFault) {
        var reader = ProtoReader(bytes, range)
        while let field = try reader.next() {
            switch field.number {
            case 2:
                guard shape.count < Shape.maximumRank else {
                    throw RequestFault(.invalidInput, "a shape has more than \(Shape.maximumRank) dimensions")
                }
                shape.append(try size(try reader.range(field)))
            case 3:
                guard try !reader.bool(field) else {
                    throw RequestFault(.invalidInput, "a tensor's shape is unknown; a request has to tell it")
                }
            default: try reader.skip(field)
            }
        }
    }

    private func size(_ range: Range<Int>) throws(RequestFault) -> Int {
        var reader = ProtoReader(bytes, range)
        var size = 0
        while let field = try reader.next() {
            if field.number == 1 { size = Int(try reader.int64(field)) } else { try reader.skip(field) }
        }
        return size
    }
}

// MARK: - Elements

extension TensorMessage {
    /// The tensor.
    ///
    /// - Parameters:
    ///   - message: the same bytes, in which a tensor may stay.
    ///   - limit: bytes that a tensor may have whose elements are one value, repeated.
    /// - Throws: `RequestFault` or `TensorError` for too many elements, or bytes that do not fit the shape.
    func tensor(_ type: ElementType, _ shape: Shape, in message: MessageBytes, pool: BufferPool, limit: Int) throws
        -> Tensor
    {
        if type == .string { return try Tensor(shape, strings: try strings(shape, limit: limit)) }
        let needed = try shape.byteCount(of: type)
        if let content, !content.isEmpty {
            guard content.count == needed else {
                throw RequestFault(
                    .invalidInput,
                    "\(type.displayName) \(shape) needs \(needed) bytes, but 'tensor_content' has \(content.count)")
            }
            if let buffer = message.tensorBuffer(content) { return try Tensor(type, shape, buffer: buffer) }
        }
        guard needed <= max(limit, range.count * 8) else {
            throw RequestFault(.invalidInput, "shape \(shape) has more elements than a request may have")
        }
        guard let buffer = pool.buffer(needed) else { throw RequestFault.exhausted }
        let target = UnsafeMutableRawBufferPointer(start: buffer.base, count: needed)
        if let content, !content.isEmpty {
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[content]))
        } else {
            try fill(type, shape.elementCount, target)
        }
        return try Tensor(type, shape, buffer: buffer)
    }

    /// Elements that are left out at the end are like the last that was sent, or zero.
    ///
    /// Source: TensorFlow, `Tensor::FromProto`.
    private func fill(_ type: ElementType, _ count: Int, _ target: UnsafeMutableRawBufferPointer) throws(RequestFault) {
        let width = type.bitWidth / 8
        let number = type.tensorFlowField
        var filled = 0
        var last: UInt64 = 0
        var reader = ProtoReader(bytes, range)
        while let field = try reader.next() {
            guard field.number == number else {
                try reader.skip(field)
                continue
            }
            guard field.kind == .bytes else {
                guard filled < count else { throw Self.tooMany(count) }
                last = try type.tensorFlowValue(&reader, field)
                target.store(last, width, at: filled)
                filled += 1
                continue
            }
            let packed = try reader.range()
            if type == .float32 || type == .float64 {
                guard packed.count % width == 0, packed.count / width <= count - filled else {
                    throw Self.tooMany(count)
                }
                UnsafeMutableRawBufferPointer(rebasing: target[(filled * width)...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[packed]))
                filled += packed.count / width
                if filled > 0 { last = target.load(width, at: filled - 1) }
            } else {
                var values = ProtoReader(bytes, packed)
                while !values.isAtEnd {
                    guard filled < count else { throw Self.tooMany(count) }
                    last = try type.tensorFlowValue(&values, ProtoField(number: number, kind: .varint))
                    target.store(last, width, at: filled)
                    filled += 1
                }
            }
        }
        while filled < count {
            target.store(last, width, at: filled)
            filled += 1
        }
    }

    private func strings(_ shape: Shape, limit: Int) throws(RequestFault) -> StringElements {
        guard content?.isEmpty ?? true else {
            throw RequestFault(.invalidInput, "strings come in 'string_val', not in 'tensor_content'")
        }
        let count = shape.elementCount
        var strings = StringElements()
        var last: Range<Int> = 0..<0
        var reader = ProtoReader(bytes, range)
        while let field = try reader.next() {
            if field.number == 8 {
                guard strings.count < count else { throw Self.tooMany(count) }
                last = try reader.range(field)
                strings.append(UnsafeRawBufferPointer(rebasing: bytes[last]))
            } else {
                try reader.skip(field)
            }
        }
        let (repeated, overflow) = (count - strings.count).multipliedReportingOverflow(by: last.count + 8)
        guard !overflow, repeated <= limit else {
            throw RequestFault(.invalidInput, "shape \(shape) has more elements than a request may have")
        }
        while strings.count < count { strings.append(UnsafeRawBufferPointer(rebasing: bytes[last])) }
        return strings
    }

    private static func tooMany(_ count: Int) -> RequestFault {
        RequestFault(.invalidInput, "the shape has \(count) elements, but the tensor has more values")
    }
}

extension UnsafeMutableRawBufferPointer {
    fileprivate func store(_ bits: UInt64, _ width: Int, at index: Int) {
        switch width {
        case 1: storeBytes(of: UInt8(truncatingIfNeeded: bits), toByteOffset: index, as: UInt8.self)
        case 2: storeBytes(of: UInt16(truncatingIfNeeded: bits), toByteOffset: index * 2, as: UInt16.self)
        case 4: storeBytes(of: UInt32(truncatingIfNeeded: bits), toByteOffset: index * 4, as: UInt32.self)
        default: storeBytes(of: bits, toByteOffset: index * 8, as: UInt64.self)
        }
    }

    fileprivate func load(_ width: Int, at index: Int) -> UInt64 {
        width == 4
            ? UInt64(loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
            : loadUnaligned(fromByteOffset: index * 8, as: UInt64.self)
    }
}

// MARK: - Writing

extension ProtoWriter {
    /// A tensor with its elements in the field of their type, which is where clients look that do not use TensorFlow's own
    /// functions.
    mutating func tensorMessage(_ number: Int, _ tensor: Tensor) {
        message(number) { writer in
            writer.uint64(1, tensor.elementType.tensorFlowCode)
            writer.message(2) { shape in
                for size in tensor.shape.dimensions { shape.message(2) { $0.int64(1, Int64(size)) } }
            }
            writer.elements(tensor)
        }
    }

    private mutating func elements(_ tensor: Tensor) {
        let number = tensor.elementType.tensorFlowField
        switch tensor.elementType {
        case .string:
            guard let strings = tensor.strings else { return }
            for index in 0..<strings.count {
                tag(number, .bytes)
                varint(UInt64(strings[index].count))
                bytes.append(contentsOf: strings[index])
            }
        case .float32, .float64:
            tag(number, .bytes)
            varint(UInt64(tensor.byteCount))
            bytes.append(contentsOf: tensor.bytes)
        case .bool, .uint8: integers(number, tensor, UInt8.self)
        case .int8: integers(number, tensor, Int8.self)
        case .int16: integers(number, tensor, Int16.self)
        case .uint16, .float16, .bfloat16: integers(number, tensor, UInt16.self)
        case .int32: integers(number, tensor, Int32.self)
        case .uint32: integers(number, tensor, UInt32.self)
        case .int64: integers(number, tensor, Int64.self)
        case .uint64: integers(number, tensor, UInt64.self)
        default: break
        }
    }

    private mutating func integers<Element: FixedWidthInteger & BitwiseCopyable>(
        _ number: Int, _ tensor: Tensor, _: Element.Type
    ) {
        let source = tensor.bytes
        message(number) { writer in
            for offset in stride(from: 0, to: source.count, by: MemoryLayout<Element>.stride) {
                let value = source.loadUnaligned(fromByteOffset: offset, as: Element.self)
                writer.varint(UInt64(truncatingIfNeeded: Int64(truncatingIfNeeded: value)))
            }
        }
    }
}
