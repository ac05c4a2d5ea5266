import CZlib

/// Packs bytes into one gzip member without name or time: equal bytes give equal members with the same zlib.
///
/// Source: RFC 1952.
final class GzipWriter {
    private static let chunk = 1 << 16

    /// At one address all its life, because zlib's own state points back to it.
    private let state: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableBufferPointer<UInt8>

    /// - Throws: `PlatformError.Code.io` when zlib cannot start.
    init() throws(PlatformError) {
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        output = .allocate(capacity: Self.chunk)
        let status = deflateInit2_(
            state, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw PlatformError(.io, "zlib cannot start: code \(status)") }
    }

    deinit {
        deflateEnd(state)
        state.deallocate()
        output.deallocate()
    }

    /// Packs the next bytes, at most 4 GiB; `isLast` ends the member.
    func write(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool = false,
        to sink: (UnsafeRawBufferPointer) throws(PlatformError) -> Void
    ) throws(PlatformError) {
        state.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = uInt(clamping: bytes.count)
        repeat {
            state.pointee.next_out = output.baseAddress
            state.pointee.avail_out = uInt(Self.chunk)
            deflate(state, isLast ? Z_FINISH : Z_NO_FLUSH)
            let count = Self.chunk - Int(state.pointee.avail_out)
            if count > 0 { try sink(UnsafeRawBufferPointer(start: output.baseAddress, count: count)) }
        } while state.pointee.avail_out == 0
    }
}
