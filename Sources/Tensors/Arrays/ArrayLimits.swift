/// What a reader of array files and tables accepts before it allocates.
package struct ArrayLimits: Hashable, Sendable {
    /// Bytes of all decoded elements together.
    package var bytes: Int
    /// Arrays in one file.
    package var arrays: Int
    /// Decoded bytes for each stored one. Deflate cannot exceed 1032, which zeros reach, so a lower limit refuses honest
    /// files and a higher one has no effect.
    package var expansion: Int

    /// Limits for files of one machine's own; tighten them for what strangers send.
    package init(bytes: Int = 4 << 30, arrays: Int = 4096, expansion: Int = 1032) {
        self.bytes = bytes
        self.arrays = arrays
        self.expansion = expansion
    }

    /// - Throws: `TensorError.Code.tooLarge` when `count` bytes are more than `bytes`.
    func check(bytes count: Int) throws(TensorError) {
        guard count <= bytes else {
            throw TensorError(.tooLarge, "\(count) bytes of elements are more than the limit of \(bytes)")
        }
    }
}
