import Tensors

/// A TFLite file that the library has read, with its bytes, which the library refers to.
///
/// `@unchecked Sendable`: the handle never changes, is only read from, and is released once, in `deinit`.
final class LiteRTModel: @unchecked Sendable {
    let handle: LiteRTLibrary.ModelHandle
    private let library: LiteRTLibrary
    private let bytes: TensorBuffer

    /// - Throws: `EngineError.Code.modelRejected`.
    init(_ library: LiteRTLibrary, _ bytes: TensorBuffer) throws(EngineError) {
        handle = try library.makeModel(bytes.bytes)
        self.library = library
        self.bytes = bytes
    }

    deinit { library.release(model: handle) }

    /// - Throws: as `LiteRTLibrary.signature`.
    func signature() throws(EngineError) -> Signature { try library.signature(of: handle) }
}
