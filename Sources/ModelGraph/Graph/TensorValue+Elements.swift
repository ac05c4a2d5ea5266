package import Tensors

/// Between a file's constant and a tensor in memory.
extension TensorValue {
    /// A constant with the elements of `tensor`, which are not copied.
    package init(_ name: String, _ tensor: Tensor) {
        let dimensions = tensor.shape.dimensions.map(Int64.init)
        switch tensor.storage {
        case .strings(let strings):
            let views = (0..<strings.count).map { ByteView(copying: Array(strings[$0])) }
            self.init(name, tensor.elementType, dimensions, .strings(views))
        case .buffer(let buffer):
            let view = ByteView(buffer, 0..<tensor.byteCount) ?? ByteView(buffer)
            self.init(name, tensor.elementType, dimensions, .raw(view))
        }
    }

    /// The elements in the engine's layout: a view where the file has that layout and alignment, else a copy.
    ///
    /// - Throws: `GraphError` when type, shape and data do not belong together, or the data is in another file.
    package func tensor() throws(GraphError) -> Tensor {
        let place = Place(.initializer(name))
        do throws(LayoutFault) {
            let (type, shape) = try checkedLayout()
            do throws(TensorError) {
                return try tensor(type, shape)
            } catch {
                throw LayoutFault(.badTensorData, error.message)
            }
        } catch {
            throw GraphError(isExternal ? .externalData : .invalidModel, error.message, at: place)
        }
    }

    /// The elements, after the layout was checked.
    private func tensor(_ type: ElementType, _ shape: Shape) throws(TensorError) -> Tensor {
        switch elements {
        case .absent:
            return try Tensor(zeros: type, shape)
        case .external:
            throw TensorError(.io, "the elements are in another file")
        case .strings(let strings):
            var block = StringElements()
            block.reserve(elements: strings.count, bytes: strings.reduce(0) { $0 + $1.count })
            for string in strings { string.withUnsafeBytes { block.append($0) } }
            return try Tensor(shape, strings: block)
        case .raw(let view), .floats(let view), .doubles(let view):
            let aligned = view.isAligned(forBits: type.bitWidth) ? view : ByteView(copying: view.array)
            return try Tensor(type, shape, buffer: aligned.tensorBuffer)
        case .int32s(let view), .int64s(let view), .uint64s(let view):
            return try Tensor(type, shape, buffer: try view.unpackedVarints(type, shape))
        }
    }

    /// The elements of an `INT64` or `INT32` constant, such as a shape; `nil` for anything else.
    package var integers: [Int]? {
        guard let tensor = try? tensor() else { return nil }
        switch tensor.elementType {
        case .int64: return tensor.values(as: Int64.self)?.map { Int($0) }
        case .int32: return tensor.values(as: Int32.self)?.map { Int($0) }
        default: return nil
        }
    }
}

extension ByteView {
    /// Varints as fixed-width elements, of which each keeps the low bits.
    fileprivate func unpackedVarints(_ type: ElementType, _ shape: Shape) throws(TensorError) -> TensorBuffer {
        let needed = try shape.byteCount(of: type)
        let width = max(1, type.bitWidth / 8)
        let result = TensorBuffer(capacity: needed)
        var reader = WireReader(tensorBuffer)
        for offset in stride(from: 0, to: needed, by: width) {
            let value: UInt64
            do {
                value = try reader.varint()
            } catch {
                throw TensorError(.malformedFile, error.message)
            }
            switch width {
            case 1: result.base.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: offset, as: UInt8.self)
            case 2: result.base.storeBytes(of: UInt16(truncatingIfNeeded: value), toByteOffset: offset, as: UInt16.self)
            case 4: result.base.storeBytes(of: UInt32(truncatingIfNeeded: value), toByteOffset: offset, as: UInt32.self)
            default: result.base.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
            }
        }
        return result
    }
}
