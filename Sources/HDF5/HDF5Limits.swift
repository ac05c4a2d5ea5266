/// What a file may cost us, counted over everything that is read of it.
package struct HDF5Limits: Hashable, Sendable {
    /// Messages of object headers, and entries of groups, trees and heaps.
    package var entries = 4_000_000
    /// Blocks of one object header, and nodes of one tree from root to leaf.
    package var depth = 64
    /// Bytes of elements that are unpacked or copied; those that lie in the file as they are cost nothing.
    package var bytes = 8 << 30
    /// Unpacked bytes for each packed one: deflate cannot exceed 1032.
    package var expansion = 1032
    /// Dimensions of a dataset; the format's own limit is 32.
    package var rank = 32

    /// The limits of the house.
    package init() {}
}
