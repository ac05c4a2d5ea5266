import Tensors

/// A value of a FlatBuffer before it has a place in the file.
///
/// Source: FlatBuffers' `internals` document. Structs are left out: the schema of LiteRT has none.
indirect enum FlatValue {
    case table([FlatField])
    case text(String)
    case integers([Int32])
    case longs([Int64])
    case floats([Float])
    /// A short vector of bytes, aligned to 16.
    case bytes([UInt8])
    /// A vector of tables, or of texts.
    case values([FlatValue])
    /// A vector of bytes that are not copied, at the end of the file, aligned to 16.
    case data(Tensor)
}

/// One field of a table that is present.
struct FlatField {
    /// What a field holds: a number in the table itself, or a place elsewhere.
    enum Content {
        case byte(UInt8)
        case integer(Int32)
        case float(Float)
        case reference(FlatValue)
    }

    /// The field's number in the schema, from 0.
    let slot: Int
    var content: Content

    init(_ slot: Int, _ content: Content) {
        self.slot = slot
        self.content = content
    }

    static func byte(_ slot: Int, _ value: Int) -> FlatField {
        FlatField(slot, .byte(UInt8(truncatingIfNeeded: value)))
    }

    static func flag(_ slot: Int, _ value: Bool) -> FlatField { FlatField(slot, .byte(value ? 1 : 0)) }

    static func integer(_ slot: Int, _ value: Int) -> FlatField {
        FlatField(slot, .integer(Int32(truncatingIfNeeded: value)))
    }

    static func float(_ slot: Int, _ value: Float) -> FlatField { FlatField(slot, .float(value)) }

    static func reference(_ slot: Int, _ value: FlatValue) -> FlatField { FlatField(slot, .reference(value)) }

    /// Bytes in the table; each is aligned to as many.
    var width: Int { if case .byte = content { 1 } else { 4 } }
}
