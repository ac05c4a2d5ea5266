/// Header fields that one side has told the other; the newest pushes out the oldest.
///
/// Source: RFC 7541 sections 2.3.2 and 4.
struct DynamicTable {
    /// What was agreed on: no size update may go beyond.
    private let allowed: Int
    /// What its fields may count for now.
    private var limit: Int
    private var size = 0
    /// A ring, of which `count` entries from `first` on are in use; the newest is the last one.
    private var ring: [HeaderEntry] = []
    private var first = 0
    private(set) var count = 0
    /// Changes with the table: what meant something then, means the same now.
    private(set) var generation = 0

    /// Source: RFC 9113 section 6.5.2, `SETTINGS_HEADER_TABLE_SIZE`.
    static let usualSize = 4096

    init(allowed: Int = usualSize) {
        self.allowed = allowed
        limit = allowed
    }

    /// The entry with this index, of which the newest is 0.
    subscript(index: Int) -> HeaderEntry? {
        guard index >= 0, index < count else { return nil }
        return ring[(first + count - 1 - index) % ring.count]
    }

    /// Takes a field; one that is larger than the table empties it.
    mutating func insert(_ entry: HeaderEntry) {
        generation &+= 1
        while count > 0, size + entry.size > limit { removeOldest() }
        guard entry.size <= limit else { return }
        if count == ring.count { grow() }
        size += entry.size
        ring[(first + count) % ring.count] = entry
        count += 1
    }

    /// - Throws: `HTTP2ErrorCode.compressionError` for more than what was agreed on.
    mutating func resize(_ newLimit: Int) throws(ConnectionError) {
        guard newLimit <= allowed else { throw ConnectionError(.compressionError) }
        generation &+= 1
        limit = newLimit
        while size > limit { removeOldest() }
    }

    private mutating func removeOldest() {
        size -= ring[first].size
        ring[first].bytes = []
        first = (first + 1) % ring.count
        count -= 1
    }

    private mutating func grow() {
        let entries = (0..<count).map { ring[(first + $0) % ring.count] }
        let room = max(8, ring.count * 2) - count
        ring = entries + Array(repeating: HeaderEntry(bytes: [], nameCount: 0), count: room)
        first = 0
    }
}
