import ModelGraph
import Optimize

/// What channels cost: the operations of the layers that make and read them, with the layers' other axes as short as they
/// are by then.
struct ChannelCosts {
    /// A layer: what it costs whole, and the axes of its weights whose lengths it is proportional to.
    private struct Work {
        let cost: Double
        var places: [ChannelPlace]
    }

    private var works: [Int: Work] = [:]
    private var sizes: [ChannelPlace: (whole: Int, left: Int)] = [:]
    private var users: [ChannelPlace: [Int]] = [:]
    /// What all layers with weights cost when nothing is cut.
    let total: Double
    /// Whether operations are counted; elements of weights are where shapes are open.
    let countsOperations: Bool

    init(_ groups: ChannelGroups) {
        let layers = groups.view.model.costs(batch: 1).layers
        var places: [Int: Set<ChannelPlace>] = [:]
        for (place, node) in groups.makers { places[node, default: []].insert(place) }
        for (place, nodes) in groups.readers { for node in nodes { places[node, default: []].insert(place) } }
        let known = places.keys.allSatisfy { layers.indices.contains($0) && layers[$0].flops != nil }
        countsOperations = known
        for (node, own) in places {
            let cost = known ? layers[node].flops ?? 0 : layers.indices.contains(node) ? layers[node].parameters : 0
            works[node] = Work(
                cost: Double(cost), places: own.sorted { ($0.constant, $0.axis) < ($1.constant, $1.axis) })
            for place in own {
                let size = groups.constants[place]?.count ?? 1
                sizes[place] = (size, size)
                users[place, default: []].append(node)
            }
        }
        total = works.values.reduce(0) { $0 + $1.cost }
    }

    /// What a layer costs with what is left of it.
    private func cost(_ node: Int, lessening: [ChannelPlace: Int] = [:]) -> Double {
        guard let work = works[node] else { return 0 }
        return work.places.reduce(work.cost) { cost, place in
            let size = sizes[place] ?? (1, 1)
            return cost * Double(size.left - (lessening[place] ?? 0)) / Double(max(size.whole, 1))
        }
    }

    /// What cutting these would save now.
    func saving(_ channels: some Sequence<Channel>) -> Double {
        let less = Self.counted(channels)
        let touched = Set(less.keys.flatMap { users[$0] ?? [] })
        return touched.sorted().reduce(0) { $0 + cost($1) - cost($1, lessening: less) }
    }

    mutating func cut(_ channels: some Sequence<Channel>) {
        for (place, count) in Self.counted(channels) { sizes[place]?.left -= count }
    }

    private static func counted(_ channels: some Sequence<Channel>) -> [ChannelPlace: Int] {
        var less: [ChannelPlace: Int] = [:]
        for channel in channels { for (place, indices) in channel.places { less[place, default: 0] += indices.count } }
        return less
    }
}
