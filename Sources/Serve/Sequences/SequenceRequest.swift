/// Which sequence a request belongs to, as its parameters say.
///
/// Source: Triton, sequence extension.
struct SequenceRequest: Hashable, Sendable {
    /// A correlation id.
    enum ID: Hashable, Sendable, CustomStringConvertible {
        case number(UInt64)
        case text(String)

        var description: String {
            switch self {
            case .number(let number): String(number)
            case .text(let text): "'\(text.shortened)'"
            }
        }
    }

    var id: ID
    /// It is the first one.
    var starts = false
    /// It is the last one.
    var ends = false
}

/// The same while its parameters are being read, in any order.
struct SequenceParameters {
    var id: SequenceRequest.ID?
    var starts = false
    var ends = false

    /// Bytes of a text id at most. Source: Triton, sequence extension.
    static let longestID = 128

    /// `0` and `""` stand for no sequence.
    mutating func set(_ id: SequenceRequest.ID) throws(RequestFault) {
        switch id {
        case .number(0): self.id = nil
        case .text(let text) where text.isEmpty: self.id = nil
        case .text(let text) where text.utf8.count > Self.longestID:
            throw RequestFault(.invalidInput, "parameter 'sequence_id' has more than \(Self.longestID) bytes")
        default: self.id = id
        }
    }

    var request: SequenceRequest? { id.map { SequenceRequest(id: $0, starts: starts, ends: ends) } }
}
