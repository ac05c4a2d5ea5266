import Glibc
package import Tensors

/// A part of somebody else's memory, which it keeps alive: a weight inside a mapped file, an attribute's bytes.
///
/// Copying a view copies 24 bytes. Two views are equal when their bytes are.
package struct ByteView: Sendable {
    /// What holds the memory.
    package let buffer: TensorBuffer
    /// Where the view begins in `buffer`.
    package let offset: Int
    package let count: Int

    /// The bytes `range` of `buffer`, or `nil` when they are not all inside it.
    package init?(_ buffer: TensorBuffer, _ range: Range<Int>) {
        guard range.lowerBound >= 0, range.upperBound <= buffer.capacity else { return nil }
        self.buffer = buffer
        self.offset = range.lowerBound
        self.count = range.count
    }

    /// All of `buffer`.
    package init(_ buffer: TensorBuffer) {
        self.buffer = buffer
        self.offset = 0
        self.count = buffer.capacity
    }

    /// A copy of `bytes` in memory of its own.
    package init(copying bytes: [UInt8]) {
        self.init(TensorBuffer(capacity: bytes.count))
        bytes.withUnsafeBytes { buffer.mutableBytes.copyMemory(from: $0) }
    }

    /// The UTF-8 bytes of `text` in memory of their own.
    package init(_ text: String) {
        self.init(copying: Array(text.utf8))
    }

    package var isEmpty: Bool { count == 0 }
    /// Where the view ends in `buffer`.
    package var end: Int { offset + count }

    /// Calls `body` with the bytes, which are valid until it returns.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(buffer) {} }
        return try body(UnsafeRawBufferPointer(rebasing: buffer.bytes[offset..<end]))
    }

    /// The bytes as a string, or `nil` when they are not UTF-8.
    package var text: String? {
        withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    }

    /// A copy of the bytes.
    package var array: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The same memory as a tensor buffer of its own, kept alive by it.
    package var tensorBuffer: TensorBuffer {
        TensorBuffer(borrowing: buffer.base + offset, capacity: count, owner: buffer)
    }

    /// Whether an element of `bitWidth` bits may be loaded from the first byte.
    func isAligned(forBits bitWidth: Int) -> Bool {
        UInt(bitPattern: buffer.base + offset) % UInt(max(1, min(bitWidth / 8, 16))) == 0
    }
}

extension ByteView: Hashable {
    package static func == (left: ByteView, right: ByteView) -> Bool {
        guard left.count == right.count else { return false }
        if left.buffer === right.buffer, left.offset == right.offset { return true }
        return left.withUnsafeBytes { leftBytes in
            right.withUnsafeBytes { rightBytes in leftBytes.hasSameBytes(as: rightBytes) }
        }
    }

    /// The length and the first bytes; weights are too long to hash whole.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: $0.prefix(64))) }
    }
}

extension UnsafeRawBufferPointer {
    /// Whether the bytes are the same.
    func hasSameBytes(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count, let one = baseAddress, let two = other.baseAddress else {
            return count == other.count
        }
        return memcmp(one, two, count) == 0
    }
}
