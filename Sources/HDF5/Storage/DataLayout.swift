/// Where a dataset's elements are.
///
/// Source: HDF5 File Format Specification 3.0, IV.A.2.i.
enum DataLayout {
    /// In the object header itself.
    case compact(ByteCursor)
    /// In one piece.
    case contiguous(address: UInt64, byteCount: Int)
    /// In pieces of equal size, which a tree lists; the last size is that of an element.
    case chunked(tree: UInt64, sizes: [Int])

    init(_ body: ByteCursor, limits: HDF5Limits) throws(HDF5Error) {
        var body = body
        let version = try body.byte()
        guard version == 3 || version == 4 else {
            throw .unsupported("a data layout of version \(version); 3 and 4 are read")
        }
        let kind = try body.byte()
        switch kind {
        case 0: self = .compact(try body.part(try body.count(2), "a dataset's elements"))
        case 1: self = .contiguous(address: try body.address(), byteCount: try body.count(8))
        case 2 where version == 3:
            let rank = Int(try body.byte())
            guard rank > 0, rank <= limits.rank + 1 else { throw .malformed("chunks of \(rank) dimensions") }
            let tree = try body.address()
            var sizes: [Int] = []
            for _ in 0..<rank { sizes.append(try body.count(4)) }
            self = .chunked(tree: tree, sizes: sizes)
        case 2:
            throw .unsupported(
                "chunks as files for the newest library have them; save it again without libver='latest'")
        default:
            throw .unsupported(
                "elements in \(kind == 3 ? "other files (a virtual dataset)" : "a layout of class \(kind)")")
        }
    }
}
