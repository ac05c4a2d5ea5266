import CZlib

/// How deflate data is wrapped.
package enum PackedFormat: Hashable, Sendable {
    /// Source: RFC 1952.
    case gzip
    /// What HTTP and gRPC call `deflate`; source: RFC 1950.
    case zlib

    /// zlib's number for it.
    fileprivate var windowBits: CInt {
        switch self {
        case .gzip: MAX_WBITS + 16
        case .zlib: MAX_WBITS
        }
    }
}

/// Unpacks data that lies in memory as a whole, step by step, into memory that its owner provides.
package final class Unpacker {
    /// At one address all its life, because zlib's own state points back to it.
    private let state: UnsafeMutablePointer<z_stream>
    /// Whether the data has ended.
    package private(set) var isAtEnd = false

    /// - Throws: `TensorError.Code.io` when zlib cannot start.
    package init(_ format: PackedFormat) throws(TensorError) {
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        let status = inflateInit2_(state, format.windowBits, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw TensorError(.io, "zlib cannot start: code \(status)") }
    }

    deinit {
        inflateEnd(state)
        state.deallocate()
    }

    /// Unpacks until the data ends or `output` is full.
    ///
    /// - Parameter packed: what has not been consumed yet; less than 4 GiB, as is `output`.
    /// - Returns: how many bytes were consumed and how many were written.
    /// - Throws: `TensorError.Code.malformedFile` for data that is not valid, or ends early.
    package func unpack(
        _ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(TensorError) -> (consumed: Int, produced: Int) {
        state.pointee.next_in = UnsafeMutablePointer(mutating: packed.baseAddress?.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = uInt(clamping: packed.count)
        state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        state.pointee.avail_out = uInt(clamping: output.count)
        switch inflate(state, Z_NO_FLUSH) {
        case Z_OK: break
        case Z_STREAM_END: isAtEnd = true
        case Z_BUF_ERROR: throw TensorError(.malformedFile, "the packed data ends early")
        case let status:
            throw TensorError(.malformedFile, "the packed data is not valid (zlib code \(status))")
        }
        let produced = output.count - Int(state.pointee.avail_out)
        guard isAtEnd || produced > 0 || state.pointee.avail_in > 0 else {
            throw TensorError(.malformedFile, "the packed data ends early")
        }
        return (packed.count - Int(state.pointee.avail_in), produced)
    }
}

/// Packs data that lies in memory as a whole.
package enum Packer {
    /// - Parameter bytes: less than 4 GiB.
    /// - Throws: `TensorError.Code.io` when zlib cannot start.
    package static func pack(_ bytes: UnsafeRawBufferPointer, as format: PackedFormat) throws(TensorError) -> [UInt8] {
        var state = z_stream()
        var status = deflateInit2_(
            &state, Z_BEST_SPEED, Z_DEFLATED, format.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw TensorError(.io, "zlib cannot start: code \(status)") }
        defer { deflateEnd(&state) }
        let bound = Int(deflateBound(&state, uLong(bytes.count)))
        let packed = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            state.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            state.avail_in = uInt(clamping: bytes.count)
            state.next_out = buffer.baseAddress
            state.avail_out = uInt(clamping: bound)
            status = deflate(&state, Z_FINISH)
            count = bound - Int(state.avail_out)
        }
        guard status == Z_STREAM_END else { throw TensorError(.io, "zlib cannot pack: code \(status)") }
        return packed
    }
}
