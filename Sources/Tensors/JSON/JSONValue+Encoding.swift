extension JSONValue {
    /// The value as JSON text.
    ///
    /// - Parameters:
    ///   - pretty: Two spaces of indentation a level and a space after each colon; else no white space at all.
    ///   - sortedKeys: Members by the UTF-8 bytes of their keys, so that equal values give equal bytes.
    package func encoded(pretty: Bool = false, sortedKeys: Bool = false) -> [UInt8] {
        var encoder = JSONValueEncoder(isPretty: pretty, sortsKeys: sortedKeys)
        encoder.append(self, depth: 0)
        return encoder.writer.bytes
    }

    /// The same as `encoded`, as a string.
    package func encodedString(pretty: Bool = false, sortedKeys: Bool = false) -> String {
        String(decoding: encoded(pretty: pretty, sortedKeys: sortedKeys), as: UTF8.self)
    }
}

extension JSONWriter {
    /// Appends a tree without white space.
    package mutating func value(_ value: JSONValue) {
        var encoder = JSONValueEncoder(isPretty: false, sortsKeys: false)
        swap(&encoder.writer, &self)
        encoder.append(value, depth: 0)
        swap(&encoder.writer, &self)
    }
}

private struct JSONValueEncoder {
    let isPretty: Bool
    let sortsKeys: Bool
    var writer = JSONWriter(reserving: 0)

    mutating func append(_ value: JSONValue, depth: Int) {
        switch value {
        case .null: writer.raw("null")
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .number(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            list(elements, open: "[", close: "]", depth: depth) { $0.append($1, depth: depth + 1) }
        case .object(let members):
            let ordered = sortsKeys ? members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) } : members
            list(ordered, open: "{", close: "}", depth: depth) { encoder, member in
                encoder.writer.string(member.key)
                encoder.writer.raw(encoder.isPretty ? ": " : ":")
                encoder.append(member.value, depth: depth + 1)
            }
        }
    }

    private mutating func list<Item>(
        _ items: [Item], open: StaticString, close: StaticString, depth: Int,
        _ append: (inout JSONValueEncoder, Item) -> Void
    ) {
        writer.raw(open)
        for (index, item) in items.enumerated() {
            if index > 0 { writer.raw(",") }
            breakLine(depth: depth + 1)
            append(&self, item)
        }
        if !items.isEmpty { breakLine(depth: depth) }
        writer.raw(close)
    }

    private mutating func breakLine(depth: Int) {
        guard isPretty else { return }
        writer.raw("\n")
        for _ in 0..<depth { writer.raw("  ") }
    }
}
