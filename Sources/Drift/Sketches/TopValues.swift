/// The most frequent values of a stream: space-saving with 24 counters.
///
/// Exact while there are no more than 24 different values (`isComplete`). After that a count is too high by at most
/// `excess`, and any value that makes up more than 1/24 of the stream is among them. Merging keeps both.
///
/// Source: Metwally, Agrawal and El Abbadi, "Efficient computation of frequent and top-k elements" (2005); merging as in
/// Agarwal and others, "Mergeable summaries" (2012).
package struct TopValues: Hashable, Sendable {
    /// One counted value.
    package struct Entry: Hashable, Sendable {
        /// What was counted.
        package var value: Value
        /// How often it was seen, at most.
        package var count: UInt64
        /// By how much `count` may be too high.
        package var excess: UInt64
    }

    /// Counters.
    package static let capacity = 24

    /// In no order.
    private(set) var entries: [Entry] = []
    /// Whether nothing was ever pushed out: every count is exact, and there are no other values.
    package private(set) var isComplete = true

    package init() {}

    /// - Returns: `nil` for too many entries, one value twice, or counts that cannot be.
    init?(entries: [Entry], isComplete: Bool) {
        guard entries.count <= Self.capacity, Set(entries.map(\.value)).count == entries.count,
            entries.allSatisfy({ $0.count > 0 && $0.excess < $0.count && !(isComplete && $0.excess > 0) })
        else { return nil }
        (self.entries, self.isComplete) = (entries, isComplete)
    }

    mutating func add(_ value: Value) {
        if let index = entries.firstIndex(where: { $0.value == value }) {
            entries[index].count &+= 1
        } else if entries.count < Self.capacity {
            if entries.isEmpty { entries.reserveCapacity(Self.capacity) }
            entries.append(Entry(value: value, count: 1, excess: 0))
        } else if let index = entries.indices.min(by: { entries[$0].count < entries[$1].count }) {
            isComplete = false
            let smallest = entries[index].count
            entries[index] = Entry(value: value, count: smallest &+ 1, excess: smallest)
        }
    }

    mutating func merge(_ other: TopValues) {
        let (mine, theirs) = (floor, other.floor)
        var all: [Value: Entry] = [:]
        for entry in entries { all[entry.value] = entry }
        for entry in other.entries {
            let before = all[entry.value] ?? Entry(value: entry.value, count: mine, excess: mine)
            all[entry.value] = Entry(
                value: entry.value, count: before.count &+ entry.count, excess: before.excess &+ entry.excess)
        }
        let others = Set(other.entries.map(\.value))
        for entry in entries where !others.contains(entry.value) {
            all[entry.value] = Entry(
                value: entry.value, count: entry.count &+ theirs, excess: entry.excess &+ theirs)
        }
        isComplete = isComplete && other.isComplete && all.count <= Self.capacity
        var kept = all.values.sorted { ($1.count, $0.value) < ($0.count, $1.value) }
        if kept.count > Self.capacity { kept.removeLast(kept.count - Self.capacity) }
        entries.removeAll(keepingCapacity: true)
        entries.append(contentsOf: kept)
    }

    /// What a value that is not here may have been counted.
    private var floor: UInt64 { isComplete ? 0 : entries.map(\.count).min() ?? 0 }

    /// Most frequent first; of equally frequent ones the smaller value.
    package var ranked: [Entry] { entries.sorted { ($1.count, $0.value) < ($0.count, $1.value) } }

    /// Forgets everything and counts no more; for numbers that are told apart by size alone.
    mutating func giveUp() {
        entries = []
        isComplete = false
    }
}
