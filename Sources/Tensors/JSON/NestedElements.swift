/// One tensor's elements, read from JSON values whose nesting says the shape: `[[1, 2], [3, 4]]` is of shape `[2, 2]`.
///
/// Several values may be read one after another, the rows of a batch; each must be nested as the first was. Elements go
/// straight into memory, which is paid for as it fills; nothing is allocated per element or row. What each element may
/// look like is as in `JSONScanner.tensorElements`; strings may also be written as `{"b64": "…"}`, base64 of their bytes.
package struct NestedElements {
    /// The type of every element.
    package let type: ElementType
    /// Values read so far.
    package private(set) var valueCount = 0

    /// What is known of every value's nesting.
    private var nesting = Nesting()
    /// `nil` for strings.
    private let memory: (any ChargedMemory)?
    /// Whether `null` may stand for NaN, and for the empty string.
    private let takesMissing: Bool
    /// Bytes that are written and paid for.
    private var (filled, paid) = (0, 0)
    private var strings = StringElements()

    /// - Parameters:
    ///   - memory: where elements of fixed size go; not needed for strings.
    ///   - takesMissing: whether `null` may stand for NaN, and for the empty string.
    package init(_ type: ElementType, memory: (any ChargedMemory)?, takesMissing: Bool = false) {
        self.takesMissing = takesMissing
        self.type = type
        self.memory = memory
    }

    /// The shape of each value; `nil` before the first.
    package var dimensions: [Int]? { valueCount > 0 ? nesting.sizes : nil }

    /// Elements read so far.
    package var elementCount: Int { type == .string ? strings.count : filled * 8 / max(type.bitWidth, 1) }

    /// Reads the next value.
    ///
    /// - Throws: `JSONError.Code.wrongCount` for values that are ragged or nested otherwise than the first, with the
    ///   place, `.outOfRange` and `.wrongKind` for elements that the type cannot hold, `.unsupportedType` for types that
    ///   JSON does not carry, `.noMemory`. The elements are not defined after an error.
    package mutating func read(_ scanner: inout JSONScanner) throws(JSONError) {
        switch type {
        case .bool: try read(Bool.self, &scanner)
        case .uint8: try read(UInt8.self, &scanner)
        case .uint16: try read(UInt16.self, &scanner)
        case .uint32: try read(UInt32.self, &scanner)
        case .uint64: try read(UInt64.self, &scanner)
        case .int8: try read(Int8.self, &scanner)
        case .int16: try read(Int16.self, &scanner)
        case .int32: try read(Int32.self, &scanner)
        case .int64: try read(Int64.self, &scanner)
        case .float32: try read(Float.self, &scanner)
        case .float64: try read(Double.self, &scanner)
        case .string: try readStrings(&scanner)
        default: throw .notInJSON(type, at: scanner.position)
        }
        valueCount += 1
    }

    /// Takes the next value as missing.
    ///
    /// - Throws: as `read` does.
    package mutating func readMissing() throws(JSONError) {
        let null: StaticString = "null"
        var scanner = JSONScanner(UnsafeRawBufferPointer(start: null.utf8Start, count: null.utf8CodeUnitCount))
        try read(&scanner)
    }

    /// Everything read, as one tensor.
    ///
    /// - Throws: `TensorError.Code.sizeMismatch` when the shape has another number of elements.
    package func tensor(_ shape: Shape) throws(TensorError) -> Tensor {
        if type == .string { return try Tensor(shape, strings: strings) }
        guard shape.elementCount == elementCount else {
            throw TensorError(.sizeMismatch, "shape \(shape) does not have the \(elementCount) elements that were read")
        }
        let buffer =
            memory.map { TensorBuffer(borrowing: $0.base, capacity: $0.capacity, owner: $0) }
            ?? TensorBuffer(capacity: 0)
        return try Tensor(type, shape, buffer: buffer)
    }

    private mutating func read<Element: JSONElement>(
        _ element: Element.Type, _ scanner: inout JSONScanner
    ) throws(JSONError) {
        guard let memory else {
            throw JSONError(.noMemory, "there is no memory for the elements", offset: scanner.position)
        }
        var sink = TypedSink<Element>(
            memory: memory, base: memory.base, missing: takesMissing ? Element.missing : nil, filled: filled, paid: paid
        )
        try nesting.read(&scanner, into: &sink)
        (filled, paid) = (sink.filled, sink.paid)
    }

    private mutating func readStrings(_ scanner: inout JSONScanner) throws(JSONError) {
        var sink = StringSink(takesMissing: takesMissing)
        swap(&sink.strings, &strings)
        defer { swap(&sink.strings, &strings) }
        try nesting.read(&scanner, into: &sink)
    }
}

