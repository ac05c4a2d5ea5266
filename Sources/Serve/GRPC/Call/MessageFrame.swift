import NIOCore
import Tensors

/// Messages of replies with their five bytes of prefix.
enum MessageFrame {
    /// What a client can take in one message.
    private static let largest = 1 << 30
    /// Shorter messages are not worth packing.
    private static let shortestPacked = 1024

    /// Bytes before each message.
    static let prefixBytes = 5

    /// Says how long a message is.
    static func writePrefix(_ count: Int, isPacked: Bool, _ buffer: inout ByteBuffer) {
        buffer.writeMultipleIntegers(UInt8(isPacked ? 1 : 0), UInt32(count))
    }

    /// Whether a message of so many bytes is packed.
    static func packs(_ count: Int, _ head: CallHead) -> Bool {
        guard case .packed = head.encoding else { return false }
        return head.acceptsEncoding && count >= shortestPacked
    }

    /// - Parameters:
    ///   - count: the message's bytes.
    ///   - write: appends exactly those.
    static func make(_ count: Int, call: GRPCCall, _ write: (inout ByteBuffer) -> Void) throws(RequestFault)
        -> ByteBuffer
    {
        guard count <= largest else {
            throw RequestFault(.replyTooLarge, "the outputs have \(count) bytes; a reply has at most \(largest)")
        }
        var buffer = call.connection.allocate(count + prefixBytes)
        writePrefix(count, isPacked: false, &buffer)
        write(&buffer)
        guard packs(count, call.head), case .packed(let format) = call.head.encoding else { return buffer }
        return try packed(buffer, format, call)
    }

    private static func packed(
        _ buffer: ByteBuffer, _ format: PackedFormat, _ call: GRPCCall
    ) throws(RequestFault) -> ByteBuffer {
        let bytes: [UInt8]? = buffer.withUnsafeReadableBytes { all in
            try? Packer.pack(UnsafeRawBufferPointer(rebasing: all[prefixBytes...]), as: format)
        }
        guard let bytes else { return buffer }
        var packed = call.connection.allocate(bytes.count + prefixBytes)
        writePrefix(bytes.count, isPacked: true, &packed)
        packed.writeBytes(bytes)
        return packed
    }
}
