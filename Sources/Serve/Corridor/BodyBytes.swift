import NIOCore
import Tensors

/// Bytes of a body, as they arrive: left where the socket put them when they came in one piece, else copied together
/// into memory that grows with what arrived.
struct BodyBytes {
    private enum Storage {
        case empty
        /// One piece, not copied.
        case piece(ByteBuffer)
        case copied(Lease)
    }

    private let pool: BufferPool
    /// The bytes that are expected, or `nil` when nobody said.
    private let expected: Int?
    private let isAligned: Bool
    private var storage = Storage.empty
    private(set) var count = 0

    /// - Parameter isAligned: whether the bytes become a tensor, and so cannot stay where the socket put them.
    init(pool: BufferPool, expected: Int?, isAligned: Bool = false) {
        self.pool = pool
        self.expected = expected
        self.isAligned = isAligned
    }

    /// - Throws: `RequestFault.Code.outOfMemory` when the byte budget is exhausted.
    mutating func append(_ bytes: ByteBuffer) throws(RequestFault) {
        guard bytes.readableBytes > 0 else { return }
        if case .empty = storage, !isAligned {
            storage = .piece(bytes)
            count = bytes.readableBytes
        } else {
            try copy(bytes)
        }
    }

    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        switch storage {
        case .empty: try body(UnsafeRawBufferPointer(start: nil, count: 0))
        case .piece(let piece): try piece.withUnsafeReadableBytes(body)
        case .copied(let lease): try body(UnsafeRawBufferPointer(start: lease.base, count: count))
        }
    }

    /// The bytes as a tensor's memory; `nil` when they were not kept aligned, or there are none.
    var buffer: TensorBuffer? {
        guard case .copied(let lease) = storage else { return nil }
        return TensorBuffer(borrowing: lease.base, capacity: lease.capacity, owner: lease)
    }

    private mutating func copy(_ bytes: ByteBuffer) throws(RequestFault) {
        let needed = count + bytes.readableBytes
        let target = try room(for: needed)
        bytes.withUnsafeReadableBytes { source in
            UnsafeMutableRawBufferPointer(start: target.base + count, count: source.count).copyMemory(from: source)
        }
        storage = .copied(target)
        count = needed
    }

    /// Memory that has what came before, and is paid for up to `needed` bytes.
    private func room(for needed: Int) throws(RequestFault) -> Lease {
        if case .copied(let lease) = storage, needed <= lease.capacity {
            guard lease.charge(upTo: needed) else { throw .exhausted }
            return lease
        }
        guard let lease = pool.lease(max(needed, expected ?? needed * 2)), lease.charge(upTo: needed) else {
            throw .exhausted
        }
        withBytes { UnsafeMutableRawBufferPointer(start: lease.base, count: count).copyMemory(from: $0) }
        return lease
    }
}
