/// The head of one field on the wire: its number, how it is encoded, and where its tag begins.
///
/// Source: Protocol Buffers, "Encoding", message structure.
package struct WireField: Hashable, Sendable {
    /// How a field's value is laid out. Groups (3 and 4) are refused.
    package enum Kind: UInt8, Hashable, Sendable {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case fixed32 = 5
    }

    package let number: Int
    package let kind: Kind
    /// The offset of the tag's first byte.
    package let start: Int
}
