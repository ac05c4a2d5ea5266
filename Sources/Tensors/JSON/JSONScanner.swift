/// Reads JSON by pulling: the caller says what should come next, and gets it or an error. No tree is built.
///
/// Strict (RFC 8259, and narrower): UTF-8 without a byte order mark; duplicate keys, lone surrogates, trailing bytes,
/// nesting over `maximumDepth`, and U+0000 in strings that are no elements of a tensor are refused. Keys are compared
/// as Swift compares strings, so two spellings of one key that are canonically equivalent are duplicates too.
///
/// The caller keeps the bytes alive and unchanged as long as the scanner is used.
package struct JSONScanner {
    /// Arrays and objects that may be open at once.
    package static let maximumDepth = 64

    /// One open array or object.
    private struct Frame {
        var isObject: Bool
        var isFirst = true
        /// Where this object's keys begin in `keys`.
        var firstKey: Int
        /// Whether the keys have become too many to search one by one: then the last of `keySets` has them all.
        var hasKeySet = false
    }

    var cursor: JSONCursor
    private var frames: [Frame] = []
    /// Keys seen in every open object, outer objects first.
    private var keys: [JSONKey] = []
    /// The keys of every open object that has many, outer objects first.
    private var keySets: [Set<String>] = []

    /// A scanner at the value that begins at byte `offset`; white space may precede it.
    package init(_ bytes: UnsafeRawBufferPointer, offset: Int = 0) {
        cursor = JSONCursor(bytes, position: offset)
        // What a request needs, so that nothing grows step by step.
        frames.reserveCapacity(8)
        keys.reserveCapacity(16)
    }

    /// Bytes read so far. After `nextKey` or `nextElement`, a scanner begun here reads that member or element.
    package var position: Int { cursor.position }

    /// The kind of the next value, without reading it.
    package mutating func peek() throws(JSONError) -> JSONKind {
        cursor.skipWhiteSpace()
        guard let kind = cursor.kind else { throw cursor.unexpected(expected: "a value") }
        return kind
    }

    /// Enters an object; `nextKey` follows until it returns `nil`.
    package mutating func beginObject() throws(JSONError) {
        guard cursor.consume(UInt8(ascii: "{")) else { throw cursor.unexpected(expected: "an object") }
        try push(Frame(isObject: true, firstKey: keys.count))
    }

    /// Enters an array; `nextElement` follows until it returns `false`.
    package mutating func beginArray() throws(JSONError) {
        guard cursor.consume(UInt8(ascii: "[")) else { throw cursor.unexpected(expected: "an array") }
        try push(Frame(isObject: false, firstKey: keys.count))
    }

    private mutating func push(_ frame: Frame) throws(JSONError) {
        try checkDepth(adding: 1)
        frames.append(frame)
    }

    /// - Throws: `JSONError.Code.tooDeep` when `levels` more would be too many.
    func checkDepth(adding levels: Int) throws(JSONError) {
        guard frames.count + levels <= Self.maximumDepth else {
            throw JSONError(
                .tooDeep, "arrays and objects are nested deeper than \(Self.maximumDepth)", offset: position)
        }
    }

    /// The next member's key, its value then being next; `nil` at the end of the object, which is left.
    ///
    /// - Throws: `JSONError.Code.duplicateKey` when the object had that key already.
    package mutating func nextKey() throws(JSONError) -> String? {
        try nextMember()?.text
    }

    /// As `nextKey`, with the key as it stands in the text: to be compared with names without becoming a string.
    package mutating func nextMember() throws(JSONError) -> JSONKey? {
        guard try advance(isObject: true, close: UInt8(ascii: "}")) else { return nil }
        cursor.skipWhiteSpace()
        let start = position
        guard cursor.current == UInt8(ascii: "\"") else { throw cursor.unexpected(expected: "a key in quotes") }
        let key = JSONKey(cursor.bytes, try cursor.scanString())
        guard remember(key) else {
            throw JSONError(.duplicateKey, "an object has the same key twice", offset: start)
        }
        guard cursor.consume(UInt8(ascii: ":")) else { throw cursor.unexpected(expected: "':' after a key") }
        return key
    }

    /// Whether there is another element, which is then next; `false` at the end of the array, which is left.
    package mutating func nextElement() throws(JSONError) -> Bool {
        try advance(isObject: false, close: UInt8(ascii: "]"))
    }

    /// Moves to the next member or element of the innermost container, or out of it.
    private mutating func advance(isObject: Bool, close: UInt8) throws(JSONError) -> Bool {
        guard let top = frames.indices.last, frames[top].isObject == isObject else {
            throw JSONError(.wrongKind, "no \(isObject ? "object" : "array") is open here", offset: position)
        }
        if cursor.consume(close) {
            while keys.count > frames[top].firstKey { keys.removeLast() }
            if frames[top].hasKeySet { keySets.removeLast() }
            frames.removeLast()
            return false
        }
        if frames[top].isFirst {
            frames[top].isFirst = false
        } else if !cursor.consume(UInt8(ascii: ",")) {
            throw cursor.unexpected(expected: isObject ? "',' or '}'" : "',' or ']'")
        } else {
            cursor.skipWhiteSpace()
            if cursor.current == close { throw cursor.unexpected(expected: isObject ? "a key in quotes" : "a value") }
        }
        return true
    }

    /// Adds a key to those of the innermost object; `false` when it is there already.
    private mutating func remember(_ key: JSONKey) -> Bool {
        let top = frames.count - 1
        if frames[top].hasKeySet {
            return keySets[keySets.count - 1].insert(key.text).inserted
        }
        for index in frames[top].firstKey..<keys.count where keys[index] == key { return false }
        keys.append(key)
        if keys.count - frames[top].firstKey > Self.mostKeysSearched {
            keySets.append(Set(keys[frames[top].firstKey...].map(\.text)))
            frames[top].hasKeySet = true
        }
        return true
    }

    /// Keys of an object that are searched one by one.
    private static let mostKeysSearched = 16

    /// Reads past one value of any kind, checking it as strictly as if it were used.
    package mutating func skip() throws(JSONError) {
        switch try peek() {
        case .object:
            try beginObject()
            while try nextKey() != nil { try skip() }
        case .array:
            try beginArray()
            while try nextElement() { try skip() }
        case .string: _ = try cursor.scanString()
        case .number: _ = try cursor.scanNumber()
        case .bool: _ = try bool()
        case .null: try null()
        }
    }

    /// Checks that the text ends here: nothing is open, and only white space follows.
    package mutating func finish() throws(JSONError) {
        guard frames.isEmpty else {
            throw JSONError(.malformed, "the text ends inside an array or object", offset: position)
        }
        cursor.skipWhiteSpace()
        guard cursor.current == nil else {
            throw JSONError(
                .malformed, "expected the end of the text, found \(cursor.bytes.count - position) more bytes",
                offset: position)
        }
    }
}

