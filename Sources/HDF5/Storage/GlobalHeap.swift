/// A collection of values whose length is their own.
///
/// Source: HDF5 File Format Specification 3.0, III.E.
struct GlobalHeap {
    private var places: [UInt16: ByteCursor] = [:]
    private let address: UInt64

    init(_ file: HDF5File, at address: UInt64) throws(HDF5Error) {
        self.address = address
        var head = try file.cursor(at: address, "a collection of texts")
        try head.expect("GCOL", "a collection of texts")
        try head.skip(4)
        let size = try head.count(8)
        var cursor = try file.cursor(at: address, count: size, "a collection of texts")
        try cursor.skip(16)
        while cursor.remaining >= 16 {
            try file.spend(entries: 1)
            let index = UInt16(truncatingIfNeeded: try cursor.number(2))
            try cursor.skip(6)
            let count = try cursor.count(8)
            // Free space, which is always last.
            guard index != 0 else { break }
            places[index] = try cursor.part(count, "a text")
            try cursor.skip(min(cursor.remaining, (8 - count % 8) % 8))
        }
    }

    /// - Throws: `HDF5Error.Code.malformed` when nothing stands under the number.
    func text(_ index: UInt16, _ file: HDF5File) throws(HDF5Error) -> String {
        guard var place = places[index] else {
            throw .malformed("the collection of texts at byte \(address) has no number \(index)")
        }
        try file.spend(bytes: place.remaining, "a text")
        var text = try place.array(place.remaining)
        if let end = text.firstIndex(of: 0) { text.removeSubrange(end...) }
        return try Text.decode(text)
    }
}
