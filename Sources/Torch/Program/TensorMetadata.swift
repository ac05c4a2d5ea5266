import Tensors

/// Type and sizes of a tensor, as an exported program states them.
struct TensorMetadata {
    var type: ElementType
    var sizes: [Dimension]
    var strides: [Int?]
    var offset: Int?

    /// `nil` when it is of a type that is not carried, or no metadata at all.
    init?(_ json: JSONValue) {
        guard let number = json["dtype"]?.intValue, let type = TorchScalarType.exported(number),
            let sizes = json["sizes"]?.arrayValue, sizes.count <= Shape.maximumRank
        else { return nil }
        self.type = type
        var dimensions: [Dimension] = []
        for size in sizes {
            guard let dimension = Self.dimension(size) else { return nil }
            dimensions.append(dimension)
        }
        self.sizes = dimensions
        strides = (json["strides"]?.arrayValue ?? []).map { $0["as_int"]?.intValue }
        offset = json["storage_offset"]?["as_int"]?.intValue
    }

    /// The largest size of a tensor.
    static let largestSize = 1 << 40

    /// A size: a number, or an expression of names, of which only a name alone is of use.
    static func dimension(_ json: JSONValue) -> Dimension? {
        if let size = json["as_int"]?.intValue { return (0...largestSize).contains(size) ? .fixed(size) : nil }
        guard let text = json["as_expr"]?["expr_str"]?.stringValue else { return nil }
        return symbol(text).map { .symbol($0) } ?? .unknown
    }

    /// The name in `s0`, or in `Symbol('s0', positive=True, integer=True)`.
    private static func symbol(_ text: String) -> String? {
        var name = Substring(text)
        if name.hasPrefix("Symbol('") {
            name = name.dropFirst("Symbol('".count)
            guard let end = name.firstIndex(of: "'"), name[end...].filter({ $0 == "(" }).isEmpty else { return nil }
            name = name[..<end]
        }
        let isName = name.utf8.allSatisfy { byte in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                || byte == UInt8(ascii: "_")
        }
        return isName && !name.isEmpty && name.utf8.count <= 64 ? String(name) : nil
    }
}
