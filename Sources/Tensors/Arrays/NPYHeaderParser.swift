/// Parses the one Python literal that NPY headers consist of: a dictionary of `descr`, `fortran_order` and `shape`.
/// Nothing is ever evaluated.
struct NPYHeaderParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// - Throws: `TensorError.Code.malformedFile` for anything but such a dictionary, `.unsupportedType` for elements
    ///   that are not plain numbers, booleans or strings.
    mutating func parse() throws(TensorError) -> NPYHeader {
        var type: (item: NPYHeader.Item, isBigEndian: Bool)?
        var isFortranOrder: Bool?
        var shape: Shape?
        try expect("{")
        while !consume("}") {
            let key = try string()
            try expect(":")
            switch key {
            case "descr" where type == nil: type = try Self.type(descriptor: try descriptor())
            case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
            case "shape" where shape == nil: shape = try Shape(try tuple())
            default: throw fault("expected the keys 'descr', 'fortran_order' and 'shape', once each")
            }
            guard consume(",") else {
                try expect("}")
                break
            }
        }
        skipSpace()
        guard position == bytes.count else { throw fault("expected the end of the header") }
        guard let type, let isFortranOrder, let shape else {
            throw fault("expected the keys 'descr', 'fortran_order' and 'shape'")
        }
        return NPYHeader(
            item: type.item, isBigEndian: type.isBigEndian, isFortranOrder: isFortranOrder, shape: shape)
    }

    private mutating func descriptor() throws(TensorError) -> String {
        skipSpace()
        guard position < bytes.count, bytes[position] != UInt8(ascii: "[") else {
            throw TensorError(
                .unsupportedType, "an NPY file of structured elements; save each field as an array of its own")
        }
        return try string()
    }

    /// The type that a descriptor such as `<f4` stands for.
    private static func type(descriptor: String) throws(TensorError) -> (item: NPYHeader.Item, isBigEndian: Bool) {
        let order = descriptor.first ?? " "
        let code = String(descriptor.dropFirst())
        guard ["<", ">", "|"].contains(order), let kind = code.first else { throw unknown(descriptor) }
        let isBigEndian = order == ">"
        if let element = NPYHeader.codes[code] {
            guard order != "|" || element.bitWidth == 8 else { throw unknown(descriptor) }
            return (.element(element), isBigEndian)
        }
        let size = code.dropFirst()
        let count = size.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(size) : nil
        switch (kind, count) {
        case ("S", .some(let count)): return (.bytes(count), false)
        case ("U", .some(let count)): return (.unicode(count), isBigEndian)
        case ("O", _):
            throw TensorError(
                .unsupportedType,
                "an NPY file of Python objects: it holds a pickle, which is code and never loaded; "
                    + "save the array with a plain type")
        default: throw unknown(descriptor)
        }
    }

    private static func unknown(_ descriptor: String) -> TensorError {
        let shown = descriptor.prefix(16).filter { $0.isASCII && ($0.isLetter || $0.isNumber || "<>|=[]".contains($0)) }
        return TensorError(
            .unsupportedType,
            "NPY element type '\(shown)'; expected booleans, integers, floats, complex numbers or strings")
    }
}

// MARK: - Tokens

extension NPYHeaderParser {
    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    }

    private mutating func consume(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(TensorError) {
        guard consume(character) else { throw fault("expected '\(character)'") }
    }

    private mutating func consume(word: String) -> Bool {
        skipSpace()
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func boolean() throws(TensorError) -> Bool {
        if consume(word: "True") { return true }
        if consume(word: "False") { return false }
        throw fault("expected True or False")
    }

    /// A string in single or double quotes, without escapes.
    private mutating func string() throws(TensorError) -> String {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: "'") || bytes[position] == UInt8(ascii: "\"")
        else {
            throw fault("expected a string")
        }
        let quote = bytes[position]
        let start = position + 1
        guard let end = bytes[start...].firstIndex(of: quote), !bytes[start..<end].contains(UInt8(ascii: "\\")) else {
            throw fault("expected a string without escapes")
        }
        position = end + 1
        return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    /// A tuple of whole numbers; as in Python, one element needs a comma after it.
    private mutating func tuple() throws(TensorError) -> [Int] {
        try expect("(")
        var numbers: [Int] = []
        var endsInComma = true
        while !consume(")") {
            guard endsInComma, numbers.count < Shape.maximumRank else {
                throw fault("expected ',' or ')' and at most \(Shape.maximumRank) dimensions")
            }
            numbers.append(try number())
            endsInComma = consume(",")
        }
        guard numbers.count != 1 || endsInComma else { throw fault("expected a tuple as the shape") }
        return numbers
    }

    /// A whole number; Python 2 wrote some with an `L` at the end.
    private mutating func number() throws(TensorError) -> Int {
        skipSpace()
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        guard let number = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
            throw fault("expected a dimension from 0 to \(Int.max)")
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: "L") { position += 1 }
        return number
    }

    private func fault(_ expected: String) -> TensorError {
        TensorError(.malformedFile, "NPY header, byte \(position): \(expected)")
    }
}
