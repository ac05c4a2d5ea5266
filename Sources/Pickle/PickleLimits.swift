/// What a pickle may cost us, checked while it is read.
package struct PickleLimits: Hashable, Sendable {
    /// Values of one stream: each costs some forty bytes beyond its own bytes.
    package var values = 4_000_000
    /// Places of the memo.
    package var memo = 4_000_000
    /// Marks that are open at once.
    package var marks = 100_000
    /// Bytes of a number that does not fit 64 bits; Python's own are without a limit, which costs quadratic time.
    package var integerBytes = 1024
    /// Bytes of the name of a module or a class.
    package var nameBytes = 4096
    /// Bytes after decompression.
    package var unpackedBytes = 1 << 30
    /// Streams one after another in one file, and parts of an archive that are looked at.
    package var streams = 10_000

    /// The limits of the house.
    package init() {}
}
