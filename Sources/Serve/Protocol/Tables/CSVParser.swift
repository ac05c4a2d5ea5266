import Tensors

/// Reads a table in CSV, cells straight into pooled memory.
///
/// Source: RFC 4180. Without a `header` parameter in the media type, the first row is a header when none of its fields
/// is a number.
struct CSVParser {
    private let arm: LiveArm
    private let pool: BufferPool
    private let textBytes: Int
    private let hasHeader: Bool?
    private var scanner: CSVScanner
    private var field: [UInt8] = []

    init(_ bytes: UnsafeRawBufferPointer, hasHeader: Bool?, arm: LiveArm, pool: BufferPool) {
        self.arm = arm
        self.pool = pool
        self.hasHeader = hasHeader
        textBytes = bytes.count
        scanner = CSVScanner(bytes)
    }

    /// - Throws: `RequestFault` or `TensorError`.
    mutating func parse() throws -> RowRequest {
        guard scanner.isText else { throw RequestFault(.malformedBody, "the CSV text is not UTF-8") }
        guard !scanner.isAtEnd else { throw RequestFault(.malformedBody, "the request has no body; expected CSV") }
        let first = try firstRow()
        let isHeader = hasHeader ?? first.allSatisfy { !Self.isNumber($0) }
        let layout =
            isHeader
            ? try ColumnLayout(names: first.map { String(decoding: $0, as: UTF8.self) }, arm: arm)
            : try ColumnLayout(count: first.count, arm: arm)
        var elements = try TableElements(layout, arm: arm, pool: pool, textBytes: textBytes)
        if !isHeader {
            for (column, field) in first.enumerated() { try elements.read(text: field, column: column, line: 1) }
            try elements.endRow()
        }
        while !scanner.isAtEnd { try readRow(&elements, layout) }
        return RowRequest(inputs: try elements.tensors(), layout: .rows, rows: elements.rows)
    }

    private mutating func firstRow() throws(TensorError) -> [[UInt8]] {
        var fields: [[UInt8]] = []
        var ending = CSVScanner.Ending.comma
        while ending == .comma {
            var field: [UInt8] = []
            ending = try scanner.next(into: &field)
            fields.append(field)
        }
        return fields
    }

    /// The fields of one row that stands alone.
    static func fields(of row: UnsafeRawBufferPointer) throws -> [[UInt8]] {
        var scanner = CSVScanner(row)
        guard scanner.isText else { throw RequestFault(.malformedBody, "the CSV text is not UTF-8") }
        var fields: [[UInt8]] = []
        var ending = CSVScanner.Ending.comma
        while ending == .comma {
            var field: [UInt8] = []
            ending = try scanner.next(into: &field)
            fields.append(field)
        }
        return fields
    }

    /// Reads all rows, which lie in the middle of a file.
    ///
    /// - Parameters:
    ///   - places: for each column of the file its place in the layout; `nil` for those that are left out.
    ///   - firstLine: the line of the file in which the first row begins.
    mutating func readRows(into elements: inout TableElements, places: [Int?], firstLine: Int) throws {
        guard scanner.isText else {
            throw RequestFault(.malformedBody, "line \(firstLine): the CSV text is not UTF-8")
        }
        while !scanner.isAtEnd {
            let line = firstLine + scanner.line - 1
            var column = 0
            var ending = CSVScanner.Ending.comma
            while ending == .comma {
                field.removeAll(keepingCapacity: true)
                ending = try scanner.next(into: &field)
                if column < places.count, let place = places[column] {
                    try elements.read(text: field, column: place, line: line)
                }
                column += 1
            }
            guard column == places.count else {
                throw RequestFault(.invalidInput, "line \(line): expected \(places.count) fields, found \(column)")
            }
            try elements.endRow()
        }
    }

    private mutating func readRow(_ elements: inout TableElements, _ layout: ColumnLayout) throws {
        let line = scanner.line
        var column = 0
        var ending = CSVScanner.Ending.comma
        while ending == .comma {
            field.removeAll(keepingCapacity: true)
            ending = try scanner.next(into: &field)
            if column < layout.count { try elements.read(text: field, column: column, line: line) }
            column += 1
        }
        guard column == layout.count else {
            throw RequestFault(
                .invalidInput, "line \(line): expected \(layout.count) fields, found \(column)")
        }
        try elements.endRow()
    }

    /// Whether a field is a number, as far as its first characters tell it from a name.
    static func isNumber(_ field: [UInt8]) -> Bool {
        let text = field.drop { $0 == UInt8(ascii: " ") }
        guard let first = text.first else { return true }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        if digits.contains(first) { return true }
        if first == UInt8(ascii: "-") || first == UInt8(ascii: ".") || first == UInt8(ascii: "+") {
            return text.dropFirst().first.map { digits.contains($0) || $0 == UInt8(ascii: ".") } ?? false
        }
        return ASCII.equals(text, "nan") || ASCII.equals(text, "inf") || ASCII.equals(text, "infinity")
    }
}
