import ModelGraph
import Tensors

/// What a model's file takes once it is packed.
enum PackedSize {
    /// Bytes that are packed at a time.
    private static let piece = 4 << 20

    /// Bytes of the file packed as gzip, in pieces of 4 MB.
    ///
    /// - Throws: `GraphError` over 2 GB.
    static func bytes(of model: Model) throws -> Int {
        var size = 0
        try model.forEachPiece { bytes in
            for start in stride(from: 0, to: bytes.count, by: piece) {
                let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)])
                size += try Packer.pack(part, as: .gzip).count
            }
        }
        return size
    }
}
