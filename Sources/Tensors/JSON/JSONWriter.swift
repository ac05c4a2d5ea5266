/// Writes JSON by appending to bytes: no tree, no escaping of the structure. The caller writes brackets, commas and keys
/// with `raw`, and is responsible for their order.
package struct JSONWriter {
    /// The text so far.
    package var bytes: [UInt8] = []

    /// - Parameter capacity: Bytes to reserve.
    package init(reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Appends text as it stands, such as `{"model_name":`.
    @inline(__always)
    package mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a string in quotes, escaped where the grammar requires it.
    package mutating func string(_ string: String) {
        var string = string
        string.withUTF8 { escaped(UnsafeRawBufferPointer($0)) }
    }

    /// Appends UTF-8 bytes as a string in quotes. The caller has checked that they are well-formed.
    mutating func escaped(_ text: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            bytes.append(contentsOf: text[start..<index])
            escape(byte)
            start = index + 1
        }
        bytes.append(contentsOf: text[start...])
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): raw("\\\"")
        case UInt8(ascii: "\\"): raw("\\\\")
        case UInt8(ascii: "\n"): raw("\\n")
        case UInt8(ascii: "\r"): raw("\\r")
        case UInt8(ascii: "\t"): raw("\\t")
        default:
            raw("\\u00")
            for digit in [byte >> 4, byte & 15] {
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }

    /// Appends `true` or `false`.
    package mutating func bool(_ value: Bool) {
        if value { raw("true") } else { raw("false") }
    }

    /// Appends a whole number.
    package mutating func integer(_ value: Int) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(UInt64(value.magnitude))
    }

    /// Appends a whole number of another type.
    package mutating func integer(_ value: some BinaryInteger) {
        if let value = Int64(exactly: value) {
            if value < 0 { bytes.append(UInt8(ascii: "-")) }
            digits(value.magnitude)
        } else if let value = UInt64(exactly: value) {
            digits(value)
        } else {
            bytes.append(contentsOf: value.description.utf8)
        }
    }

    private mutating func digits(_ value: UInt64) {
        guard value >= 10 else { return bytes.append(UInt8(ascii: "0") + UInt8(value)) }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            var (rest, start) = (value, 20)
            while rest > 0 {
                start -= 1
                buffer[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            bytes.append(contentsOf: buffer[start...])
        }
    }

    /// Appends the shortest number that reads back as the same `Double`; `null` when it is not finite.
    package mutating func double(_ value: Double) {
        if value.isFinite { doubleOrWord(value) } else { raw("null") }
    }

    /// Appends the shortest number that reads back as the same `Float`; `null` when it is not finite.
    package mutating func float(_ value: Float) {
        if value.isFinite { floatOrWord(value) } else { raw("null") }
    }

    /// Appends the shortest number that reads back as the same `Float`, or the bare word for one that is not finite.
    package mutating func floatOrWord(_ value: Float) {
        number { target in DecimalText.with { $0.write(value, to: target) } }
    }

    /// Appends the shortest number that reads back as the same `Double`, or the bare word for one that is not finite.
    package mutating func doubleOrWord(_ value: Double) {
        number { target in DecimalText.with { $0.write(value, to: target) } }
    }

    /// - Parameter write: writes a number where it is told and returns how many bytes that took.
    @inline(__always)
    private mutating func number(_ write: (UnsafeMutablePointer<UInt8>) -> Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: DecimalText.mostBytes) { buffer in
            guard let target = buffer.baseAddress else { return }
            bytes.append(contentsOf: buffer[..<write(target)])
        }
    }
}
