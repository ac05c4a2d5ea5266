package import Tensors

/// NumPy's arrays and scalars, as they stand in a pickle.
extension PickleView {
    private static let modules = [
        "numpy", "numpy.core.multiarray", "numpy._core.multiarray", "numpy.core.numeric", "numpy._core.numeric",
    ]

    /// The array that is there; `nil` for anything else.
    ///
    /// - Throws: `PickleError` for an array that contradicts itself, or of a type that is not read.
    package func array() throws(PickleError) -> NumPyArray? {
        if case .array(let array) = value { return array }
        guard let name = className, Self.modules.contains(name.module) else { return nil }
        switch name.name {
        case "_reconstruct": return try reconstructed()
        case "_frombuffer": return try fromBuffer()
        case "scalar": return try scalarArray()
        default: return nil
        }
    }

    /// A tensor of the numbers or the text of an array; `nil` for anything that is no array.
    package func tensor() throws(PickleError) -> Tensor? { try array()?.tensor() }

    /// The elements of an array of objects, or of text, or of a list: one view or text each.
    package func texts() throws(PickleError) -> [String]? {
        if let array = try array() {
            if case .objects(let objects) = array.elements {
                let texts = objects.compactMap { view($0).text }
                return texts.count == objects.count ? texts : nil
            }
            guard case .bytes = array.type.kind else {
                guard case .unicode = array.type.kind else { return nil }
                return try array.tensor().strings?.decoded
            }
            return try array.tensor().strings?.decoded
        }
        guard let items else { return nil }
        let texts = items.compactMap(\.text)
        return texts.count == items.count ? texts : nil
    }

    /// The elements of an array of objects, or of a list.
    package func objects() throws(PickleError) -> [PickleView]? {
        if let array = try array() {
            guard case .objects(let objects) = array.elements else { return nil }
            return objects.map(view)
        }
        return items
    }

    /// A NumPy scalar.
    var scalar: Tensor? {
        guard let name = className, name.name == "scalar", Self.modules.contains(name.module) else { return nil }
        return try? scalarArray()?.tensor()
    }

    /// `scalar(dtype, bytes)`.
    private func scalarArray() throws(PickleError) -> NumPyArray? {
        guard arguments.count == 2, case .bytes(let bytes) = try arguments[1].rawBytes() else { return nil }
        return try NumPyArray(
            type: try NumPyType(arguments[0]), shape: [], isFortranOrder: false, elements: .raw(bytes))
    }

    /// `_reconstruct(ndarray, (0,), b'b')` with a state of `(version, shape, dtype, is_fortran, elements)`.
    private func reconstructed() throws(PickleError) -> NumPyArray? {
        guard let parts = state?.items, parts.count == 5, let shape = parts[1].sizes else {
            throw PickleError(.malformed, "a numpy array without a state of five parts")
        }
        let type = try NumPyType(parts[2])
        let isFortran = parts[3].bool ?? false
        if case .list(let objects) = parts[4].value {
            return try NumPyArray(type: type, shape: shape, isFortranOrder: isFortran, elements: .objects(objects))
        }
        guard case .bytes(let bytes) = try parts[4].rawBytes() else {
            throw PickleError(.unsupported, "a numpy array whose elements are \(parts[4].kindName)")
        }
        return try NumPyArray(type: type, shape: shape, isFortranOrder: isFortran, elements: .raw(bytes))
    }

    /// `_frombuffer(buffer, dtype, shape, order)`, as protocol 5 writes arrays.
    private func fromBuffer() throws(PickleError) -> NumPyArray? {
        guard arguments.count == 4, let shape = arguments[2].sizes else {
            throw PickleError(.malformed, "a numpy array from a buffer without a type, a shape and an order")
        }
        guard case .bytes(let bytes) = try arguments[0].rawBytes() else {
            throw PickleError(
                .unsupported, "a numpy array whose elements are \(arguments[0].kindName)",
                help: "save it without a buffer_callback, so that the file holds all of it")
        }
        return try NumPyArray(
            type: try NumPyType(arguments[1]), shape: shape, isFortranOrder: arguments[3].text == "F",
            elements: .raw(bytes))
    }

    /// Sizes of a shape: a tuple, or one number.
    var sizes: [Int]? {
        if let size = integer { return [size] }
        guard let items else { return nil }
        let sizes = items.compactMap(\.integer)
        return sizes.count == items.count ? sizes : nil
    }

    /// Bytes, also as protocols 0 to 2 write them: text that is to be encoded as Latin-1.
    func rawBytes() throws(PickleError) -> PickleValue {
        switch value {
        case .bytes: return value
        case .text(let text): return .bytes(PickleBytes(copying: try Self.latin1(text)))
        case .object:
            guard let name = className else { return value }
            switch (name.module, name.name) {
            case ("_codecs", "encode"):
                guard let text = arguments.first?.text else { return value }
                return .bytes(PickleBytes(copying: try Self.latin1(text)))
            case ("builtins", "bytes"), ("__builtin__", "bytes"), ("builtins", "bytearray"),
                ("__builtin__", "bytearray"):
                guard let first = arguments.first else { return .bytes(PickleBytes(copying: [])) }
                // Bytes of text in Latin-1, or of bytes; nothing deeper is ever written.
                guard case .text(let text) = first.value else { return first.value }
                return .bytes(PickleBytes(copying: try Self.latin1(text)))
            default: return value
            }
        default: return value
        }
    }

    private static func latin1(_ text: String) throws(PickleError) -> [UInt8] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else {
                throw PickleError(.malformed, "bytes that are kept as text have a character beyond Latin-1")
            }
            bytes.append(byte)
        }
        return bytes
    }
}
