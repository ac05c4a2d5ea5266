/// What the last different header blocks of a connection said. Clients of gRPC send the same few bytes again and again.
struct OpeningCache {
    private struct Entry {
        var block: [UInt8]
        var generation: Int
        var opening: CallOpening
    }

    private static let capacity = 4
    /// Longer blocks are not kept.
    private static let longest = 2048

    private var entries: [Entry] = []
    private var next = 0

    /// What a block says.
    ///
    /// - Parameter decoder: reads it when it is new; one block may stand for something else after another.
    mutating func find(
        _ block: UnsafeRawBufferPointer, _ decoder: inout HeaderDecoder, _ configuration: DataPlaneConfiguration
    ) throws(ConnectionError) -> CallOpening {
        let generation = decoder.generation
        for entry in entries where entry.generation == generation && entry.block.count == block.count {
            if entry.block.elementsEqual(block) { return entry.opening }
        }
        let opening = CallOpening(try decoder.decode(block), configuration)
        // A block that changes the table says something else the next time.
        if decoder.generation == generation, block.count <= Self.longest {
            add(Entry(block: Array(block), generation: generation, opening: opening))
        }
        return opening
    }

    private mutating func add(_ entry: Entry) {
        if entries.count < Self.capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
            next = (next + 1) % Self.capacity
        }
    }
}
