/// One tensor's elements, read cell by cell from the rows of a table: every row has the same columns, in any order.
///
/// Cells are JSON values or text. Elements go straight into memory, which is paid for as it fills.
package struct CellElements {
    /// The type of every element.
    package let type: ElementType
    /// Elements of a row.
    package let width: Int
    /// Rows that are complete.
    package private(set) var rowCount = 0

    /// `nil` for strings.
    private let memory: (any ChargedMemory)?
    /// Whether cells may be missing: NaN, or empty strings.
    private let takesMissing: Bool
    private var paid = 0
    private var strings = StringElements()
    /// The strings of the row that is being read, by column.
    private var row: [[UInt8]] = []

    /// - Parameters:
    ///   - memory: where elements of fixed size go; not needed for strings.
    ///   - takesMissing: whether cells of floats and strings may be missing: `null` in JSON, in text nothing or a word for
    ///     it. What stands for them is NaN, or the empty string. `true` and `false` are then numbers as well.
    package init(_ type: ElementType, width: Int, memory: (any ChargedMemory)?, takesMissing: Bool = false) {
        self.takesMissing = takesMissing
        self.type = type
        self.width = width
        self.memory = memory
        if type == .string { row = [[UInt8]](repeating: [], count: width) }
    }

    /// Reads the next JSON value into a column of the current row.
    ///
    /// - Throws: `JSONError` as `NestedElements.read` does.
    /// - Precondition: `column` is below `width`.
    package mutating func read(_ scanner: inout JSONScanner, column: Int) throws(JSONError) {
        scanner.cursor.skipWhiteSpace()
        try read(&scanner.cursor, column: column)
    }

    /// Reads a cell's text into a column of the current row: a number by JSON's grammar, `nan`, `inf` or `infinity` in any
    /// case, `true` or `false` in any case, or a string as it stands. Spaces around numbers do not matter.
    ///
    /// - Throws: `JSONError` whose offset counts from the beginning of the cell.
    /// - Precondition: `column` is below `width`.
    package mutating func read(text: UnsafeRawBufferPointer, column: Int) throws(JSONError) {
        if type == .string {
            row[column] = Array(text)
            return
        }
        let text = CSVTable.Values.trimmed(text)
        if takesMissing, CSVTable.isMissing(text) { return try readMissing(column: column) }
        guard !text.isEmpty else { throw JSONError(.wrongKind, "the cell is empty", offset: 0) }
        if let word = Self.canonicalWord(text) {
            var cursor = JSONCursor(
                UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount), position: 0)
            return try read(&cursor, column: column)
        }
        var cursor = JSONCursor(text, position: 0)
        try read(&cursor, column: column)
        cursor.skipWhiteSpace()
        guard cursor.current == nil else { throw cursor.unexpected(expected: "the end of the cell") }
    }

    /// Takes a column of the current row as missing.
    ///
    /// - Throws: `JSONError.Code.wrongKind` for types that have nothing for it.
    /// - Precondition: `column` is below `width`.
    package mutating func readMissing(column: Int) throws(JSONError) {
        switch type {
        case .string: row[column].removeAll(keepingCapacity: true)
        case .float32: try store(Float.nan, column, 0)
        case .float64: try store(Double.nan, column, 0)
        default: throw JSONError(.wrongKind, "the cell is missing, and \(type.displayName) has none such", offset: 0)
        }
    }

    /// Ends a row whose every column was read.
    package mutating func endRow() {
        rowCount += 1
        guard type == .string else { return }
        for column in row.indices { strings.append(row[column]) }
    }

    /// Everything read, as one tensor.
    ///
    /// - Throws: `TensorError.Code.sizeMismatch` when the shape has another number of elements.
    package func tensor(_ shape: Shape) throws(TensorError) -> Tensor {
        if type == .string { return try Tensor(shape, strings: strings) }
        guard shape.elementCount == rowCount * width else {
            throw TensorError(
                .sizeMismatch, "shape \(shape) does not have the \(rowCount * width) elements that were read")
        }
        let buffer =
            memory.map { TensorBuffer(borrowing: $0.base, capacity: $0.capacity, owner: $0) }
            ?? TensorBuffer(capacity: 0)
        return try Tensor(type, shape, buffer: buffer)
    }

    private mutating func read(_ cursor: inout JSONCursor, column: Int) throws(JSONError) {
        if takesMissing, try readWord(&cursor, column) { return }
        switch type {
        case .bool: try store(Bool.self, &cursor, column)
        case .uint8: try store(UInt8.self, &cursor, column)
        case .uint16: try store(UInt16.self, &cursor, column)
        case .uint32: try store(UInt32.self, &cursor, column)
        case .uint64: try store(UInt64.self, &cursor, column)
        case .int8: try store(Int8.self, &cursor, column)
        case .int16: try store(Int16.self, &cursor, column)
        case .int32: try store(Int32.self, &cursor, column)
        case .int64: try store(Int64.self, &cursor, column)
        case .float32: try store(Float.self, &cursor, column)
        case .float64: try store(Double.self, &cursor, column)
        case .string:
            let token = try cursor.scanString()
            row[column].removeAll(keepingCapacity: true)
            cursor.append(token, to: &row[column])
        default: throw .notInJSON(type, at: cursor.position)
        }
    }

    /// Reads `null`, and truths as numbers.
    private mutating func readWord(_ cursor: inout JSONCursor, _ column: Int) throws(JSONError) -> Bool {
        switch (cursor.kind, type) {
        case (.null?, .float32), (.null?, .float64), (.null?, .string):
            guard cursor.consume(word: "null") else { return false }
            try readMissing(column: column)
        case (.bool?, .float32): try store(try cursor.scanBool() ? Float(1) : 0, column, cursor.position)
        case (.bool?, .float64): try store(try cursor.scanBool() ? 1.0 : 0, column, cursor.position)
        default: return false
        }
        return true
    }

    @inline(__always)
    private mutating func store<Element: JSONElement>(
        _ element: Element.Type, _ cursor: inout JSONCursor, _ column: Int
    ) throws(JSONError) {
        try store(try Element.scan(&cursor), column, cursor.position)
    }

    /// - Parameter position: where it was read, for messages.
    @inline(__always)
    private mutating func store<Element: JSONElement>(
        _ value: Element, _ column: Int, _ position: Int
    ) throws(JSONError) {
        let offset = (rowCount * width + column) * MemoryLayout<Element>.stride
        let end = offset + MemoryLayout<Element>.stride
        guard let memory else {
            throw JSONError(.noMemory, "there is no memory for the elements", offset: position)
        }
        if end > paid { paid = try memory.pay(for: end, at: position) }
        (memory.base + offset).storeBytes(of: value, as: Element.self)
    }

    /// Words that tables write for what JSON has another word for, or none.
    private static func canonicalWord(_ text: UnsafeRawBufferPointer) -> StaticString? {
        guard text.count <= 9, text.last.map({ $0 | 0x20 >= UInt8(ascii: "a") }) == true else { return nil }
        return switch String(decoding: text, as: UTF8.self).lowercased() {
        case "nan": "NaN"
        case "inf", "infinity": "Infinity"
        case "-inf", "-infinity": "-Infinity"
        case "true": "true"
        case "false": "false"
        default: nil
        }
    }
}
