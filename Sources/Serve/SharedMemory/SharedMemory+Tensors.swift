import NIOCore
import Tensors

extension SharedMemory {
    /// Copies a tensor out of a part, which has exactly its bytes. Strings lie there as they travel in binary form.
    ///
    /// - Throws: `RequestFault` or `TensorError` for a part of another size, or of no well-formed strings.
    func tensor(_ type: ElementType, _ shape: Shape, _ part: SharedPart, pool: BufferPool) throws -> Tensor {
        if type != .string {
            let needed = try shape.byteCount(of: type)
            guard part.byteCount == needed else {
                throw RequestFault(
                    .invalidInput,
                    "\(type.displayName) \(shape) needs \(needed) bytes, but 'shared_memory_byte_size' is "
                        + "\(part.byteCount)")
            }
        }
        let buffer = try read(part, pool: pool)
        guard type == .string else { return try Tensor(type, shape, buffer: buffer) }
        let bytes = UnsafeRawBufferPointer(start: buffer.base, count: part.byteCount)
        return try Tensor(shape, strings: try BinaryStrings.decode(bytes, count: shape.elementCount, input: "it"))
    }

    /// Copies a tensor to the beginning of a part.
    ///
    /// - Throws: `RequestFault` for a part that is too small.
    func write(_ tensor: Tensor, to part: SharedPart) throws(RequestFault) {
        guard let strings = tensor.strings else { return try write(tensor.bytes, to: part) }
        var bytes = ByteBuffer()
        BinaryStrings.encode(strings, into: &bytes)
        try bytes.withUnsafeReadableBytes { all -> Result<Void, RequestFault> in
            do throws(RequestFault) { return .success(try write(all, to: part)) } catch { return .failure(error) }
        }.get()
    }
}
