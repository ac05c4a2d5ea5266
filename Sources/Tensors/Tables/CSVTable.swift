/// A CSV file in memory: a header row, then rows of as many fields, held by column.
///
/// Strict (RFC 4180): quotes only around whole fields, rows ended by CRLF or LF, every row as long as the header, UTF-8,
/// column names that differ, no NUL. A byte order mark in front is skipped. A comma at the end of a line begins an empty field.
package struct CSVTable: Sendable {
    /// A column's values, typed by what all of its fields are.
    package enum Values: Sendable, Hashable {
        /// Every field is a whole number that fits.
        case integers([Int64])
        /// Every field is a number; `nan`, `inf` and `Infinity` count, in any case.
        case doubles([Double])
        /// Anything else; an empty field makes a column one of strings.
        case strings(StringElements)
    }

    /// One column.
    package struct Column: Sendable, Hashable {
        /// From the header row, as it stands there.
        package let name: String
        /// One value a row.
        package let values: Values
    }

    /// In the file's order.
    package let columns: [Column]
    /// Rows below the header.
    package let rowCount: Int

    /// Reads a table that is the whole of `bytes`.
    ///
    /// - Parameter limits: `bytes` counts the text and 8 bytes a field; `arrays` the columns.
    /// - Throws: `TensorError.Code.malformedFile` with the line, `.tooLarge` over a limit.
    package static func read(_ bytes: [UInt8], limits: ArrayLimits = ArrayLimits()) throws(TensorError) -> CSVTable {
        try limits.check(bytes: bytes.count)
        let result = bytes.withUnsafeBytes { bytes in
            Result<CSVTable, TensorError> { () throws(TensorError) in try CSVTable(bytes, limits: limits) }
        }
        return try result.get()
    }

    /// Reads the file at `path`.
    ///
    /// - Throws: As above, and `TensorError.Code.io`.
    package static func read(path: String, limits: ArrayLimits = ArrayLimits()) throws(TensorError) -> CSVTable {
        let file = try InputFile(path: path)
        try limits.check(bytes: file.count)
        // A file of holes is long and costs its maker nothing; it is not read whole to be refused.
        try checkText(try file.bytes(at: 0, count: min(file.count, 4096)))
        return try read(try file.bytes(at: 0, count: file.count), limits: limits)
    }

    private static func checkText(_ bytes: some Sequence<UInt8>) throws(TensorError) {
        guard !bytes.contains(0) else {
            throw TensorError(.malformedFile, "the CSV file has zero bytes; expected text")
        }
    }

    private init(_ bytes: UnsafeRawBufferPointer, limits: ArrayLimits) throws(TensorError) {
        try Self.checkText(bytes)
        guard UTF8Sequence.isValid(bytes) else { throw TensorError(.malformedFile, "the CSV file is not UTF-8") }
        var scanner = CSVScanner(bytes)
        let names = try Self.header(&scanner, limits: limits)
        var fields = [StringElements](repeating: StringElements(), count: names.count)
        var rowCount = 0
        var budget = limits.bytes - bytes.count
        while !scanner.isAtEnd {
            budget -= names.count * MemoryLayout<Int>.size
            guard budget >= 0 else {
                throw TensorError(.tooLarge, "line \(scanner.line): the table needs more than \(limits.bytes) bytes")
            }
            try Self.row(&scanner, into: &fields)
            rowCount += 1
        }
        self.rowCount = rowCount
        var columns: [Column] = []
        for (name, fields) in zip(names, fields) { columns.append(Column(name: name, values: Values(fields))) }
        self.columns = columns
    }

    private static func header(_ scanner: inout CSVScanner, limits: ArrayLimits) throws(TensorError) -> [String] {
        guard !scanner.isAtEnd else {
            throw TensorError(.malformedFile, "the CSV file is empty; expected a header row")
        }
        var names: [String] = []
        var seen: Set<String> = []
        var ending = CSVScanner.Ending.comma
        while ending == .comma {
            var field: [UInt8] = []
            ending = try scanner.next(into: &field)
            let name = String(decoding: field, as: UTF8.self)
            guard seen.insert(name).inserted else {
                throw TensorError(.malformedFile, "line 1: two columns are named '\(name)'")
            }
            names.append(name)
            guard names.count <= limits.arrays else {
                throw TensorError(.tooLarge, "line 1: more than \(limits.arrays) columns")
            }
        }
        return names
    }

    private static func row(_ scanner: inout CSVScanner, into fields: inout [StringElements]) throws(TensorError) {
        let line = scanner.line
        var count = 0
        var ending = CSVScanner.Ending.comma
        while ending == .comma, count < fields.count {
            ending = try fields[count].append { (bytes) throws(TensorError) in try scanner.next(into: &bytes) }
            count += 1
        }
        guard ending == .row, count == fields.count else {
            let found = ending == .row ? "\(count)" : "more"
            throw TensorError(.malformedFile, "line \(line): expected \(fields.count) fields, found \(found)")
        }
    }
}

extension CSVTable {
    /// Whether a field of a column of numbers says that there is none: nothing, or what pandas writes and reads for it.
    package static func isMissing(_ field: UnsafeRawBufferPointer) -> Bool {
        let text = Values.trimmed(field)
        guard text.count <= 5 else { return false }
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "", "na", "n/a", "nan", "null", "none", "<na>": return true
        default: return false
        }
    }
}

// MARK: - Types

extension CSVTable.Values {
    /// The fields as the narrowest of integers, doubles and strings that holds them all.
    init(_ fields: StringElements) {
        if let integers = Self.numbers(fields, Self.integer) {
            self = .integers(integers)
        } else if let doubles = Self.numbers(fields, Self.double) {
            self = .doubles(doubles)
        } else {
            self = .strings(fields)
        }
    }

    private static func numbers<Number>(
        _ fields: StringElements, _ parse: (UnsafeRawBufferPointer) -> Number?
    ) -> [Number]? {
        guard fields.count > 0 else { return nil }
        var numbers: [Number] = []
        numbers.reserveCapacity(fields.count)
        for index in 0..<fields.count {
            guard let number = fields[index].withUnsafeBytes(parse) else { return nil }
            numbers.append(number)
        }
        return numbers
    }

    /// A number without point and exponent.
    private static func integer(_ field: UnsafeRawBufferPointer) -> Int64? {
        guard let number = number(field), number.isPlainInteger else { return nil }
        return try? number.integer(as: Int64.self)
    }

    /// The number that a field is: by JSON's grammar, or `nan`, `inf` and `infinity` in any case.
    package static func double(_ field: UnsafeRawBufferPointer) -> Double? {
        if let number = number(field) { return number.double }
        switch String(decoding: trimmed(field), as: UTF8.self).lowercased() {
        case "nan": return .nan
        case "inf", "infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default: return nil
        }
    }

    /// A number by JSON's grammar, which keeps codes such as `007` apart; spaces around it do not matter.
    private static func number(_ field: UnsafeRawBufferPointer) -> DecimalNumber? {
        let field = trimmed(field)
        var cursor = JSONCursor(field, position: 0)
        guard cursor.kind == .number, let number = try? cursor.scanNumber(), cursor.current == nil else { return nil }
        return number
    }

    static func trimmed(_ field: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let first = field.firstIndex(where: { $0 != UInt8(ascii: " ") }),
            let last = field.lastIndex(where: { $0 != UInt8(ascii: " ") })
        else { return UnsafeRawBufferPointer(rebasing: field[0..<0]) }
        return UnsafeRawBufferPointer(rebasing: field[first...last])
    }
}
