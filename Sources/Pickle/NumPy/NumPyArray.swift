package import Tensors

/// A NumPy array as a pickle or joblib holds it.
package struct NumPyArray: Sendable {
    /// Where the elements are.
    package enum Elements: Sendable {
        /// As they lie in memory, in the array's own order.
        case raw(PickleBytes)
        /// One value each.
        case objects([PickleID])
    }

    package let type: NumPyType
    package let shape: Shape
    package let isFortranOrder: Bool
    package let elements: Elements

    /// - Throws: `PickleError.Code.malformed` when type, shape and bytes do not fit each other.
    init(
        type: NumPyType, shape: [Int], isFortranOrder: Bool, elements: Elements
    ) throws(PickleError) {
        do {
            self.shape = try Shape(shape)
        } catch {
            throw PickleError(.malformed, "a numpy array: \(error.message)")
        }
        self.type = type
        self.isFortranOrder = isFortranOrder
        self.elements = elements
        switch elements {
        case .raw(let bytes):
            let needed = try Self.byteCount(self.shape, type)
            guard needed == bytes.count else {
                throw PickleError(
                    .malformed,
                    "a numpy array of shape \(self.shape) and \(type.itemSize)-byte elements has \(bytes.count) bytes")
            }
        case .objects(let objects):
            guard objects.count == self.shape.elementCount else {
                throw PickleError(.malformed, "a numpy array of shape \(self.shape) has \(objects.count) objects")
            }
        }
    }

    static func byteCount(_ shape: Shape, _ type: NumPyType) throws(PickleError) -> Int {
        let (count, overflow) = shape.elementCount.multipliedReportingOverflow(by: type.itemSize)
        guard !overflow else { throw PickleError(.malformed, "a numpy array of shape \(shape) is beyond any memory") }
        return count
    }

    /// The bytes of every element, or of one field of every element, little-endian and in row-major order.
    private func packed(_ type: NumPyType, offset: Int, _ bytes: PickleBytes) -> [UInt8] {
        let (size, stride, count) = (type.itemSize, self.type.itemSize, shape.elementCount)
        let places = isFortranOrder && shape.dimensions.count > 1 ? rowMajorPlaces() : nil
        var result = [UInt8](repeating: 0, count: count * size)
        bytes.withUnsafeBytes { source in
            result.withUnsafeMutableBytes { target in
                for element in 0..<count {
                    let start = (places?[element] ?? element) * stride + offset
                    UnsafeMutableRawBufferPointer(rebasing: target[(element * size)..<((element + 1) * size)])
                        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<(start + size)]))
                }
            }
        }
        if type.isBigEndian { Self.swap(&result, unit: type.swapUnit) }
        return result
    }

    private static func swap(_ bytes: inout [UInt8], unit: Int) {
        guard unit > 1 else { return }
        for start in stride(from: 0, to: bytes.count - unit + 1, by: unit) { bytes[start..<(start + unit)].reverse() }
    }

    /// Where each element, in row-major order, lies in column-major order.
    private func rowMajorPlaces() -> [Int] {
        let dimensions = shape.dimensions
        var strides: [Int] = []
        var stride = 1
        for dimension in dimensions {
            strides.append(stride)
            stride *= dimension
        }
        return (0..<shape.elementCount).map { element in
            var (rest, place) = (element, 0)
            for axis in dimensions.indices.reversed() {
                place += rest % dimensions[axis] * strides[axis]
                rest /= dimensions[axis]
            }
            return place
        }
    }

    /// A tensor of the elements: numbers, truth values or text.
    ///
    /// - Throws: `PickleError.Code.unsupported` for objects and structures.
    func tensor() throws(PickleError) -> Tensor {
        guard case .raw(let bytes) = elements else { throw PickleError(.unsupported, "a numpy array of objects") }
        return try Self.tensor(type, shape, packed(type, offset: 0, bytes))
    }

    /// A tensor of one field of a structured array.
    package func field(_ name: String) throws(PickleError) -> Tensor? {
        guard case .structure(let fields) = type.kind, case .raw(let bytes) = elements,
            let field = fields.first(where: { $0.name == name })
        else { return nil }
        return try Self.tensor(field.type, shape, packed(field.type, offset: field.offset, bytes))
    }

    private static func tensor(
        _ type: NumPyType, _ shape: Shape, _ bytes: [UInt8]
    ) throws(PickleError) -> Tensor {
        do {
            switch type.kind {
            case .element(let element):
                let buffer = TensorBuffer(capacity: bytes.count)
                bytes.withUnsafeBytes { buffer.mutableBytes.copyMemory(from: $0) }
                return try Tensor(element, shape, buffer: buffer)
            case .bytes, .unicode: return try Tensor(shape, strings: try strings(type, shape.elementCount, bytes))
            case .object, .structure: throw PickleError(.unsupported, "a numpy array of objects or structures")
            }
        } catch let error as PickleError {
            throw error
        } catch {
            throw PickleError(.malformed, "a numpy array: \(error)")
        }
    }

    private static func strings(
        _ type: NumPyType, _ count: Int, _ bytes: [UInt8]
    ) throws(PickleError) -> StringElements {
        var elements = StringElements()
        for element in 0..<count {
            let item = bytes[(element * type.itemSize)..<((element + 1) * type.itemSize)]
            guard case .unicode(let units) = type.kind else {
                elements.append(item[..<((item.lastIndex { $0 != 0 } ?? item.startIndex - 1) + 1)])
                continue
            }
            var scalars = String.UnicodeScalarView()
            for unit in 0..<units {
                let start = item.startIndex + unit * 4
                let value = item[start..<(start + 4)].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                guard let scalar = Unicode.Scalar(value) else {
                    throw PickleError(.malformed, "a numpy array of text has a value that is no character")
                }
                scalars.append(scalar)
            }
            while scalars.last == "\0" { scalars.removeLast() }
            elements.append(String(scalars).utf8)
        }
        return elements
    }
}

extension Tensor {
    /// The elements as 64-bit floats, where they are numbers.
    package var reals: [Double]? {
        switch elementType {
        case .float64: values(as: Double.self)
        case .float32: values(as: Float.self)?.map(Double.init)
        case .float16: values(as: Float16.self)?.map(Double.init)
        default: wholeNumbers?.map(Double.init)
        }
    }

    /// The elements as whole numbers, where they are; `nil` also where one does not fit.
    package var wholeNumbers: [Int]? {
        switch elementType {
        case .int64: values(as: Int.self)
        case .int32: values(as: Int32.self)?.map(Int.init)
        case .int16: values(as: Int16.self)?.map(Int.init)
        case .int8: values(as: Int8.self)?.map(Int.init)
        case .uint8, .bool: values(as: UInt8.self)?.map(Int.init)
        case .uint16: values(as: UInt16.self)?.map(Int.init)
        case .uint32: values(as: UInt32.self)?.map(Int.init)
        case .uint64:
            values(as: UInt64.self)?.reduce(into: [Int]?.some([])) { result, value in
                if let value = Int(exactly: value) { result?.append(value) } else { result = nil }
            }
        default: nil
        }
    }
}
