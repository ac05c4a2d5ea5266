import NIOCore
import Tensors

/// The bytes of one message, as they arrive: left where the socket put them when they came in one piece, else copied
/// once into memory that is paid for as it fills.
struct MessageBytes {
    private enum Storage {
        case empty
        /// One piece, not copied.
        case piece(ByteBuffer)
        /// From `start` on.
        case block(Lease, start: Int)
    }

    private let pool: BufferPool
    /// How many there will be.
    let length: Int
    private(set) var count = 0
    private var storage = Storage.empty

    init(pool: BufferPool, length: Int) {
        self.pool = pool
        self.length = length
    }

    /// Bytes that lie in a block already, from its beginning.
    init(pool: BufferPool, lease: Lease, count: Int) {
        self.pool = pool
        length = count
        self.count = count
        storage = .block(lease, start: 0)
    }

    var isComplete: Bool { count == length }

    /// Takes the next bytes.
    ///
    /// - Throws: `RequestFault.Code.malformedBody` for more than there are to come, `.outOfMemory` when the byte budget is
    ///   exhausted.
    mutating func append(_ bytes: ByteBuffer) throws(RequestFault) {
        guard bytes.readableBytes > 0 else { return }
        guard bytes.readableBytes <= length - count else {
            throw RequestFault(.malformedBody, "a message has more bytes than the \(length) it said")
        }
        switch storage {
        case .empty where bytes.readableBytes == length: storage = .piece(bytes)
        case .empty, .piece:
            let start = bytes.withUnsafeReadableBytes(Self.start)
            guard let lease = pool.lease(length + start) else { throw .exhausted }
            storage = .block(lease, start: start)
            try copy(bytes, to: lease, start)
        case .block(let lease, let start): try copy(bytes, to: lease, start)
        }
        count += bytes.readableBytes
    }

    private func copy(_ bytes: ByteBuffer, to lease: Lease, _ start: Int) throws(RequestFault) {
        guard lease.charge(upTo: start + count + bytes.readableBytes) else { throw .exhausted }
        bytes.withUnsafeReadableBytes { source in
            UnsafeMutableRawBufferPointer(start: lease.base + start + count, count: source.count)
                .copyMemory(from: source)
        }
    }

    /// Where a message has to begin so that the first tensor in it is aligned and need not be copied again.
    private static func start(_ beginning: UnsafeRawBufferPointer) -> Int {
        guard let offset = InferMessage.firstRawContents(in: beginning) else { return 0 }
        return (TensorBuffer.alignment - offset % TensorBuffer.alignment) % TensorBuffer.alignment
    }

    func withBytes<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        switch storage {
        case .empty: return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        case .piece(let piece):
            return try piece.withUnsafeReadableBytes { bytes -> Result<Value, Failure> in
                do throws(Failure) { return .success(try body(bytes)) } catch { return .failure(error) }
            }.get()
        case .block(let lease, let start):
            return try body(UnsafeRawBufferPointer(start: lease.base + start, count: count))
        }
    }

    /// Part of the bytes as a tensor's memory.
    ///
    /// - Parameter range: within the bytes.
    /// - Returns: `nil` when they do not lie in a block, or not aligned.
    func tensorBuffer(_ range: Range<Int>) -> TensorBuffer? {
        guard case .block(let lease, let start) = storage else { return nil }
        let base = lease.base + start + range.lowerBound
        guard UInt(bitPattern: base) % UInt(TensorBuffer.alignment) == 0 else { return nil }
        return TensorBuffer(borrowing: base, capacity: range.count, owner: lease)
    }
}