// MARK: - Single values

extension JSONScanner {
    /// A string, escapes replaced.
    package mutating func string() throws(JSONError) -> String {
        cursor.skipWhiteSpace()
        return cursor.text(of: try cursor.scanString())
    }

    /// `true` or `false`.
    package mutating func bool() throws(JSONError) -> Bool {
        cursor.skipWhiteSpace()
        return try cursor.scanBool()
    }

    /// `null`.
    package mutating func null() throws(JSONError) {
        cursor.skipWhiteSpace()
        guard cursor.consume(word: "null") else { throw cursor.unexpected(expected: "null") }
    }

    /// A whole number, however it is spelled.
    ///
    /// - Throws: `JSONError.Code.outOfRange` for a fraction, or beyond `Int`.
    package mutating func int() throws(JSONError) -> Int {
        cursor.skipWhiteSpace()
        return try cursor.scanInteger(as: Int.self)
    }

    /// A whole number that is not negative, however it is spelled.
    ///
    /// - Throws: `JSONError.Code.outOfRange` for a fraction, or beyond `UInt64`.
    package mutating func uint64() throws(JSONError) -> UInt64 {
        cursor.skipWhiteSpace()
        return try cursor.scanInteger(as: UInt64.self)
    }

    /// The `Double` nearest to the number written.
    ///
    /// - Throws: `JSONError.Code.outOfRange` when it is beyond `Double`.
    package mutating func double() throws(JSONError) -> Double {
        cursor.skipWhiteSpace()
        let start = position
        guard let value = try cursor.scanNumber().double else {
            throw JSONError(.outOfRange, "expected a number that FP64 can hold, found one beyond it", offset: start)
        }
        return value
    }
}

extension JSONCursor {
    @inline(__always)
    mutating func scanBool() throws(JSONError) -> Bool {
        if consume(word: "true") { return true }
        if consume(word: "false") { return false }
        throw unexpected(expected: "true or false")
    }

    @inline(__always)
    mutating func scanInteger<T: FixedWidthInteger>(as type: T.Type) throws(JSONError) -> T {
        let start = position
        let number = try scanNumber()
        do throws(DecimalNumber.IntegerFault) {
            return try number.integer(as: T.self)
        } catch {
            throw Self.integerError(error, T.self, start)
        }
    }

    @inline(never)
    private static func integerError<T: FixedWidthInteger>(
        _ fault: DecimalNumber.IntegerFault, _ type: T.Type, _ offset: Int
    ) -> JSONError {
        let found = fault == .fraction ? "one with a fraction" : "one out of range"
        return JSONError(
            .outOfRange, "expected a whole number from \(T.min) to \(T.max), found \(found)", offset: offset)
    }
}
