/// The nine bytes that begin a frame.
///
/// Source: RFC 9113 section 4.1.
struct FrameHead: Equatable {
    /// Frame types. Source: RFC 9113 section 6.
    enum Kind {
        static let data: UInt8 = 0
        static let headers: UInt8 = 1
        static let priority: UInt8 = 2
        static let reset: UInt8 = 3
        static let settings: UInt8 = 4
        static let pushPromise: UInt8 = 5
        static let ping: UInt8 = 6
        static let goAway: UInt8 = 7
        static let windowUpdate: UInt8 = 8
        static let continuation: UInt8 = 9
    }

    enum Flag {
        static let ack: UInt8 = 0x1
        static let endStream: UInt8 = 0x1
        static let endHeaders: UInt8 = 0x4
        static let padded: UInt8 = 0x8
        static let priority: UInt8 = 0x20
    }

    /// Bytes of every frame's head.
    static let byteCount = 9

    /// Bytes of the payload.
    var length: Int
    var kind: UInt8
    var flags: UInt8 = 0
    /// 0 for the connection itself.
    var stream: UInt32 = 0

    init(kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, length: Int) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.length = length
    }

    /// - Precondition: nine bytes are there from `start` on.
    init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
        let first = bytes.bigEndian(start)
        length = Int(first >> 8)
        kind = UInt8(truncatingIfNeeded: first)
        flags = bytes[start + 4]
        // The highest bit is reserved, and is ignored.
        stream = bytes.bigEndian(start + 5) & 0x7FFF_FFFF
    }

    func has(_ flag: UInt8) -> Bool { flags & flag != 0 }

    /// Writes the nine bytes.
    ///
    /// - Precondition: `space` has room for them from `start` on; `length` is less than 2^24.
    func write(to space: UnsafeMutableRawBufferPointer, at start: Int = 0) {
        space.storeBytes(
            of: (UInt32(truncatingIfNeeded: length) << 8 | UInt32(kind)).bigEndian, toByteOffset: start,
            as: UInt32.self)
        space[start + 4] = flags
        space.storeBytes(of: stream.bigEndian, toByteOffset: start + 5, as: UInt32.self)
    }
}

extension UnsafeRawBufferPointer {
    /// Four bytes as a number.
    ///
    /// - Precondition: they are there.
    func bigEndian(_ start: Int) -> UInt32 {
        UInt32(bigEndian: loadUnaligned(fromByteOffset: start, as: UInt32.self))
    }
}
