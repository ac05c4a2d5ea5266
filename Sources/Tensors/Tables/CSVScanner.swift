/// Takes CSV text apart (RFC 4180): fields between commas, quotes around fields that need them, rows ended by CRLF or LF.
package struct CSVScanner {
    /// What a field was followed by.
    package enum Ending { case comma, row }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    /// Lines begun so far, for messages; a quoted field may span several.
    package private(set) var line = 1

    /// A scanner at the beginning of `bytes`, which the caller keeps alive.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        // Spreadsheets put a byte order mark in front.
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    }

    /// Whether nothing follows.
    package var isAtEnd: Bool { position == bytes.count }

    /// Whether the text is UTF-8 throughout; fields are not checked one by one.
    package var isText: Bool { UTF8Sequence.isValid(bytes) }

    /// Reads the next field and appends its contents to `field`.
    ///
    /// - Throws: `TensorError.Code.malformedFile` with the line.
    package mutating func next(into field: inout [UInt8]) throws(TensorError) -> Ending {
        if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
            try quoted(into: &field)
        } else {
            let start = position
            while position < bytes.count, !Self.endsField(bytes[position]) { position += 1 }
            field.append(contentsOf: bytes[start..<position])
        }
        return try ending()
    }

    private static func endsField(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            || byte == UInt8(ascii: "\"")
    }

    private mutating func quoted(into field: inout [UInt8]) throws(TensorError) {
        let firstLine = line
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard position < bytes.count, bytes[position] == byte else { return }
                position += 1
            } else if byte == UInt8(ascii: "\n") {
                line += 1
            }
            field.append(byte)
        }
        throw TensorError(.malformedFile, "line \(firstLine): a quoted field is never closed")
    }

    private mutating func ending() throws(TensorError) -> Ending {
        guard position < bytes.count else { return .row }
        switch bytes[position] {
        case UInt8(ascii: ","):
            position += 1
            return .comma
        case UInt8(ascii: "\r") where position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "\n"):
            position += 2
        case UInt8(ascii: "\n"): position += 1
        case UInt8(ascii: "\r"): throw fault("a carriage return without a line feed")
        case UInt8(ascii: "\""): throw fault("a quote in a field that does not begin with one")
        default: throw fault("expected ',' or the end of the line after a quoted field")
        }
        line += 1
        return .row
    }

    private func fault(_ what: String) -> TensorError {
        TensorError(.malformedFile, "line \(line): \(what)")
    }
}
