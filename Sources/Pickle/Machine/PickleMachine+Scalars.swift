import Tensors

/// Numbers, text and bytes.
extension PickleMachine {
    mutating func number(_ opcode: Opcode) throws(PickleError) -> PickleValue {
        switch opcode {
        case .newTrue: return .bool(true)
        case .newFalse: return .bool(false)
        case .int: return try decimalInteger(try cursor.line(), allowsBooleans: true)
        case .long: return try decimalInteger(try cursor.line(), allowsBooleans: false)
        case .binInt: return .integer(Int(Int32(truncatingIfNeeded: try cursor.number(bytes: 4))))
        case .binInt1: return .integer(Int(try cursor.byte()))
        case .binInt2: return .integer(try cursor.number(bytes: 2))
        case .long1: return try integer(try cursor.slice(Int(try cursor.byte())))
        case .long4: return try integer(try cursor.slice(try cursor.number(bytes: 4)))
        case .float: return .real(try decimalReal(try cursor.line()))
        case .binFloat:
            let bits = try cursor.slice(8).withUnsafeBytes { $0.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } }
            return .real(Double(bitPattern: bits))
        default: return .none
        }
    }

    /// Two's complement, little-endian.
    private func integer(_ bytes: PickleBytes) throws(PickleError) -> PickleValue {
        guard bytes.count <= options.limits.integerBytes else {
            throw PickleError(
                .tooLarge,
                "byte \(position): an integer of \(bytes.count) bytes; at most \(options.limits.integerBytes) are accepted"
            )
        }
        guard bytes.count <= 8 else { return .longInteger(bytes) }
        let value = bytes.withUnsafeBytes { raw -> Int in
            let isNegative = (raw.last ?? 0) & 0x80 != 0
            return raw.reversed().reduce(isNegative ? -1 : 0) { $0 << 8 | Int($1) }
        }
        return .integer(value)
    }

    private func decimalInteger(_ line: PickleBytes, allowsBooleans: Bool) throws(PickleError) -> PickleValue {
        if allowsBooleans, line.count == 2, line.starts(with: Array("01".utf8)) { return .bool(true) }
        if allowsBooleans, line.count == 2, line.starts(with: Array("00".utf8)) { return .bool(false) }
        var text = line.text.trimmedSpaces
        if text.hasSuffix("L") { text.removeLast() }
        text.removeAll { $0 == "_" }
        if let value = Int(text) { return .integer(value) }
        // Other bases, and numbers beyond 64 bits: Python reads them, nothing of ours needs them.
        return .longInteger(line)
    }

    private func decimalReal(_ line: PickleBytes) throws(PickleError) -> Double {
        let text = line.text.trimmedSpaces.lowercased()
        guard let value = Double(text) else {
            throw PickleError(.malformed, "byte \(position): expected a number, found \(text.quotedName)")
        }
        return value
    }

    mutating func text(_ opcode: Opcode) throws(PickleError) -> String {
        switch opcode {
        case .string: return try quoted(try cursor.line())
        case .binString: return try cursor.slice(try cursor.number(bytes: 4)).text
        case .shortBinString, .shortBinUnicode: return try cursor.slice(Int(try cursor.byte())).text
        case .unicode: return Self.rawUnicode(try cursor.line())
        case .binUnicode: return try cursor.slice(try cursor.number(bytes: 4)).text
        default: return try cursor.slice(try cursor.number(bytes: 8)).text
        }
    }

    /// A string as Python's `repr` writes it; escapes that stand for characters are read, others stay.
    private func quoted(_ line: PickleBytes) throws(PickleError) -> String {
        let bytes = Array(line.text.trimmedSpaces.utf8)
        guard bytes.count >= 2, let quote = bytes.first, quote == bytes.last, quote == 0x22 || quote == 0x27 else {
            throw PickleError(.malformed, "byte \(position): expected a string between quotes")
        }
        return String(decoding: Escapes.bytes(bytes[1..<(bytes.count - 1)]), as: UTF8.self)
    }

    /// Text with `\uXXXX` and `\UXXXXXXXX` for characters (Python's `raw-unicode-escape`), else Latin-1.
    private static func rawUnicode(_ line: PickleBytes) -> String {
        let bytes = line.array
        var scalars = String.UnicodeScalarView()
        var place = 0
        while place < bytes.count {
            let length =
                bytes[place] == 0x5C && place + 1 < bytes.count
                ? (bytes[place + 1] == 0x75 ? 4 : bytes[place + 1] == 0x55 ? 8 : 0) : 0
            if length > 0, let scalar = Escapes.scalar(bytes[(place + 2)...].prefix(length), length) {
                scalars.append(scalar)
                place += 2 + length
            } else {
                scalars.append(Unicode.Scalar(bytes[place]))
                place += 1
            }
        }
        return String(scalars)
    }

    mutating func bytes(_ opcode: Opcode) throws(PickleError) -> PickleBytes {
        switch opcode {
        case .shortBinBytes: return try cursor.slice(Int(try cursor.byte()))
        case .binBytes: return try cursor.slice(try cursor.number(bytes: 4))
        default: return try cursor.slice(try cursor.number(bytes: 8))
        }
    }
}

/// Backslashes and what follows them.
enum Escapes {
    /// Python's escapes of byte strings.
    static func bytes(_ source: ArraySlice<UInt8>) -> [UInt8] {
        let single: [UInt8: UInt8] = [
            0x5C: 0x5C, 0x27: 0x27, 0x22: 0x22, 0x61: 7, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9, 0x76: 11,
        ]
        var result: [UInt8] = []
        var place = source.startIndex
        while place < source.endIndex {
            let next = place + 1
            guard source[place] == 0x5C, next < source.endIndex else {
                result.append(source[place])
                place += 1
                continue
            }
            if let plain = single[source[next]] {
                result.append(plain)
                place += 2
            } else if source[next] == 0x78, let value = scalar(source[(next + 1)...].prefix(2), 2) {
                result.append(UInt8(truncatingIfNeeded: value.value))
                place += 4
            } else {
                result.append(source[place])
                place += 1
            }
        }
        return result
    }

    /// The character with this number, of so many hexadecimal digits.
    static func scalar(_ digits: ArraySlice<UInt8>, _ length: Int) -> Unicode.Scalar? {
        guard digits.count == length, digits.allSatisfy({ $0 < 0x80 }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { return nil }
        return Unicode.Scalar(value)
    }
}
