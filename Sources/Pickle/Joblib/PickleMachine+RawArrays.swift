import Tensors

/// Arrays as joblib writes them: an object that describes the array, and behind the instruction that gives it its state,
/// the elements.
///
/// Source: `joblib/numpy_pickle.py` of joblib 0.10 to 1.6, `NumpyArrayWrapper`.
extension PickleMachine {
    /// What describes an array.
    struct RawArrayWrapper {
        var type: NumPyType
        var shape: [Int]
        var isFortranOrder: Bool
        /// Since joblib 1.2 a byte tells how many bytes of padding follow it.
        var isPadded: Bool
    }

    /// The array's description, where the object is one.
    func rawArrayWrapper(_ object: PickleObject, _ state: PickleID) throws(PickleError) -> RawArrayWrapper? {
        let document = PickleDocument(values: values, root: state, globals: [], version: version, end: 0)
        guard case .global("joblib.numpy_pickle", "NumpyArrayWrapper") = values[Int(object.callable.index)] else {
            return nil
        }
        let view = document.view
        guard let shape = view.entry("shape")?.sizes, let type = view.entry("dtype") else {
            throw PickleError(.malformed, "byte \(position): a joblib array without a shape and a type")
        }
        return RawArrayWrapper(
            type: try NumPyType(type), shape: shape, isFortranOrder: view.entry("order")?.text == "F",
            isPadded: view.entry("numpy_array_alignment_bytes").map { !$0.isNone } ?? false)
    }

    mutating func readRawArray(_ wrapper: RawArrayWrapper) throws(PickleError) -> NumPyArray {
        if case .object = wrapper.type.kind { return try readObjectArray(wrapper) }
        if wrapper.isPadded { _ = try cursor.slice(Int(try cursor.byte())) }
        let shape: Shape
        do {
            shape = try Shape(wrapper.shape)
        } catch {
            throw PickleError(.malformed, "byte \(position): \(error.message)")
        }
        let bytes = try cursor.slice(try NumPyArray.byteCount(shape, wrapper.type))
        return try NumPyArray(
            type: wrapper.type, shape: wrapper.shape, isFortranOrder: wrapper.isFortranOrder, elements: .raw(bytes))
    }

    /// An array of objects is a pickle of its own inside the stream.
    private mutating func readObjectArray(_ wrapper: RawArrayWrapper) throws(PickleError) -> NumPyArray {
        var inner = PickleMachine(cursor.source, at: cursor.position, options: Options(limits: options.limits))
        let document: PickleDocument
        do {
            document = try inner.run()
        } catch {
            globals.merge(inner.globals.uses)
            throw error
        }
        globals.merge(document.globals)
        cursor = inner.cursor
        guard let array = try document.view.array(), case .objects(let objects) = array.elements else {
            throw PickleError(.malformed, "byte \(position): expected an array of objects inside of a joblib file")
        }
        let offset = values.count
        guard offset + document.values.count <= options.limits.values else {
            throw PickleError(.tooLarge, "byte \(position): more than \(options.limits.values) values in one pickle")
        }
        values += document.values.map { $0.moved(by: offset) }
        return try NumPyArray(
            type: array.type, shape: array.shape.dimensions, isFortranOrder: array.isFortranOrder,
            elements: .objects(objects.map { $0.moved(by: offset) }))
    }
}

extension PickleID {
    func moved(by offset: Int) -> PickleID { PickleID(Int(index) + offset) }
}

extension PickleValue {
    /// The value with every place it refers to moved.
    func moved(by offset: Int) -> PickleValue {
        switch self {
        case .list(let items): .list(items.map { $0.moved(by: offset) })
        case .tuple(let items): .tuple(items.map { $0.moved(by: offset) })
        case .set(let items): .set(items.map { $0.moved(by: offset) })
        case .dictionary(let pairs): .dictionary(pairs.map { $0.moved(by: offset) })
        case .persistent(let id): .persistent(id.moved(by: offset))
        case .object(let object): .object(object.moved(by: offset))
        default: self
        }
    }
}

extension PicklePair {
    func moved(by offset: Int) -> PicklePair {
        PicklePair(key: key.moved(by: offset), value: value.moved(by: offset))
    }
}

extension PickleObject {
    func moved(by offset: Int) -> PickleObject {
        PickleObject(
            callable: callable.moved(by: offset), arguments: arguments.moved(by: offset),
            keywords: keywords?.moved(by: offset), states: states.map { $0.moved(by: offset) },
            items: items.map { $0.moved(by: offset) }, pairs: pairs.map { $0.moved(by: offset) }, position: position)
    }
}
