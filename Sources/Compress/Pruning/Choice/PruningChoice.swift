/// How much is to be cut, and within which bounds.
package struct PruningBounds: Hashable, Sendable {
    /// The share of the operations of layers with weights that are to go, from 0 to 1.
    package var share: Double
    /// What is left of an axis is a multiple of it: kernels work on that many channels at a time, and what is between two
    /// multiples costs more than the larger.
    package var multiple = 16
    /// The least share of an axis that stays.
    package var floor = 0.25

    package init(share: Double) {
        self.share = share
    }
}

/// Which channels go: the cheapest loss for what it saves, step by step, until enough is saved.
package struct PruningChoice: Sendable {
    package private(set) var channels: [Channel] = []
    /// By group, how many of its channels go.
    package private(set) var counts: [Int]
    /// The share of operations that goes, as counted.
    package private(set) var saved = 0.0
    /// Whether operations were counted, not weights.
    package let countsOperations: Bool

    /// - Parameter losses: by group and channel, what is lost with it, in one unit for all.
    /// - Precondition: as many losses as channels.
    package init(_ groups: ChannelGroups, losses: [[Double]], _ bounds: PruningBounds) {
        var costs = ChannelCosts(groups)
        countsOperations = costs.countsOperations
        counts = groups.groups.map { _ in 0 }
        let orders = losses.map { own in own.indices.sorted { (own[$0], $0) < (own[$1], $1) } }
        var rest = costs.total * min(max(bounds.share, 0), 1)
        let total = costs.total
        while rest > 0 {
            var best: (group: Int, steps: Int, rate: Double, saving: Double)?
            for (number, group) in groups.groups.enumerated() {
                guard let steps = Self.step(group, counts[number], bounds) else { continue }
                let next = orders[number][counts[number]..<(counts[number] + steps)]
                let saving = costs.saving(next.map { group.channels[$0] })
                guard saving > 0 else { continue }
                let rate = next.reduce(0) { $0 + losses[number][$1] } / saving
                if rate < best?.rate ?? .infinity { best = (number, steps, rate, saving) }
            }
            guard let best else { break }
            let range = counts[best.group]..<(counts[best.group] + best.steps)
            let chosen = orders[best.group][range].map { groups.groups[best.group].channels[$0] }
            costs.cut(chosen)
            channels += chosen
            counts[best.group] += best.steps
            rest -= best.saving
            if total > 0 { saved += best.saving / total }
        }
    }

    /// How many channels go at a time, so that what is left is a multiple; `nil` when no more may go.
    private static func step(_ group: ChannelGroup, _ gone: Int, _ bounds: PruningBounds) -> Int? {
        let (width, multiple) = (group.width, max(bounds.multiple, 1))
        let least = max(Int((Double(group.size) * bounds.floor).rounded(.up)), width, 1)
        for steps in 1...max(1, group.channels.count) where gone + steps <= group.channels.count {
            let left = group.size - (gone + steps) * width
            guard left >= least, left > 0 else { return nil }
            // Heads that are no multiple go one by one.
            if left.isMultiple(of: multiple) || width > 1 && !width.isMultiple(of: multiple) && width * 2 > multiple {
                return steps
            }
        }
        return nil
    }
}
