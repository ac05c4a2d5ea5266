/// Boxes and track points on layers, and which of them are joined.
struct LayeredGraph {
    /// Boxes first, then track points.
    private(set) var count: Int
    /// The layer that each is on.
    private(set) var rank: [Int]
    /// What is on each layer, from left to right.
    private(set) var layers: [[Int]] = []
    /// Neighbours on the layer above and on that below.
    private(set) var above: [[Int]] = []
    private(set) var below: [[Int]] = []
    /// The track points of each box, from the layer after its own downwards.
    private var tracks: [[Int]]

    init(boxes: Int, edges: [LayerLayout.Edge], inputs: Int, mostTracks: Int) {
        count = boxes
        let edges = edges.filter { $0.from >= 0 && $0.from < $0.to && $0.to < boxes }
        rank = Self.ranks(boxes, edges, inputs)
        tracks = Array(repeating: [], count: boxes)
        addTracks(edges, mostTracks)
        join(edges)
        layers = Array(repeating: [], count: (rank.max() ?? -1) + 1)
        for vertex in 0..<count { layers[rank[vertex]].append(vertex) }
    }

    /// Whether the edge is one that the layout knows.
    func isDrawn(_ edge: LayerLayout.Edge) -> Bool { edge.from >= 0 && edge.from < edge.to && edge.to < tracks.count }

    /// The track points between the ends of an edge.
    func track(of edge: LayerLayout.Edge) -> ArraySlice<Int> {
        tracks[edge.from].prefix(max(0, rank[edge.to] - rank[edge.from] - 1))
    }

    /// One below the lowest that is read. What depends on no input, such as constants and what is made of them, stands
    /// right above its first reader, and so does an input.
    private static func ranks(_ boxes: Int, _ edges: [LayerLayout.Edge], _ inputs: Int) -> [Int] {
        var rank = [Int](repeating: 0, count: boxes)
        var isBound = (0..<boxes).map { $0 < inputs }
        for edge in edges.sorted(by: { ($0.to, $0.from) < ($1.to, $1.from) }) {
            rank[edge.to] = max(rank[edge.to], rank[edge.from] + 1)
            if isBound[edge.from] { isBound[edge.to] = true }
        }
        var first = [Int](repeating: .max, count: boxes)
        for edge in edges.sorted(by: { $0.from > $1.from }) {
            let to = edge.to
            if to < inputs || !isBound[to], first[to] < .max { rank[to] = first[to] - 1 }
            first[edge.from] = min(first[edge.from], rank[to])
        }
        for box in 0..<boxes where (box < inputs || !isBound[box]) && first[box] < .max { rank[box] = first[box] - 1 }
        return rank
    }

    private mutating func addTracks(_ edges: [LayerLayout.Edge], _ most: Int) {
        var furthest = rank
        for edge in edges { furthest[edge.from] = max(furthest[edge.from], rank[edge.to]) }
        for box in tracks.indices {
            let length = furthest[box] - rank[box] - 1
            guard length > 0, count - tracks.count + length <= most else { continue }
            for step in 1...length {
                tracks[box].append(count)
                rank.append(rank[box] + step)
                count += 1
            }
        }
    }

    private mutating func join(_ edges: [LayerLayout.Edge]) {
        above = Array(repeating: [], count: count)
        below = above
        for box in tracks.indices {
            var last = box
            for point in tracks[box] {
                connect(last, point)
                last = point
            }
        }
        for edge in edges {
            let step = rank[edge.to] - rank[edge.from] - 1
            let last =
                step == 0 ? edge.from : tracks[edge.from].indices.contains(step - 1) ? tracks[edge.from][step - 1] : -1
            if last >= 0 { connect(last, edge.to) }
        }
    }

    private mutating func connect(_ upper: Int, _ lower: Int) {
        below[upper].append(lower)
        above[lower].append(upper)
    }

    // MARK: - Order

    private static let sweeps = 12

    /// Orders each layer by where its neighbours are, down and up again, and keeps the order with the fewest crossings.
    mutating func order() {
        var best = layers
        var fewest = crossings()
        var position = positions()
        for sweep in 0..<Self.sweeps where fewest > 0 {
            let isDown = sweep.isMultiple(of: 2)
            for index in isDown ? Array(layers.indices) : layers.indices.reversed() {
                sort(index, by: isDown ? above : below, &position)
            }
            let found = crossings()
            if found < fewest { (fewest, best) = (found, layers) }
        }
        layers = best
    }

    private func positions() -> [Int] {
        var position = [Int](repeating: 0, count: count)
        for layer in layers { for (place, vertex) in layer.enumerated() { position[vertex] = place } }
        return position
    }

    /// Sorts a layer by the mean place of its neighbours; what has none stays where it is.
    private mutating func sort(_ index: Int, by neighbours: [[Int]], _ position: inout [Int]) {
        let keyed = layers[index].enumerated().map { place, vertex in
            let near = neighbours[vertex]
            let mean = near.isEmpty ? Double(place) : Double(near.reduce(0) { $0 + position[$1] }) / Double(near.count)
            return (key: mean, place: place, vertex: vertex)
        }
        layers[index] = keyed.sorted { ($0.key, $0.place) < ($1.key, $1.place) }.map(\.vertex)
        for (place, vertex) in layers[index].enumerated() { position[vertex] = place }
    }

    /// How often lines between neighbouring layers cross: inversions, counted with a Fenwick tree.
    private func crossings() -> Int {
        let position = positions()
        var total = 0
        for (index, layer) in layers.enumerated().dropLast() {
            var tree = [Int](repeating: 0, count: layers[index + 1].count + 1)
            var seen = 0
            for vertex in layer {
                let targets = below[vertex].map { position[$0] }
                for target in targets { total += seen - Self.sum(tree, target + 1) }
                for target in targets {
                    Self.add(&tree, target + 1)
                    seen += 1
                }
            }
        }
        return total
    }

    private static func sum(_ tree: [Int], _ index: Int) -> Int {
        var (total, index) = (0, index)
        while index > 0 {
            total += tree[index]
            index -= index & -index
        }
        return total
    }

    private static func add(_ tree: inout [Int], _ index: Int) {
        var index = index
        while index < tree.count {
            tree[index] += 1
            index += index & -index
        }
    }
}
