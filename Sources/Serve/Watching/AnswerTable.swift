import Glibc

/// Answers by the hash of their ids, in memory of a fixed size.
///
/// `@unchecked Sendable`: the lock of the memory that has it guards it.
final class AnswerTable: @unchecked Sendable {
    /// One answer.
    struct Entry: BitwiseCopyable {
        /// 0 for none.
        var key: UInt64
        /// The class.
        var said: UInt64
        /// Seconds on the monotonic clock.
        var at: UInt32
        /// Not a number where there is none.
        var confidence: Float
        var isLabelled = false
        /// Whether nobody received it: the version was asked what another one answered.
        var isCopy = false
    }

    /// Places that an answer may be at.
    static let ways = 8

    private let base: UnsafeMutablePointer<Entry>
    private let mask: Int

    /// - Parameter capacity: a power of two, at least `ways`.
    /// - Returns: `nil` when there is no memory.
    init?(capacity: Int) {
        // Zeroed pages are not touched before an answer comes there.
        guard let memory = calloc(capacity, MemoryLayout<Entry>.stride) else { return nil }
        base = memory.bindMemory(to: Entry.self, capacity: capacity)
        mask = capacity / Self.ways - 1
    }

    deinit { free(base) }

    private func bucket(_ key: UInt64) -> Int { (Int(truncatingIfNeeded: key >> 16) & mask) * Self.ways }

    /// Takes an answer in: over one of the same id, else at a free place, else over the oldest neighbour.
    func put(_ entry: Entry) {
        let first = bucket(entry.key)
        var place = first
        for index in first..<first + Self.ways {
            if base[index].key == entry.key || base[index].key == 0 {
                place = index
                break
            }
            if base[index].at < base[place].at { place = index }
        }
        base[place] = entry
    }

    func find(_ key: UInt64) -> Entry? { place(key).map { base[$0] } }

    func markLabelled(_ key: UInt64) {
        if let place = place(key) { base[place].isLabelled = true }
    }

    private func place(_ key: UInt64) -> Int? {
        let first = bucket(key)
        return (first..<first + Self.ways).first { base[$0].key == key }
    }
}
