package import Tensors

/// A part of memory that holds a file, kept alive by it.
package struct PickleBytes: Sendable {
    /// What holds the memory.
    package let buffer: TensorBuffer
    /// Where the part begins in `buffer`.
    package let offset: Int
    /// How many bytes it has.
    package let count: Int

    /// The bytes `range` of `buffer`, or `nil` when they are not all inside it.
    package init?(_ buffer: TensorBuffer, offset: Int, count: Int) {
        guard offset >= 0, count >= 0, offset <= buffer.capacity, count <= buffer.capacity - offset else { return nil }
        self.buffer = buffer
        self.offset = offset
        self.count = count
    }

    /// All of `buffer`.
    package init(_ buffer: TensorBuffer) {
        self.buffer = buffer
        offset = 0
        count = buffer.capacity
    }

    /// A copy of `bytes` in memory of its own.
    package init(copying bytes: [UInt8]) {
        self.init(TensorBuffer(capacity: bytes.count))
        bytes.withUnsafeBytes { buffer.mutableBytes.copyMemory(from: $0) }
    }

    /// A part of this part, or `nil` when it is not all inside.
    package func slice(at start: Int, count length: Int) -> PickleBytes? {
        guard start >= 0, length >= 0, start <= count, length <= count - start else { return nil }
        return PickleBytes(buffer, offset: offset + start, count: length)
    }

    /// Calls `body` with the bytes, which are valid until it returns.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(buffer) {} }
        return try body(UnsafeRawBufferPointer(rebasing: buffer.bytes[offset..<(offset + count)]))
    }

    /// A copy of the bytes.
    package var array: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The byte at `index`, or `nil` beyond the end.
    package subscript(index: Int) -> UInt8? {
        guard index >= 0, index < count else { return nil }
        return buffer.bytes[offset + index]
    }

    /// Whether the bytes begin with these.
    package func starts(with prefix: [UInt8]) -> Bool { withUnsafeBytes { $0.starts(with: prefix) } }
}
