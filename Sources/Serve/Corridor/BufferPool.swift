import Glibc
import Synchronization
import Tensors

/// Memory for bodies and tensors: 64-byte aligned, reused, and bounded by one budget.
///
/// Small blocks are charged whole when they are leased. Large ones are mapped, so that the part of a block that was
/// never written takes no memory: they are charged step by step as bytes arrive, and a client that promises much and
/// sends little costs little. Safe from any thread.
package final class BufferPool: Sendable {
    /// The capacities there are. The first few are allocated, the others mapped.
    static let capacities = (6...15).map { 1 << ($0 * 2) }
    /// From this capacity on, blocks are mapped and charged as they are filled.
    static let firstMapped = 256 * 1024
    /// Mapped blocks are charged in steps of this size.
    static let step = 256 * 1024

    /// Bytes that requests may hold at a time.
    package let budget: Int
    /// Bytes that free blocks may keep for reuse.
    package let retainedLimit: Int

    private let charged = Atomic<Int>(0)
    private let retained = Atomic<Int>(0)
    private let free: [FreeList]

    /// - Parameters:
    ///   - budget: bytes that requests may hold at a time.
    ///   - retained: bytes that free blocks may keep; a quarter of the budget when `nil`.
    package init(budget: Int, retained: Int? = nil) {
        self.budget = budget
        retainedLimit = retained ?? budget / 4
        free = Self.capacities.map { _ in FreeList() }
    }

    deinit {
        for (index, list) in free.enumerated() {
            for block in list.takeAll() { block.release(capacity: Self.capacities[index]) }
        }
    }

    /// Bytes that requests hold now.
    package var bytesInUse: Int { charged.load(ordering: .relaxed) }
    /// Bytes kept for reuse.
    package var bytesRetained: Int { retained.load(ordering: .relaxed) }

    /// Memory for at least `capacity` bytes, of which none is charged beyond the first step until `Lease.charge`.
    ///
    /// - Returns: `nil` when the budget is exhausted, or when it could never be met.
    func lease(_ capacity: Int) -> Lease? {
        guard let index = Self.capacities.firstIndex(where: { $0 >= capacity }) else { return nil }
        let size = Self.capacities[index]
        let reused = free[index].take()
        let isMapped = size >= Self.firstMapped
        if let reused { retained.wrappingSubtract(reused.touched, ordering: .relaxed) }
        let initial = isMapped ? reused?.touched ?? 0 : size
        guard take(initial), let block = reused ?? Block(capacity: size) else {
            reused?.release(capacity: size)
            return nil
        }
        return Lease(pool: self, index: index, block: block, charged: initial)
    }

    /// Memory for a tensor or text of exactly `count` bytes that will be written in full.
    ///
    /// - Returns: `nil` when the budget is exhausted.
    func buffer(_ count: Int) -> TensorBuffer? {
        guard let lease = lease(count), lease.charge(upTo: count) else { return nil }
        return TensorBuffer(borrowing: lease.base, capacity: lease.capacity, owner: lease)
    }

    /// A part of the budget for bytes that lie elsewhere, such as those of a reply that its client has not taken yet.
    ///
    /// - Returns: `nil` when the budget is exhausted.
    func reserve(_ count: Int) -> Reservation? { take(count) ? Reservation(pool: self, count: count) : nil }

    fileprivate func release(_ count: Int) { charged.wrappingSubtract(count, ordering: .relaxed) }

    /// Charges `count` more bytes, or nothing.
    fileprivate func take(_ count: Int) -> Bool {
        guard count > 0 else { return true }
        if charged.wrappingAdd(count, ordering: .relaxed).newValue <= budget { return true }
        charged.wrappingSubtract(count, ordering: .relaxed)
        return false
    }

    fileprivate func giveBack(_ block: Block, index: Int, charged count: Int) {
        charged.wrappingSubtract(count, ordering: .relaxed)
        if retained.wrappingAdd(block.touched, ordering: .relaxed).newValue <= retainedLimit {
            free[index].put(block)
        } else {
            retained.wrappingSubtract(block.touched, ordering: .relaxed)
            block.release(capacity: Self.capacities[index])
        }
    }
}

/// Bytes of the budget, until the last reference goes.
final class Reservation: Sendable {
    private let pool: BufferPool
    private let count: Int

    fileprivate init(pool: BufferPool, count: Int) {
        self.pool = pool
        self.count = count
    }

    deinit { pool.release(count) }
}

/// The right to use one block until the last reference goes.
///
/// `@unchecked Sendable`: `block.touched` and `charged` are changed only by the request that fills the block, on its
/// event loop; the memory is guarded as `TensorBuffer` says.
final class Lease: @unchecked Sendable {
    private let pool: BufferPool
    private let index: Int
    private var block: Block
    private var charged: Int

    fileprivate init(pool: BufferPool, index: Int, block: Block, charged: Int) {
        self.pool = pool
        self.index = index
        self.block = block
        self.charged = charged
    }

    deinit { pool.giveBack(block, index: index, charged: charged) }

    var base: UnsafeMutableRawPointer { block.base }
    var capacity: Int { BufferPool.capacities[index] }

    /// Pays for the first `count` bytes, before they are written.
    ///
    /// - Returns: `false` when the budget is exhausted; nothing has changed then.
    @inline(__always)
    func charge(upTo count: Int) -> Bool { count <= charged || chargeMore(count) }

    private func chargeMore(_ count: Int) -> Bool {
        let wanted = min(capacity, (count + BufferPool.step - 1) / BufferPool.step * BufferPool.step)
        guard count <= capacity, pool.take(wanted - charged) else { return false }
        charged = wanted
        block.touched = max(block.touched, wanted)
        return true
    }
}

/// One piece of memory.
///
/// `@unchecked Sendable`: it is either in the pool, whose lock guards it, or leased to one request.
private struct Block: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    /// Bytes from its beginning that may have been written, and so take memory.
    var touched: Int

    init?(capacity: Int) {
        guard capacity >= BufferPool.firstMapped else {
            base = .allocate(byteCount: capacity, alignment: TensorBuffer.alignment)
            touched = capacity
            return
        }
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let memory = mmap(nil, capacity, PROT_READ | PROT_WRITE, flags, -1, 0), memory != MAP_FAILED else {
            return nil
        }
        base = memory
        touched = 0
    }

    func release(capacity: Int) {
        if capacity >= BufferPool.firstMapped { munmap(base, capacity) } else { base.deallocate() }
    }
}

private final class FreeList: Sendable {
    private let blocks = Mutex<[Block]>([])

    func take() -> Block? { blocks.withLock { $0.popLast() } }

    func put(_ block: Block) { blocks.withLock { $0.append(block) } }

    func takeAll() -> [Block] {
        blocks.withLock { all in
            defer { all = [] }
            return all
        }
    }
}

extension RequestFault {
    static let exhausted = RequestFault(
        .outOfMemory, "the memory for request bodies and tensors is in use; try again shortly")
}
