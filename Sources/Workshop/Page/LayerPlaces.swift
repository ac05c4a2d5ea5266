/// Finds where on its layer each box stands: as near as can be to its neighbours, in the order that is given.
struct LayerPlaces {
    /// The middle of each box or track point, the leftmost edge at 0.
    private(set) var xs: [Double]

    private let graph: LayeredGraph
    private let widths: [Double]
    private let gap: Double
    private static let sweeps = 14

    init(_ graph: LayeredGraph, widths: [Double], gap: Double) {
        self.graph = graph
        self.widths = widths
        self.gap = gap
        xs = Array(repeating: 0, count: graph.count)
        for layer in graph.layers { settle(layer, wanted: layer.map { _ in 0 }) }
        for sweep in 0..<Self.sweeps {
            let isDown = sweep.isMultiple(of: 2)
            for index in isDown ? Array(graph.layers.indices) : graph.layers.indices.reversed() {
                let layer = graph.layers[index]
                let isLast = sweep >= Self.sweeps - 2
                settle(layer, wanted: layer.map { wanted($0, isDown: isDown, both: isLast) })
            }
        }
        let left = xs.indices.map { xs[$0] - widths[$0] / 2 }.min() ?? 0
        for index in xs.indices { xs[index] -= left }
    }

    /// The mean place of the neighbours, in which tracks weigh more so that they are straight.
    private func wanted(_ vertex: Int, isDown: Bool, both: Bool) -> Double {
        let near = both ? graph.above[vertex] + graph.below[vertex] : isDown ? graph.above[vertex] : graph.below[vertex]
        var (sum, weight) = (0.0, 0.0)
        for other in near {
            let isTrack = widths[vertex] < 20 && widths[other] < 20
            sum += xs[other] * (isTrack ? 8 : 1)
            weight += isTrack ? 8 : 1
        }
        // A weak pull to the axis, without which a long graph drifts aside.
        return weight > 0 ? sum / (weight * 1.02) : xs[vertex]
    }

    /// Puts a layer as near to the wanted places as its order and the gaps allow: the least squares, by pooling
    /// neighbours that would overlap.
    ///
    /// Source: Ayer et al., "An Empirical Distribution Function for Sampling with Incomplete Information" (1955).
    private mutating func settle(_ layer: [Int], wanted: [Double]) {
        var offset = 0.0
        var offsets: [Double] = []
        var pools: [(sum: Double, count: Int)] = []
        for (place, vertex) in layer.enumerated() {
            if place > 0 { offset += (widths[layer[place - 1]] + widths[vertex]) / 2 + gap }
            offsets.append(offset)
            pools.append((wanted[place] - offset, 1))
            while pools.count > 1 {
                let (last, before) = (pools[pools.count - 1], pools[pools.count - 2])
                guard before.sum / Double(before.count) > last.sum / Double(last.count) else { break }
                pools.removeLast()
                pools[pools.count - 1] = (before.sum + last.sum, before.count + last.count)
            }
        }
        var place = 0
        for pool in pools {
            for _ in 0..<pool.count {
                xs[layer[place]] = pool.sum / Double(pool.count) + offsets[place]
                place += 1
            }
        }
    }
}
