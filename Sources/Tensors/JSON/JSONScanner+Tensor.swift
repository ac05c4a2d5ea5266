extension JSONScanner {
    /// Reads tensor data straight into typed storage: row-major, nested as the shape is, or one flat array; a single
    /// value may stand alone. Allocates nothing per element.
    ///
    /// `NaN`, `Infinity` and `-Infinity` are accepted, as bare words, for the float types. Booleans may be written as
    /// 0 and 1. Whole numbers may be spelled with a point or exponent as long as their value is whole.
    ///
    /// - Parameters:
    ///   - storage: At least `shape.byteCount(of: type)` bytes; need not be aligned. After an error its contents are not
    ///     defined.
    ///   - takesMissing: whether `null` may stand for NaN.
    /// - Throws: `JSONError.Code.wrongCount` with the expected and found counts, `.outOfRange` naming the element,
    ///   `.unsupportedType` for types the Open Inference Protocol carries in binary form only (FP16, BF16, …).
    package mutating func tensorElements(
        _ type: ElementType, _ shape: Shape, into storage: UnsafeMutableRawBufferPointer,
        takesMissing: Bool = false
    ) throws(JSONError) {
        switch type {
        case .bool: try elements(of: Bool.self, shape, storage)
        case .uint8: try elements(of: UInt8.self, shape, storage)
        case .uint16: try elements(of: UInt16.self, shape, storage)
        case .uint32: try elements(of: UInt32.self, shape, storage)
        case .uint64: try elements(of: UInt64.self, shape, storage)
        case .int8: try elements(of: Int8.self, shape, storage)
        case .int16: try elements(of: Int16.self, shape, storage)
        case .int32: try elements(of: Int32.self, shape, storage)
        case .int64: try elements(of: Int64.self, shape, storage)
        case .float32: try elements(of: Float.self, shape, storage, missing: takesMissing ? .nan : nil)
        case .float64: try elements(of: Double.self, shape, storage, missing: takesMissing ? .nan : nil)
        default:
            throw .notInJSON(type, at: position)
        }
    }

    /// Reads tensor data of strings, nested or flat as in `tensorElements`.
    ///
    /// - Parameter takesMissing: whether `null` may stand for the empty string.
    package mutating func stringElements(
        _ shape: Shape, takesMissing: Bool = false
    ) throws(JSONError) -> StringElements {
        var rows = StringRows(takesMissing: takesMissing)
        let most = (cursor.bytes.count - position) / 3 + 1
        rows.elements.reserve(elements: min(shape.elementCount, most), bytes: 0)
        try read(shape, &rows)
        return rows.elements
    }

    private mutating func elements<Element: JSONElement>(
        of type: Element.Type, _ shape: Shape, _ storage: UnsafeMutableRawBufferPointer, missing: Element? = nil
    ) throws(JSONError) {
        let stride = MemoryLayout<Element>.stride
        guard storage.count / stride >= shape.elementCount else {
            throw JSONError(
                .wrongCount, "\(shape.elementCount) elements do not fit a buffer of \(storage.count) bytes",
                offset: position)
        }
        guard let missing else {
            var rows = TypedRows<Element>(storage: storage)
            return try read(shape, &rows)
        }
        var rows = GappedRows(storage: storage, missing: missing)
        try read(shape, &rows)
    }

    private mutating func read(_ shape: Shape, _ rows: inout some TensorRows) throws(JSONError) {
        cursor.skipWhiteSpace()
        guard cursor.current == UInt8(ascii: "[") else {
            guard shape.elementCount == 1 else {
                throw cursor.unexpected(expected: "an array of \(shape.elementCount) elements")
            }
            return try rows.readRow(&cursor, first: 0, count: 1)
        }
        if isNested(shape) {
            try checkDepth(adding: shape.dimensions.count)
            var first = 0
            try readNested(shape.dimensions[...], &first, &rows)
        } else {
            try checkDepth(adding: 1)
            try readBracketed(first: 0, count: shape.elementCount, &rows) { "shape \(shape)" }
        }
    }

    /// Whether the array that begins here has arrays in it, as far as `shape` allows that. An empty array is nested
    /// when the first dimension is 0, else flat.
    private func isNested(_ shape: Shape) -> Bool {
        guard shape.dimensions.count > 1 else { return false }
        var ahead = cursor
        ahead.position += 1
        ahead.skipWhiteSpace()
        return ahead.current == UInt8(ascii: "[")
    }

    private mutating func readNested(
        _ dimensions: ArraySlice<Int>, _ first: inout Int, _ rows: inout some TensorRows
    ) throws(JSONError) {
        guard let count = dimensions.first, dimensions.count > 1 else {
            let count = dimensions.first ?? 1
            let axis = dimensions.startIndex
            try readBracketed(first: first, count: count, &rows) { "each innermost array (dimension \(axis))" }
            first += count
            return
        }
        guard cursor.consume(UInt8(ascii: "[")) else { throw cursor.unexpected(expected: "an array") }
        for index in 0..<count {
            if index > 0, !cursor.consume(UInt8(ascii: ",")) {
                throw tooFew(expected: count, found: index, in: "dimension \(dimensions.startIndex)")
            }
            cursor.skipWhiteSpace()
            if index == 0, cursor.current == UInt8(ascii: "]") {
                throw tooFew(expected: count, found: 0, in: "dimension \(dimensions.startIndex)")
            }
            try readNested(dimensions.dropFirst(), &first, &rows)
        }
        try close(count, in: "dimension \(dimensions.startIndex)")
    }

    private mutating func readBracketed(
        first: Int, count: Int, _ rows: inout some TensorRows, place: () -> String
    ) throws(JSONError) {
        guard cursor.consume(UInt8(ascii: "[")) else { throw cursor.unexpected(expected: "an array") }
        cursor.skipWhiteSpace()
        if count > 0, cursor.current == UInt8(ascii: "]") { throw tooFew(expected: count, found: 0, in: place()) }
        do throws(JSONError) {
            try rows.readRow(&cursor, first: first, count: count)
        } catch {
            guard error.code == .wrongCount else { throw error }
            throw error.located(in: place())
        }
        try close(count, in: place())
    }

    /// Moves past the closing bracket; when there are more elements, counts them for the message.
    private mutating func close(_ count: Int, in place: @autoclosure () -> String) throws(JSONError) {
        if cursor.consume(UInt8(ascii: "]")) { return }
        let offset = position
        var found = count
        if count == 0 {
            try skip()
            found = 1
        }
        while cursor.consume(UInt8(ascii: ",")) {
            try skip()
            found += 1
        }
        guard cursor.consume(UInt8(ascii: "]")) else { throw cursor.unexpected(expected: "',' or ']'") }
        throw JSONError(.wrongCount, "\(place()): expected \(count) elements, found \(found)", offset: offset)
    }

    private func tooFew(expected: Int, found: Int, in place: String) -> JSONError {
        guard cursor.current == UInt8(ascii: "]") else { return cursor.unexpected(expected: "',' or ']'") }
        return JSONError(.wrongCount, "\(place): expected \(expected) elements, found \(found)", offset: position)
    }
}

