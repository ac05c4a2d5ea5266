/// The place of a request in a trace of others. Source: W3C Trace Context, section 3.2.
package struct TraceContext: Hashable, Sendable {
    /// The two halves of the trace's id, not both 0.
    package var trace: (UInt64, UInt64) { (high, low) }
    private let high: UInt64
    private let low: UInt64
    /// The span that caused the request; 0 where the trace begins here.
    package let parent: UInt64
    /// Whether the one who asks records it.
    package let isSampled: Bool

    package init(trace: (UInt64, UInt64), parent: UInt64, isSampled: Bool) {
        (high, low) = trace
        self.parent = parent
        self.isSampled = isSampled
    }

    /// Reads the header `traceparent`.
    ///
    /// - Returns: `nil` for one that is to be ignored: of another shape, of version `ff`, or with an id of zeros.
    package init?(_ text: UnsafeRawBufferPointer) {
        guard text.count >= Self.length, let version = Self.number(text, 0..<2), version != 0xFF,
            // What follows the flags, of a later version, begins with a hyphen.
            text.count == Self.length || (version != 0 && text[Self.length] == UInt8(ascii: "-")),
            text[2] == UInt8(ascii: "-"), text[35] == UInt8(ascii: "-"), text[52] == UInt8(ascii: "-"),
            let high = Self.number(text, 3..<19), let low = Self.number(text, 19..<35), high != 0 || low != 0,
            let parent = Self.number(text, 36..<52), parent != 0, let flags = Self.number(text, 53..<55)
        else { return nil }
        self.init(trace: (high, low), parent: parent, isSampled: flags & 1 == 1)
    }

    /// The same of a text.
    package init?(text: String) {
        var text = text
        guard let context = text.withUTF8({ TraceContext(UnsafeRawBufferPointer($0)) }) else { return nil }
        self = context
    }

    private static let length = 55

    /// Lowercase hexadecimal digits, at most 16.
    private static func number(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        for index in range {
            let digit = text[index]
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return value
    }

    /// A number of 64 bits as 16 lowercase hexadecimal digits.
    package static func digits(_ value: UInt64) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    package static func == (left: TraceContext, right: TraceContext) -> Bool {
        left.high == right.high && left.low == right.low && left.parent == right.parent
            && left.isSampled == right.isSampled
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(high)
        hasher.combine(low)
    }
}
