import ModelGraph

/// Messages whose fields are taken one at a time, those that nobody asked for passed over.
extension WireReader {
    /// Calls `body` with each field of a nested message; it answers `false` for one that it did not read.
    mutating func fields(
        of field: WireField, _ body: (WireField, inout WireReader) throws(GraphError) -> Bool
    ) throws(GraphError) {
        guard field.kind == .bytes else { throw failure("field \(field.number) is no message", at: field.start) }
        try nested { reader throws(GraphError) in try reader.fields(body) }
    }

    /// Calls `body` with each field until the innermost message ends.
    mutating func fields(
        _ body: (WireField, inout WireReader) throws(GraphError) -> Bool
    ) throws(GraphError) {
        while let field = try next() {
            if try !body(field, &self) { _ = try skip(field) }
        }
    }

    /// One entry of a map by texts: the key, and what `body` makes of the value's field.
    mutating func entry<Value>(
        _ field: WireField, _ body: (WireField, inout WireReader) throws(GraphError) -> Value
    ) throws(GraphError) -> (key: String, value: Value) {
        var key = ""
        var value: Value?
        try charge(64)
        try fields(of: field) { field, reader throws(GraphError) in
            switch field.number {
            case 1: key = try reader.string(field)
            case 2: value = try body(field, &reader)
            default: return false
            }
            return true
        }
        guard let value else { throw failure("the entry '\(key)' of a map has no value", at: field.start) }
        return (key, value)
    }
}