/// Where rows of elements go as they are read.
private protocol TensorRows {
    /// Reads `count` elements with commas between them, brackets excluded; `first` is the row-major index of the first.
    mutating func readRow(_ cursor: inout JSONCursor, first: Int, count: Int) throws(JSONError)
}

extension TensorRows {
    /// Moves past the comma before element `index` of a row of `count`.
    @inline(__always)
    fileprivate func readComma(_ cursor: inout JSONCursor, before index: Int, of count: Int) throws(JSONError) {
        guard index > 0 else { return }
        if cursor.consume(UInt8(ascii: ",")) { return }
        throw missingComma(cursor, before: index, of: count)
    }

    @inline(never)
    private func missingComma(_ cursor: JSONCursor, before index: Int, of count: Int) -> JSONError {
        guard cursor.current == UInt8(ascii: "]") else { return cursor.unexpected(expected: "',' or ']'") }
        return JSONError(.wrongCount, "expected \(count) elements, found \(index)", offset: cursor.position)
    }
}

private struct TypedRows<Element: JSONElement>: TensorRows {
    let storage: UnsafeMutableRawBufferPointer

    mutating func readRow(_ cursor: inout JSONCursor, first: Int, count: Int) throws(JSONError) {
        var offset = first * MemoryLayout<Element>.stride
        for index in 0..<count {
            try readComma(&cursor, before: index, of: count)
            cursor.skipWhiteSpace()
            do throws(JSONError) {
                storage.storeBytes(of: try Element.scan(&cursor), toByteOffset: offset, as: Element.self)
            } catch {
                throw error.located(in: "element \(first + index)")
            }
            offset += MemoryLayout<Element>.stride
        }
    }
}

/// Rows in which `null` stands for elements that are missing.
private struct GappedRows<Element: JSONElement>: TensorRows {
    let storage: UnsafeMutableRawBufferPointer
    let missing: Element

