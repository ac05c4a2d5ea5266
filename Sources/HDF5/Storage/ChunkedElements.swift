/// A dataset's elements, put together from its chunks.
struct ChunkedElements {
    private let file: HDF5File
    private let dimensions: [Int]
    private let chunk: [Int]
    private let width: Int
    private let filters: FilterPipeline

    /// One chunk: where it belongs, and its bytes in the file.
    private struct Piece {
        var start: [Int]
        var mask: UInt64
        var address: UInt64
        var packedCount: Int
    }

    init(
        _ file: HDF5File, dimensions: [Int], sizes: [Int], width: Int, filters: FilterPipeline
    ) throws(HDF5Error) {
        guard sizes.count == dimensions.count + 1, !dimensions.isEmpty, sizes.last == width,
            sizes.allSatisfy({ $0 > 0 })
        else { throw .malformed("chunks of sizes \(sizes) for a dataset of shape \(dimensions)") }
        self.file = file
        self.dimensions = dimensions
        self.width = width
        self.filters = filters
        chunk = sizes.dropLast()
    }

    /// - Parameters:
    ///   - tree: lists the chunks.
    ///   - total: bytes of all elements.
    func read(tree: UInt64, total: Int) throws(HDF5Error) -> [UInt8] {
        guard total > 0 else { return [] }
        guard tree != ByteCursor.undefined else { throw Self.missing }
        let size = try Dataspace.byteCount(chunk, width: width, "a chunk")
        let pieces = try pieces(tree)
        try check(pieces, size: size)
        // Every chunk lies in the file, and deflate has a limit: so has what is allocated.
        try file.spend(bytes: total, "a dataset")
        var output = [UInt8](repeating: 0, count: total)
        for piece in pieces {
            var cursor = try file.cursor(at: piece.address, count: piece.packedCount, "a chunk")
            let bytes = try filters.undone(try cursor.array(piece.packedCount), mask: piece.mask, count: size)
            copy(bytes, of: piece, into: &output)
        }
        return output
    }

    private static let missing = HDF5Error.malformed("a dataset of which parts were never written")

    private func pieces(_ tree: UInt64) throws(HDF5Error) -> [Piece] {
        var pieces: [Piece] = []
        for leaf in try TreeWalk.leaves(file, root: tree, kind: .chunks, rank: dimensions.count + 1) {
            var key = leaf.key
            let (count, mask) = (try key.count(4), try key.number(4))
            var start: [Int] = []
            for _ in dimensions { start.append(try key.count(8)) }
            pieces.append(Piece(start: start, mask: mask, address: leaf.address, packedCount: count))
        }
        return pieces
    }

    /// Each chunk once, none missing, none of which the size cannot be.
    private func check(_ pieces: [Piece], size: Int) throws(HDF5Error) {
        var expected = 1
        for (dimension, part) in zip(dimensions, chunk) {
            let (next, overflow) = expected.multipliedReportingOverflow(by: (dimension - 1) / part + 1)
            guard !overflow else { throw Self.missing }
            expected = next
        }
        guard pieces.count == expected else { throw Self.missing }
        var seen: Set<[Int]> = []
        for piece in pieces {
            let isPlaced = zip(piece.start, zip(dimensions, chunk)).allSatisfy { start, sizes in
                start < sizes.0 && start % sizes.1 == 0
            }
            guard isPlaced, seen.insert(piece.start).inserted else {
                throw .malformed("a chunk at \(piece.start) of a dataset of shape \(dimensions)")
            }
            _ = try file.cursor(at: piece.address, count: piece.packedCount, "a chunk")
            let (most, overflow) = piece.packedCount.multipliedReportingOverflow(by: file.limits.expansion)
            guard overflow || size <= most else {
                throw HDF5Error(
                    .tooLarge, "a chunk of \(size) bytes in \(piece.packedCount) is more than deflate can pack")
            }
        }
    }

    /// Copies what of a chunk lies inside of the dataset, run by run along the last dimension.
    private func copy(_ bytes: [UInt8], of piece: Piece, into output: inout [UInt8]) {
        let sizes = zip(piece.start, zip(dimensions, chunk)).map { start, sizes in min(sizes.0 - start, sizes.1) }
        let last = dimensions.count - 1
        let run = sizes[last] * width
        var index = [Int](repeating: 0, count: last)
        while true {
            var (from, to) = (0, 0)
            for axis in 0..<last {
                from = from * chunk[axis] + index[axis]
                to = to * dimensions[axis] + piece.start[axis] + index[axis]
            }
            from *= chunk[last] * width
            to = (to * dimensions[last] + piece.start[last]) * width
            output.replaceSubrange(to..<(to + run), with: bytes[from..<(from + run)])
            guard let axis = index.indices.last(where: { index[$0] + 1 < sizes[$0] }) else { return }
            index[axis] += 1
            for inner in (axis + 1)..<max(last, axis + 1) { index[inner] = 0 }
        }
    }
}