extension JSONError {
    static func notInJSON(_ type: ElementType, at offset: Int) -> JSONError {
        JSONError(
            .unsupportedType, "\(type.displayName) elements cannot be sent as JSON; send them as binary data",
            offset: offset)
    }
}

// MARK: - Nesting

/// How values are nested: the sizes of the first, which the others must have.
private struct Nesting {
    /// One for each level that was entered; the innermost last.
    var sizes: [Int] = []
    /// Whether all levels are known.
    private var isSettled = false
    /// Where the reader is, for messages.
    private var path: [Int] = []

    mutating func read(_ scanner: inout JSONScanner, into sink: inout some ElementSink) throws(JSONError) {
        let isFirst = !isSettled
        scanner.cursor.skipWhiteSpace()
        guard scanner.cursor.current == UInt8(ascii: "[") else {
            guard isFirst || sizes.isEmpty else { throw scanner.cursor.unexpected(expected: "an array, as before") }
            isSettled = true
            return try sink.element(&scanner.cursor)
        }
        path.removeAll(keepingCapacity: true)
        try array(&scanner, &sink)
    }

    /// Reads the array that begins here, at the level that `path` is at.
    private mutating func array(_ scanner: inout JSONScanner, _ sink: inout some ElementSink) throws(JSONError) {
        let level = path.count
        let start = scanner.position
        guard !isSettled || level < sizes.count else {
            throw fault(.wrongCount, "expected a single value, found an array", at: start)
        }
        try scanner.checkDepth(adding: level + 1)
        let isFirst = level == sizes.count
        if isFirst { sizes.append(0) }
        scanner.cursor.position += 1
        let count = try elements(&scanner, &sink)
        if isFirst {
            sizes[level] = count
        } else if sizes[level] != count {
            throw fault(.wrongCount, "expected \(sizes[level]) elements, as in the first, found \(count)", at: start)
        }
    }

    /// Reads what is in an array, the closing bracket included, and counts it.
    private mutating func elements(
        _ scanner: inout JSONScanner, _ sink: inout some ElementSink
    ) throws(JSONError) -> Int {
        let level = path.count
        scanner.cursor.skipWhiteSpace()
        switch scanner.cursor.current {
        case UInt8(ascii: "]"):
            scanner.cursor.position += 1
            isSettled = true
            return 0
        case UInt8(ascii: "["): return try arrays(&scanner, &sink)
        default:
            guard !isSettled || level + 1 == sizes.count else {
                throw fault(.wrongCount, "expected an array, as in the first", at: scanner.position)
            }
            isSettled = true
            return try row(&scanner.cursor, &sink)
        }
    }

    private mutating func arrays(
        _ scanner: inout JSONScanner, _ sink: inout some ElementSink
    ) throws(JSONError) -> Int {
        var count = 0
        path.append(0)
        repeat {
            path[path.count - 1] = count
            scanner.cursor.skipWhiteSpace()
            guard scanner.cursor.current == UInt8(ascii: "[") else {
                throw located(scanner.cursor.unexpected(expected: "an array, as in the first"))
            }
            try array(&scanner, &sink)
            count += 1
        } while scanner.cursor.consume(UInt8(ascii: ","))
        path.removeLast()
        guard scanner.cursor.consume(UInt8(ascii: "]")) else {
            throw located(scanner.cursor.unexpected(expected: "',' or ']'"))
        }
        return count
    }

    private func row(_ cursor: inout JSONCursor, _ sink: inout some ElementSink) throws(JSONError) -> Int {
        var count = 0
        do throws(JSONError) {
            try sink.row(&cursor, &count)
            guard cursor.consume(UInt8(ascii: "]")) else { throw cursor.unexpected(expected: "',' or ']'") }
        } catch {
            throw error.located(in: Self.text(path + [count]))
        }
        return count
    }

