package import Tensors

extension TensorBuffer {
    /// The pieces of a file, one behind the other in memory.
    ///
    /// - Parameter pieces: hands over the pieces to what it is given.
    fileprivate static func gathering(
        _ byteCount: Int, _ pieces: ((UnsafeRawBufferPointer) -> Void) -> Void
    ) -> TensorBuffer {
        let buffer = TensorBuffer(capacity: byteCount)
        var done = 0
        pieces { piece in
            guard let base = piece.baseAddress, done + piece.count <= buffer.capacity else { return }
            (buffer.base + done).copyMemory(from: base, byteCount: piece.count)
            done += piece.count
        }
        return buffer
    }
}

extension LiteConversion {
    /// The whole file in memory.
    package var buffer: TensorBuffer { .gathering(byteCount) { forEachPiece($0) } }
}

extension SavedModelWriting {
    /// The whole file in memory.
    package var buffer: TensorBuffer { .gathering(byteCount) { forEachPiece($0) } }
}
