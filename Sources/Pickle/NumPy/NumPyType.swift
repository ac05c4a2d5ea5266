package import Tensors

/// A `numpy.dtype`: what an element is and how its bytes lie.
package struct NumPyType: Hashable, Sendable {
    /// What an element is.
    package indirect enum Kind: Hashable, Sendable {
        case element(ElementType)
        /// This many bytes, padded with NUL.
        case bytes(Int)
        /// This many UTF-32 code units, padded with NUL.
        case unicode(Int)
        /// A Python object.
        case object
        /// Named parts.
        case structure([Field])
    }

    /// A part of a structure.
    package struct Field: Hashable, Sendable {
        package var name: String
        package var type: NumPyType
        /// Where it begins in the structure.
        package var offset: Int
    }

    package var kind: Kind
    package var isBigEndian: Bool
    /// Bytes of one element.
    package var itemSize: Int

    /// Reads the object that pickling a `dtype` leaves: `dtype('f8', False, True)` with a state of
    /// `(version, byte order, subtype, names, fields, item size, alignment, flags)`.
    ///
    /// - Throws: `PickleError.Code.unsupported` for dates and arrays inside of structures; `.malformed`.
    init(_ view: PickleView, depth: Int = 0) throws(PickleError) {
        guard let name = view.className, name.name == "dtype",
            name.module == "numpy" || name.module.hasPrefix("numpy."),
            let code = view.arguments.first?.text, depth < 8
        else { throw PickleError(.malformed, "expected a numpy.dtype, found \(view.kindName)") }
        let state = view.state?.items ?? []
        let order = state.count > 1 ? state[1].text ?? "|" : "|"
        let size = state.count > 5 ? state[5].integer : nil
        isBigEndian = order == ">"
        if state.count > 4, !state[3].isNone, let names = state[3].items {
            let fields = try Self.fields(names, state[4], depth: depth)
            let end = fields.map { $0.offset + $0.type.itemSize }.max() ?? 0
            itemSize = size ?? end
            guard itemSize >= end, itemSize <= 1 << 20 else {
                throw PickleError(.malformed, "a numpy structure of \(itemSize) bytes has a part that ends at \(end)")
            }
            kind = .structure(fields)
            return
        }
        guard state.count < 3 || state[2].isNone else {
            throw PickleError(.unsupported, "a numpy.dtype that is an array itself")
        }
        (kind, itemSize) = try Self.plain(code, size)
    }

    private static func fields(
        _ names: [PickleView], _ table: PickleView, depth: Int
    ) throws(PickleError) -> [Field] {
        guard names.count <= 1000 else { throw PickleError(.tooLarge, "a numpy structure of \(names.count) parts") }
        var fields: [Field] = []
        for name in names {
            guard let name = name.text, let entry = table.entry(name)?.items, entry.count >= 2,
                let offset = entry[1].integer, offset >= 0, offset <= 1 << 20
            else { throw PickleError(.malformed, "a numpy structure names a part that it does not describe") }
            fields.append(Field(name: name, type: try NumPyType(entry[0], depth: depth + 1), offset: offset))
        }
        return fields
    }

    private static let elements: [String: ElementType] = [
        "b1": .bool, "?": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16,
        "u4": .uint32, "u8": .uint64, "f2": .float16, "f4": .float32, "f8": .float64, "c8": .complex64,
        "c16": .complex128,
    ]

    private static func plain(_ code: String, _ size: Int?) throws(PickleError) -> (Kind, Int) {
        let letters = code.drop { "<>|=".contains($0) }
        if let element = elements[String(letters)] { return (.element(element), element.bitWidth / 8) }
        let count = Int(letters.dropFirst()) ?? 0
        guard count >= 0, count <= 1 << 20 else { throw PickleError(.tooLarge, "numpy strings of \(count) characters") }
        switch letters.first {
        case "O": return (.object, 8)
        case "S", "a": return (.bytes(count), count)
        case "U": return (.unicode(count), count * 4)
        default:
            throw PickleError(
                .unsupported, "numpy's element type \(code.quotedName); expected numbers, truth values, text or objects"
            )
        }
    }

    /// Bytes that are swapped as one when the order is not ours.
    var swapUnit: Int {
        switch kind {
        case .element(.complex64): 4
        case .element(.complex128): 8
        case .element(let type): type.bitWidth / 8
        case .unicode: 4
        default: 1
        }
    }
}
