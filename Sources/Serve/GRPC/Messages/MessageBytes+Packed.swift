import Tensors

/// Packed messages.
extension MessageBytes {
    /// The message unpacked.
    ///
    /// - Parameter limit: bytes that it may have.
    /// - Throws: `RequestFault.Code.bodyTooLarge` before more than `limit` bytes are held, `.malformedBody`,
    ///   `.outOfMemory`.
    func unpacked(_ format: PackedFormat, pool: BufferPool, limit: Int) throws(RequestFault) -> MessageBytes {
        // Some clients mark an empty message as packed, though nothing of a packed form is there.
        if length == 0 { return self }
        var target = UnpackingTarget(pool: pool, limit: limit)
        do {
            try withBytes { packed in try target.fill(packed, try Unpacker(format)) }
        } catch let error as TensorError {
            throw RequestFault(.malformedBody, "a packed message: \(error.message)")
        } catch {
            throw RequestFault(adapting: error)
        }
        return target.bytes
    }
}

/// Memory for what comes out of a packed message, paid for step by step.
private struct UnpackingTarget {
    private static let step = 256 * 1024

    private let pool: BufferPool
    private let limit: Int
    private var count = 0
    private var lease: Lease?

    init(pool: BufferPool, limit: Int) {
        self.pool = pool
        self.limit = limit
    }

    /// The message; its memory is that of the target.
    var bytes: MessageBytes {
        guard let lease else { return MessageBytes(pool: pool, length: 0) }
        return MessageBytes(pool: pool, lease: lease, count: count)
    }

    mutating func fill(_ packed: UnsafeRawBufferPointer, _ unpacker: Unpacker) throws {
        var rest = packed
        while !unpacker.isAtEnd {
            let (consumed, produced) = try unpacker.unpack(rest, into: try room())
            rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
            count += produced
            guard count <= limit else {
                throw RequestFault(.bodyTooLarge, "a message has more than \(limit) bytes when it is unpacked")
            }
        }
        guard rest.isEmpty else {
            throw RequestFault(.malformedBody, "a packed message: \(rest.count) bytes are left over after its end")
        }
    }

    /// The next bytes to write. One more than the limit, to tell a message that is too large from one that just fits.
    private mutating func room() throws -> UnsafeMutableRawBufferPointer {
        let lease = try block()
        let end = min(count + Self.step, lease.capacity, limit + 1)
        guard lease.charge(upTo: end) else { throw RequestFault.exhausted }
        return UnsafeMutableRawBufferPointer(start: lease.base + count, count: end - count)
    }

    private mutating func block() throws -> Lease {
        if let lease, count < lease.capacity { return lease }
        guard let larger = pool.lease(max(Self.step, min(count * 4, limit + 1))), larger.charge(upTo: max(1, count))
        else { throw RequestFault.exhausted }
        if let lease {
            UnsafeMutableRawBufferPointer(start: larger.base, count: count)
                .copyMemory(from: UnsafeRawBufferPointer(start: lease.base, count: count))
        }
        lease = larger
        return larger
    }
}
