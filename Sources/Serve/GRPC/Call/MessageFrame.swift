import NIOCore
import NIOHPACK
import Tensors

/// Messages of replies with their five bytes of prefix.
enum MessageFrame {
    /// What a client can take in one message.
    private static let largest = 1 << 30
    /// Shorter messages are not worth packing.
    private static let shortestPacked = 1024

    /// - Parameters:
    ///   - count: the message's bytes.
    ///   - write: appends exactly those.
    static func make(_ count: Int, call: GRPCCall, _ write: (inout ByteBuffer) -> Void) throws(RequestFault)
        -> ByteBuffer
    {
        guard count <= largest else {
            throw RequestFault(.replyTooLarge, "the outputs have \(count) bytes; a reply has at most \(largest)")
        }
        var buffer = call.connection.allocate(count + 5)
        buffer.writeInteger(UInt8(0))
        buffer.writeInteger(UInt32(count))
        write(&buffer)
        guard case .packed(let format) = call.head.encoding, call.head.acceptsEncoding, count >= shortestPacked else {
            return buffer
        }
        return try packed(buffer, format, call)
    }

    private static func packed(
        _ buffer: ByteBuffer, _ format: PackedFormat, _ call: GRPCCall
    ) throws(RequestFault) -> ByteBuffer {
        let bytes: [UInt8]? = buffer.withUnsafeReadableBytes { all in
            try? Packer.pack(UnsafeRawBufferPointer(rebasing: all[5...]), as: format)
        }
        guard let bytes else { return buffer }
        var packed = call.connection.allocate(bytes.count + 5)
        packed.writeInteger(UInt8(1))
        packed.writeInteger(UInt32(bytes.count))
        packed.writeBytes(bytes)
        return packed
    }
}

/// Headers that are the same for every call.
enum ReplyHeaders {
    static let head: HPACKHeaders = [
        ":status": "200", "content-type": "application/grpc", "grpc-accept-encoding": CallHead.Encoding.all,
    ]
}
