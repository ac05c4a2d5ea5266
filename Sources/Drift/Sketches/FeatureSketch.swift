/// Everything that is kept about one feature: at most 12 kB, whatever the traffic.
///
/// A value: two of the same feature, of other times or other replicas, can be merged.
package struct FeatureSketch: Hashable, Sendable {
    /// What makes two values of a feature different.
    package enum Kind: UInt8, Sendable, Hashable {
        /// Their distance.
        case number = 0
        /// That they are not the same: texts, booleans, classes.
        case category = 1
    }

    /// Larger magnitudes are counted as out of range, as infinities are: their squares would have no end.
    package static let largestMagnitude = 1e140
    /// Counters of hashed categories.
    package static let bucketCount = 64

    /// What makes two values different.
    package let kind: Kind
    /// What counts as in range; `nil` for everything. Not part of what is stored: a window has its reference's.
    package var bounds: ClosedRange<Double>?
    /// Values so far, the missing ones with them.
    package private(set) var count: UInt64 = 0
    /// Numbers that are NaN.
    package private(set) var missing: UInt64 = 0
    /// Numbers out of `bounds`, or infinite.
    package private(set) var outside: UInt64 = 0
    /// Of numbers.
    package private(set) var moments = Moments()
    /// Of numbers that are told apart by size.
    package private(set) var quantiles = QuantileSketch()
    /// How many different values there are.
    package private(set) var distinct = DistinctSketch()
    /// The most frequent values. Numbers have them as long as they are complete.
    package private(set) var top = TopValues()
    /// Categories by hash: exact counts, however many there are. Empty for numbers.
    package private(set) var buckets: [UInt64]

    /// - Parameter bounds: what counts as in range.
    package init(_ kind: Kind, bounds: ClosedRange<Double>? = nil) {
        self.kind = kind
        self.bounds = bounds
        buckets = kind == .category ? [UInt64](repeating: 0, count: Self.bucketCount) : []
    }

    /// Values that can be compared: neither missing nor infinite.
    package var present: UInt64 { kind == .number ? moments.count : count &- missing }

    /// Takes in one number.
    package mutating func add(_ number: Double) {
        count &+= 1
        guard !number.isNaN else { return missing &+= 1 }
        guard number.magnitude <= Self.largestMagnitude else { return addInfinite(number) }
        if let bounds, !bounds.contains(number) { outside &+= 1 }
        moments.add(number)
        let value = Value(number: number)
        if kind == .category { return count(value) }
        quantiles.add(number)
        distinct.add(hash: value.hash)
        if top.isComplete { countIfFew(value) }
    }

    /// Takes in one text; of a feature of numbers it is a missing one.
    package mutating func add(text: some Collection<UInt8>) {
        count &+= 1
        guard kind == .category else { return missing &+= 1 }
        count(Value(text: text))
    }

    private mutating func addInfinite(_ number: Double) {
        outside &+= 1
        if kind == .category { count(Value(number: number)) }
    }

    private mutating func count(_ value: Value) {
        let hash = value.hash
        distinct.add(hash: hash)
        buckets[Int(hash % UInt64(Self.bucketCount))] &+= 1
        top.add(value)
    }

    private mutating func countIfFew(_ value: Value) {
        top.add(value)
        if !top.isComplete { top.giveUp() }
    }

    /// Takes in what another sketch of the same feature saw.
    ///
    /// - Returns: `false`, and nothing is changed, when the kinds differ.
    @discardableResult
    package mutating func merge(_ other: FeatureSketch) -> Bool {
        guard kind == other.kind else { return false }
        count &+= other.count
        missing &+= other.missing
        outside &+= other.outside
        moments.merge(other.moments)
        quantiles.merge(other.quantiles)
        distinct.merge(other.distinct)
        for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        if kind == .category {
            top.merge(other.top)
        } else if top.isComplete, other.top.isComplete {
            top.merge(other.top)
            if !top.isComplete { top.giveUp() }
        } else {
            top.giveUp()
        }
        return true
    }

    /// Bytes that it holds, its buffers with it.
    package var memoryBytes: Int {
        let texts = top.entries.reduce(0) {
            if case .text(let text) = $1.value { $0 + text.utf8.count + 33 } else { $0 }
        }
        return MemoryLayout<FeatureSketch>.size + quantiles.memoryBytes + distinct.registers.capacity
            + top.memoryBytes + texts + buckets.capacity * 8
    }
}

extension FeatureSketch {
    /// What a stored sketch says.
    ///
    /// - Returns: `nil` when its parts contradict one another.
    init?(
        kind: Kind, count: UInt64, missing: UInt64, outside: UInt64, moments: Moments, quantiles: QuantileSketch,
        distinct: DistinctSketch, top: TopValues, buckets: [UInt64]
    ) {
        self.init(kind)
        guard missing <= count, outside <= count, moments.count <= count - missing,
            kind == .category || quantiles.count == moments.count,
            buckets.count == self.buckets.count, buckets.allSatisfy({ $0 <= count }),
            buckets.reduce(0, &+) == (kind == .category ? count - missing : 0),
            top.entries.allSatisfy({ $0.count <= count })
        else { return nil }
        if kind == .number {
            guard top.entries.allSatisfy({ if case .number = $0.value { true } else { false } }) else { return nil }
        }
        if top.isComplete {
            guard top.entries.reduce(0, { $0 &+ $1.count }) == (kind == .number ? moments.count : count - missing)
            else { return nil }
        }
        (self.count, self.missing, self.outside) = (count, missing, outside)
        (self.moments, self.quantiles, self.distinct) = (moments, quantiles, distinct)
        (self.top, self.buckets) = (top, buckets)
    }
}

extension QuantileSketch {
    var memoryBytes: Int { items.capacity * 8 + starts.capacity * 8 }
}

extension TopValues {
    var memoryBytes: Int { entries.capacity * MemoryLayout<Entry>.stride }
}
