/// The order of a stream of numbers in fixed memory: a KLL sketch of width 256.
///
/// The rank that it gives a value, as a share of all values, is wrong by at most `rankError` (1.4 %) for every value at
/// once in 99 of 100 streams; up to 256 values it is exact. Merging sketches keeps that bound. At most `capacity`
/// numbers are held, 8 kB.
///
/// Source: Karnin, Lang and Liberty, "Optimal quantile approximation in streams" (FOCS 2016); the bound is the one
/// that Apache DataSketches publishes for its sketch of the same width (2.446 / k^0.9433).
package struct QuantileSketch: Sendable {
    /// The share of all values by which a rank may be wrong once something was thrown away.
    package static let rankError = 0.0131
    /// Values that the highest level holds.
    static let width = 256
    /// Numbers held at most.
    package static let capacity = 1000
    /// No level is narrower.
    private static let narrowest = 8
    /// Levels of a sketch that is read; 2^31 · 256 values are a thousand years of 15 a second.
    static let mostLevels = 32
    /// Levels that merging may lead to; all of them together hold less than `capacity`.
    private static let tallest = 40

    /// Level by level from the highest, whose items stand for the most values, to level 0 at the end, where values come
    /// in.
    private(set) var items: [Double] = []
    /// Where each level begins in `items`; the index is the level. One item of level `h` stands for 2^h values.
    private(set) var starts: [Int] = [0]
    /// Values so far.
    package private(set) var count: UInt64 = 0
    private var coins: SplitMix64
    /// Numbers that are held before some level is halved.
    private var allowed = width

    package init(seed: UInt64 = 1) { coins = SplitMix64(seed: seed) }

    /// - Returns: `nil` unless the levels are within the limits and their weights make up `count`.
    init?(levels: [[Double]], count: UInt64) {
        guard levels.count >= 1, levels.count <= Self.mostLevels,
            levels.reduce(0, { $0 + $1.count }) <= Self.capacity
        else { return nil }
        var weight: UInt64 = 0
        for (level, values) in levels.enumerated() { weight &+= UInt64(values.count) << UInt64(level) }
        guard weight == count else { return nil }
        coins = SplitMix64(seed: count)
        items.reserveCapacity(Self.capacity)
        starts = [Int](repeating: 0, count: levels.count)
        for level in levels.indices.reversed() {
            starts[level] = items.count
            items += levels[level]
        }
        self.count = count
        allowed = room
    }

    /// Whether every value is still there.
    package var isExact: Bool { starts.count == 1 }

    /// How far a rank may be off, as a share.
    package var error: Double { isExact ? 0 : Self.rankError }

    /// - Parameter value: finite.
    mutating func add(_ value: Double) {
        if items.isEmpty { items.reserveCapacity(Self.capacity) }
        items.append(value)
        count &+= 1
        if items.count >= allowed { compact() }
    }

    mutating func merge(_ other: QuantileSketch) {
        guard other.count > 0 else { return }
        if items.isEmpty { items.reserveCapacity(Self.capacity) }
        for level in (0..<other.starts.count).reversed() {
            while starts.count <= level { addLevel() }
            // What comes is at most `capacity` numbers; room is made before the buffer would have to grow.
            for value in other.items[other.range(level)] {
                if items.count >= allowed { compact() }
                items.insert(value, at: range(level).upperBound)
                for lower in 0..<level { starts[lower] += 1 }
            }
        }
        count &+= other.count
        if items.count >= allowed { compact() }
    }

    /// The numbers of a level.
    func range(_ level: Int) -> Range<Int> { starts[level]..<(level == 0 ? items.count : starts[level - 1]) }

    /// What a level holds before it is halved: two thirds of the one above.
    private func width(of level: Int) -> Int {
        var width = Self.width
        for _ in 0..<(starts.count - 1 - level) {
            width = width * 2 / 3
            if width <= Self.narrowest { return Self.narrowest }
        }
        return width
    }

    /// What all levels together hold.
    private var room: Int { (0..<starts.count).reduce(0) { $0 + width(of: $1) } }

    private mutating func addLevel() {
        starts.append(0)
        allowed = room
    }

    /// Leaves nothing but the highest level's first values.
    private mutating func forget() {
        items.removeLast(items.count - Self.narrowest)
        starts = starts.map { min($0, items.count) }
    }

    /// Halves the lowest level that is full: every other of its values, from a side that a coin decides, goes up.
    private mutating func compact() {
        var level = 0
        while level < starts.count - 1, range(level).count < width(of: level) { level += 1 }
        if level == starts.count - 1 {
            // No stream is that long: only merging what a forger wrote gets here. The buffer stays bounded.
            guard starts.count < Self.tallest else { return forget() }
            addLevel()
        }
        let range = range(level)
        items[range].sort()
        let isOdd = range.count % 2 == 1
        // One is left over where they are odd: the last, which stays in its level.
        let pairs = range.count / 2
        let side = Int(coins.next() & 1)
        let last = range.upperBound - 1
        let leftOver = isOdd ? items[last] : nil
        for pair in 0..<pairs { items[range.lowerBound + pair] = items[range.lowerBound + 2 * pair + side] }
        var end = range.lowerBound + pairs
        // What went up lies directly behind the level above: only the boundary moves.
        starts[level] = end
        if let leftOver {
            items[end] = leftOver
            end += 1
        }
        let removed = range.upperBound - end
        items.removeSubrange(end..<range.upperBound)
        for lower in 0..<level { starts[lower] -= removed }
    }
}

extension QuantileSketch: Hashable {
    /// Equal when they hold the same numbers: the coins to come do not count.
    package static func == (left: QuantileSketch, right: QuantileSketch) -> Bool {
        left.count == right.count && left.starts == right.starts && left.items == right.items
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(count)
        hasher.combine(items)
    }
}
