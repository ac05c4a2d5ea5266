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
    private var paid = 0
    private var strings = StringElements()
    /// The strings of the row that is being read, by column.
    private var row: [[UInt8]] = []

    /// - Parameter memory: where elements of fixed size go; not needed for strings.
    package init(_ type: ElementType, width: Int, memory: (any ChargedMemory)?) {
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

    @inline(__always)
    private mutating func store<Element: JSONElement>(
        _ element: Element.Type, _ cursor: inout JSONCursor, _ column: Int
    ) throws(JSONError) {
        let value = try Element.scan(&cursor)
        let offset = (rowCount * width + column) * MemoryLayout<Element>.stride
        let end = offset + MemoryLayout<Element>.stride
        guard let memory else {
            throw JSONError(.noMemory, "there is no memory for the elements", offset: cursor.position)
        }
        if end > paid { paid = try memory.pay(for: end, at: cursor.position) }
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
