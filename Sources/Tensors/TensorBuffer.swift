/// A block of memory aligned for vector instructions, freed when the last reference goes.
///
/// `@unchecked Sendable`: the pointer never changes; the *contents* are guarded by the protocol of their owner, who
/// writes before handing the buffer on and not after (a request's buffers belong to that request alone).
package final class TensorBuffer: @unchecked Sendable {
    /// Bytes; 64 is a cache line and the widest vector.
    package static let alignment = 64

    /// The first byte.
    package let base: UnsafeMutableRawPointer
    /// Usable bytes.
    package let capacity: Int
    /// What owns the memory, where it is not ours; kept alive as long as this buffer.
    private let owner: AnyObject?

    /// Allocates `capacity` bytes, not initialised. The caller has checked `capacity` against its limit.
    package init(capacity: Int) {
        self.base = .allocate(byteCount: max(capacity, 1), alignment: Self.alignment)
        self.capacity = capacity
        self.owner = nil
    }

    /// Wraps memory that `owner` keeps alive, such as an engine's own output or a memory map.
    package init(borrowing base: UnsafeMutableRawPointer, capacity: Int, owner: AnyObject) {
        self.base = base
        self.capacity = capacity
        self.owner = owner
    }

    deinit {
        if owner == nil { base.deallocate() }
    }

    /// All usable bytes.
    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: capacity) }
    /// All usable bytes, for their owner to write.
    package var mutableBytes: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: base, count: capacity)
    }
}
