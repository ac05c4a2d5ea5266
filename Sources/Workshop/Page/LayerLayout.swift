/// Places the boxes of a graph without cycles on layers, so that every edge points down.
///
/// The steps of Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures" (1981):
/// a layer for each box, an order in each layer with few crossings, then places. An edge over several layers runs along
/// a track; edges from one box share it. All steps are linear or `n log n` in boxes and tracks.
package struct LayerLayout {
    package struct Point: Hashable { package var x: Double, y: Double }

    package struct Size: Hashable {
        package var width: Double
        package var height: Double

        package init(width: Double, height: Double) { (self.width, self.height) = (width, height) }
    }

    /// From a box to a later one.
    package struct Edge: Hashable {
        package var from: Int
        package var to: Int

        package init(from: Int, to: Int) { (self.from, self.to) = (from, to) }
    }

    /// The middle of each box.
    package private(set) var centres: [Point] = []
    /// The points that each edge runs through, from the bottom of one box to the top of another.
    package private(set) var routes: [[Point]] = []
    package private(set) var size = Size(width: 0, height: 0)

    /// Between boxes of a layer, and between layers.
    private static let gap = Size(width: 24, height: 40)
    /// The width that a track takes.
    private static let trackWidth = 10.0
    /// Beyond so many track points edges go straight: a picture of them would show nothing.
    private static let mostTracks = 300_000

    /// - Parameters:
    ///   - boxes: sizes of the boxes.
    ///   - edges: from a box to a later one; others are left out and have no route.
    ///   - inputs: how many of the boxes, the first ones, are where the graph begins.
    package init(boxes: [Size], edges: [Edge], inputs: Int) {
        var layers = LayeredGraph(boxes: boxes.count, edges: edges, inputs: inputs, mostTracks: Self.mostTracks)
        layers.order()
        let widths = (0..<layers.count).map { $0 < boxes.count ? boxes[$0].width : Self.trackWidth }
        let xs = LayerPlaces(layers, widths: widths, gap: Self.gap.width).xs
        let ys = Self.rows(layers, boxes)
        centres = boxes.indices.map { Point(x: xs[$0], y: ys.middle[layers.rank[$0]]) }
        routes = edges.map { edge in
            Self.route(edge, layers, boxes, xs, ys.middle)
        }
        size = Size(
            width: (0..<layers.count).map { xs[$0] + widths[$0] / 2 }.max() ?? 0, height: ys.height)
    }

    /// The middle of each layer, and the height of all.
    private static func rows(_ layers: LayeredGraph, _ boxes: [Size]) -> (middle: [Double], height: Double) {
        var middle: [Double] = []
        var top = 0.0
        for layer in layers.layers {
            let height = layer.map { $0 < boxes.count ? boxes[$0].height : 0 }.max() ?? 0
            middle.append(top + height / 2)
            top += height + gap.height
        }
        return (middle, max(0, top - gap.height))
    }

    private static func route(
        _ edge: Edge, _ layers: LayeredGraph, _ boxes: [Size], _ xs: [Double], _ middle: [Double]
    ) -> [Point] {
        guard layers.isDrawn(edge) else { return [] }
        let start = Point(x: xs[edge.from], y: middle[layers.rank[edge.from]] + boxes[edge.from].height / 2)
        let end = Point(x: xs[edge.to], y: middle[layers.rank[edge.to]] - boxes[edge.to].height / 2)
        let track = layers.track(of: edge).map { Point(x: xs[$0], y: middle[layers.rank[$0]]) }
        return [start] + track + [end]
    }
}