    mutating func readRow(_ cursor: inout JSONCursor, first: Int, count: Int) throws(JSONError) {
        for index in 0..<count {
            try readComma(&cursor, before: index, of: count)
            cursor.skipWhiteSpace()
            do throws(JSONError) {
                let value = cursor.consume(word: "null") ? missing : try Element.scan(&cursor)
                let offset = (first + index) * MemoryLayout<Element>.stride
                storage.storeBytes(of: value, toByteOffset: offset, as: Element.self)
            } catch {
                throw error.located(in: "element \(first + index)")
            }
        }
    }
}

private struct StringRows: TensorRows {
    let takesMissing: Bool
    var elements = StringElements()

    mutating func readRow(_ cursor: inout JSONCursor, first: Int, count: Int) throws(JSONError) {
        for index in 0..<count {
            try readComma(&cursor, before: index, of: count)
            cursor.skipWhiteSpace()
            if takesMissing, cursor.consume(word: "null") {
                elements.append([])
                continue
            }
            do throws(JSONError) {
                let token = try cursor.scanString(isElement: true)
                elements.append { cursor.append(token, to: &$0) }
            } catch {
                throw error.located(in: "element \(first + index)")
            }
        }
    }
}

/// An element type that JSON text can be read into.
protocol JSONElement: BitwiseCopyable {
    static func scan(_ cursor: inout JSONCursor) throws(JSONError) -> Self
    /// What stands for an element that is missing; `nil` where the type has nothing for it.
    static var missing: Self? { get }
}

extension JSONElement {
    static var missing: Self? { nil }
}

extension JSONElement where Self: FixedWidthInteger {
    @inline(__always)
    static func scan(_ cursor: inout JSONCursor) throws(JSONError) -> Self { try cursor.scanInteger(as: Self.self) }
}

extension UInt8: JSONElement {}
extension UInt16: JSONElement {}
extension UInt32: JSONElement {}
extension UInt64: JSONElement {}
extension Int8: JSONElement {}
extension Int16: JSONElement {}
extension Int32: JSONElement {}
extension Int64: JSONElement {}

extension Bool: JSONElement {
    static func scan(_ cursor: inout JSONCursor) throws(JSONError) -> Bool {
        guard cursor.kind == .number else { return try cursor.scanBool() }
        let start = cursor.position
        switch try cursor.scanNumber().integerOrNil {
        case 0: return false
        case 1: return true
        default: throw JSONError(.outOfRange, "expected true, false, 0 or 1, found another number", offset: start)
        }
    }
}

extension DecimalNumber {
    fileprivate var integerOrNil: Int64? { try? integer(as: Int64.self) }
}

extension Float: JSONElement {
    static var missing: Float? { .nan }

    @inline(__always)
    static func scan(_ cursor: inout JSONCursor) throws(JSONError) -> Float {
        if let value = cursor.scanShortFloat() { return value }
        let start = cursor.position
        if let special = cursor.scanNonFinite() { return Float(special) }
        guard let value = try cursor.scanNumber().float else { throw JSONError.beyond("FP32", start) }
        return value
    }
}

extension Double: JSONElement {
    static var missing: Double? { .nan }

    @inline(__always)
    static func scan(_ cursor: inout JSONCursor) throws(JSONError) -> Double {
        let start = cursor.position
        if let special = cursor.scanNonFinite() { return special }
        guard let value = try cursor.scanNumber().double else { throw JSONError.beyond("FP64", start) }
        return value
    }
}

extension JSONError {
    @inline(never)
    fileprivate static func beyond(_ type: String, _ offset: Int) -> JSONError {
        JSONError(.outOfRange, "expected a number that \(type) can hold, found one beyond it", offset: offset)
    }
}

extension JSONCursor {
    /// Moves past `NaN`, `Infinity` or `-Infinity` and returns it, or does nothing.
    @inline(__always)
    fileprivate mutating func scanNonFinite() -> Double? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "-") || bytes[position] > UInt8(ascii: "9") else {
            return nil
        }
        let next = position + 1
        if bytes[position] == UInt8(ascii: "-"), next < bytes.count, bytes[next] <= UInt8(ascii: "9") { return nil }
        return scanNonFiniteWord()
    }

    @inline(never)
    private mutating func scanNonFiniteWord() -> Double? {
        if consume(word: "NaN") { return .nan }
        if consume(word: "Infinity") { return .infinity }
        if consume(word: "-Infinity") { return -.infinity }
        return nil
    }
}
