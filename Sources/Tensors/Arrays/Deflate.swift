import CZlib

/// Raw deflate data being unpacked, as the parts of a zip file hold it (RFC 1951).
final class InflateStream: ByteStream {
    private static let chunk = 65_536

    /// Unpacked bytes still to come, by the directory's word; checked against the data.
    private(set) var remaining: Int
    private var packed: SourceStream
    /// At one address all its life, because zlib's own state points back to it.
    private let state: UnsafeMutablePointer<z_stream>
    private let input: UnsafeMutablePointer<UInt8>
    private var isAtEnd = false

    init(_ packed: SourceStream, unpackedCount: Int) throws(TensorError) {
        self.packed = packed
        remaining = unpackedCount
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        input = .allocate(capacity: Self.chunk)
        let status = inflateInit2_(state, -MAX_WBITS, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw TensorError(.io, "zlib cannot start: code \(status)") }
    }

    deinit {
        inflateEnd(state)
        state.deallocate()
        input.deallocate()
    }

    func read(into destination: UnsafeMutableRawBufferPointer) throws(TensorError) {
        var done = 0
        while done < destination.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: destination[done...].prefix(1 << 30))
            state.pointee.next_out = rest.baseAddress?.assumingMemoryBound(to: UInt8.self)
            state.pointee.avail_out = uInt(rest.count)
            try step()
            let produced = rest.count - Int(state.pointee.avail_out)
            guard produced > 0 || !isAtEnd else { throw Self.wrongSize }
            done += produced
        }
        remaining -= done
    }

    /// Checks that the packed data ends exactly where the unpacked does.
    func finish() throws(TensorError) {
        var extra: UInt8 = 0
        while !isAtEnd {
            let produced = try withUnsafeMutablePointer(to: &extra) { (pointer) throws(TensorError) -> Bool in
                state.pointee.next_out = pointer
                state.pointee.avail_out = 1
                try step()
                return state.pointee.avail_out == 0
            }
            guard !produced else { throw Self.wrongSize }
        }
        guard remaining == 0, packed.remaining == 0, state.pointee.avail_in == 0 else { throw Self.wrongSize }
    }

    private static var wrongSize: TensorError {
        TensorError(.malformedFile, "the packed data does not have the size that the zip directory says")
    }

    /// Lets zlib go on once, with more input if it has none.
    private func step() throws(TensorError) {
        if state.pointee.avail_in == 0 {
            let count = min(packed.remaining, Self.chunk)
            try packed.read(into: UnsafeMutableRawBufferPointer(start: input, count: count))
            state.pointee.next_in = input
            state.pointee.avail_in = uInt(count)
        }
        let status = inflate(state, Z_NO_FLUSH)
        switch status {
        case Z_OK: return
        case Z_STREAM_END: isAtEnd = true
        case Z_BUF_ERROR: throw TensorError(.malformedFile, "the packed data ends early")
        default: throw TensorError(.malformedFile, "the packed data is not valid deflate data (zlib code \(status))")
        }
    }
}

/// Packs bytes with deflate, in pieces.
final class Deflater {
    private(set) var output: [UInt8] = []
    private let state: UnsafeMutablePointer<z_stream>

    init() throws(TensorError) {
        state = .allocate(capacity: 1)
        state.initialize(to: z_stream())
        let status = deflateInit2_(
            state, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            CInt(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw TensorError(.io, "zlib cannot start: code \(status)") }
    }

    deinit {
        deflateEnd(state)
        state.deallocate()
    }

    /// Packs `bytes` after those before; `isLast` ends the data.
    func append(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        var rest = bytes
        repeat {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
            run(piece, rest.isEmpty && isLast ? Z_FINISH : Z_NO_FLUSH)
        } while !rest.isEmpty
    }

    private func run(_ piece: UnsafeRawBufferPointer, _ flush: CInt) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 65_536) { buffer in
            state.pointee.next_in = UnsafeMutablePointer(
                mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
            state.pointee.avail_in = uInt(piece.count)
            repeat {
                state.pointee.next_out = buffer.baseAddress
                state.pointee.avail_out = uInt(buffer.count)
                deflate(state, flush)
                output.append(contentsOf: buffer[..<(buffer.count - Int(state.pointee.avail_out))])
            } while state.pointee.avail_out == 0
        }
    }
}

/// The checksum of zip and PNG files, over bytes that come in pieces.
package struct CRC32: Hashable {
    /// The checksum of what came so far.
    package private(set) var value: UInt32 = 0

    /// The checksum of nothing.
    package init() {}

    /// Takes the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard let start else { return }
        value = UInt32(truncatingIfNeeded: crc32_z(uLong(value), start, bytes.count))
    }

    mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { update($0) }
    }
}