    @inline(never)
    private func fault(_ code: JSONError.Code, _ message: String, at offset: Int) -> JSONError {
        located(JSONError(code, message, offset: offset))
    }

    private func located(_ error: JSONError) -> JSONError { path.isEmpty ? error : error.located(in: Self.text(path)) }

    private static func text(_ path: [Int]) -> String { "at \(path.map { "[\($0)]" }.joined())" }
}

// MARK: - Where elements go

/// Takes elements in the order in which they are written.
private protocol ElementSink {
    /// Reads one element.
    mutating func element(_ cursor: inout JSONCursor) throws(JSONError)
    /// Reads elements with commas between them, brackets excluded, and counts them.
    mutating func row(_ cursor: inout JSONCursor, _ count: inout Int) throws(JSONError)
}

private struct TypedSink<Element: JSONElement>: ElementSink {
    let memory: any ChargedMemory
    let base: UnsafeMutableRawPointer
    /// What stands for `null`; `nil` where that is no value.
    let missing: Element?
    var filled: Int
    var paid: Int

    mutating func element(_ cursor: inout JSONCursor) throws(JSONError) {
        cursor.skipWhiteSpace()
        if let missing, cursor.consume(word: "null") { return try store(missing, &cursor) }
        try present(&cursor)
    }

    @inline(__always)
    private mutating func present(_ cursor: inout JSONCursor) throws(JSONError) {
        cursor.skipWhiteSpace()
        try store(try Element.scan(&cursor), &cursor)
    }

    @inline(__always)
    private mutating func store(_ value: Element, _ cursor: inout JSONCursor) throws(JSONError) {
        let end = filled + MemoryLayout<Element>.stride
        if end > paid { paid = try memory.pay(for: end, at: cursor.position) }
        (base + filled).storeBytes(of: value, as: Element.self)
        filled = end
    }

    mutating func row(_ cursor: inout JSONCursor, _ count: inout Int) throws(JSONError) {
        guard missing == nil else {
            repeat {
                try element(&cursor)
                count += 1
            } while cursor.consume(UInt8(ascii: ","))
            return
        }
        repeat {
            try present(&cursor)
            count += 1
        } while cursor.consume(UInt8(ascii: ","))
    }
}

private struct StringSink: ElementSink {
    let takesMissing: Bool
    var strings = StringElements()

    mutating func element(_ cursor: inout JSONCursor) throws(JSONError) {
        cursor.skipWhiteSpace()
        if takesMissing, cursor.consume(word: "null") { return strings.append([]) }
        if cursor.current == UInt8(ascii: "{") { return try bytes(&cursor) }
        let token = try cursor.scanString(isElement: true)
        strings.append { cursor.append(token, to: &$0) }
    }

    mutating func row(_ cursor: inout JSONCursor, _ count: inout Int) throws(JSONError) {
        repeat {
            try element(&cursor)
            count += 1
        } while cursor.consume(UInt8(ascii: ","))
    }

    /// `{"b64": "…"}`. Source: TensorFlow Serving, RESTful API, "Encoding binary values".
    private mutating func bytes(_ cursor: inout JSONCursor) throws(JSONError) {
        let start = cursor.position
        cursor.position += 1
        cursor.skipWhiteSpace()
        guard cursor.current == UInt8(ascii: "\""), cursor.text(of: try cursor.scanString()) == "b64",
            cursor.consume(UInt8(ascii: ":"))
        else {
            throw JSONError(.wrongKind, "expected a string or {\"b64\": \"…\"}, found an object", offset: start)
        }
        cursor.skipWhiteSpace()
        let token = try cursor.scanString()
        guard cursor.consume(UInt8(ascii: "}")) else { throw cursor.unexpected(expected: "'}' after the base64 text") }
        var text: [UInt8] = []
        if token.hasEscapes { cursor.append(token, to: &text) }
        let isDecoded = strings.append { bytes in
            token.hasEscapes
                ? text.withUnsafeBytes { Base64.decode($0, into: &bytes) }
                : Base64.decode(UnsafeRawBufferPointer(rebasing: cursor.bytes[token.range]), into: &bytes)
        }
        guard isDecoded else { throw JSONError(.malformed, "'b64' is not base64", offset: start) }
    }
}
