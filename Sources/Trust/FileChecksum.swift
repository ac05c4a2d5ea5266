import Crypto

/// SHA-1 of bytes that pass by, as ONNX gives it for files of weights. It finds accidents, not attacks: what is stored
/// is named by its SHA-256.
///
/// Source: `onnx.proto`, `TensorProto.external_data`, key `checksum`.
package struct FileChecksum {
    private var hash = Insecure.SHA1()

    package init() {}

    package mutating func write(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

    /// The 40 lower-case hexadecimal digits of everything written so far.
    package var hex: String {
        hash.finalize().map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0\(digits)" : digits
        }.joined()
    }
}
