import Testing

@testable import Workshop

@Suite struct LayerLayoutTests {
    private typealias Edge = LayerLayout.Edge

    /// A generator whose numbers are the same in every run (SplitMix64).
    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    @Test func aChainStandsInALine() {
        let layout = LayerLayout(
            boxes: Array(repeating: .init(width: 80, height: 40), count: 4),
            edges: (0..<3).map { Edge(from: $0, to: $0 + 1) },
            inputs: 1)
        #expect(Set(layout.centres.map(\.x)) == [40])
        #expect(layout.centres.map(\.y) == [20, 100, 180, 260])
        #expect(layout.size == .init(width: 80, height: 280))
    }

    @Test func twoBranchesStandBesideEachOtherUnderTheMiddle() {
        let layout = LayerLayout(
            boxes: Array(repeating: .init(width: 60, height: 40), count: 4),
            edges: [Edge(from: 0, to: 1), Edge(from: 0, to: 2), Edge(from: 1, to: 3), Edge(from: 2, to: 3)], inputs: 1)
        #expect(layout.centres[1].y == layout.centres[2].y)
        #expect(abs(layout.centres[1].x - layout.centres[2].x) >= 60 + 24)
        #expect(abs(layout.centres[0].x - (layout.centres[1].x + layout.centres[2].x) / 2) < 1)
        #expect(abs(layout.centres[0].x - layout.centres[3].x) < 1)
    }

    @Test func whatReadsNothingStandsAboveItsFirstReader() {
        // 3 is a constant that only the last box reads.
        let layout = LayerLayout(
            boxes: Array(repeating: .init(width: 60, height: 40), count: 5),
            edges: [Edge(from: 0, to: 1), Edge(from: 1, to: 2), Edge(from: 2, to: 4), Edge(from: 3, to: 4)], inputs: 1)
        #expect(layout.centres[3].y == layout.centres[2].y)
    }

    @Test func whatIsMadeOfConstantsStandsBesideThem() {
        // 1 -> 2 -> 6 reads no input; 0 -> 3 -> 4 -> 5 -> 6 is the trunk.
        let layout = LayerLayout(
            boxes: Array(repeating: .init(width: 60, height: 40), count: 7),
            edges: [
                Edge(from: 1, to: 2), Edge(from: 2, to: 6), Edge(from: 0, to: 3), Edge(from: 3, to: 4),
                Edge(from: 4, to: 5),
                Edge(from: 5, to: 6),
            ], inputs: 1)
        #expect(layout.centres[2].y == layout.centres[5].y && layout.centres[1].y == layout.centres[4].y)
    }

    @Test func linesThatCrossedAreUntangled() {
        // 0 -> 3, 1 -> 2: in the order of the file they cross.
        let layout = LayerLayout(
            boxes: Array(repeating: .init(width: 60, height: 40), count: 4),
            edges: [Edge(from: 0, to: 3), Edge(from: 1, to: 2)],
            inputs: 2)
        #expect((layout.centres[0].x < layout.centres[1].x) == (layout.centres[3].x < layout.centres[2].x))
    }

    @Test func emptyAndLonelyAreFine() {
        #expect(LayerLayout(boxes: [], edges: [], inputs: 0).size == .init(width: 0, height: 0))
        let lonely = LayerLayout(
            boxes: [.init(width: 10, height: 10)], edges: [Edge(from: 0, to: 0), Edge(from: 0, to: 7)], inputs: 1)
        #expect(lonely.centres == [.init(x: 5, y: 5)] && lonely.routes == [[], []])
    }

    /// For any graph without cycles: boxes do not overlap, edges run down, routes begin and end at their boxes.
    @Test(arguments: 0..<30) func anyGraphIsPlaced(seed: Int) {
        var generator = Seeded(state: UInt64(seed))
        let count = Int.random(in: 1...120, using: &generator)
        let boxes = (0..<count).map { _ in
            LayerLayout.Size(width: Double.random(in: 40...200, using: &generator), height: 44)
        }
        let edges = (0..<Int.random(in: 0...count * 2, using: &generator)).compactMap { _ -> Edge? in
            let (a, b) = (Int.random(in: 0..<count, using: &generator), Int.random(in: 0..<count, using: &generator))
            return a == b ? nil : Edge(from: min(a, b), to: max(a, b))
        }
        let layout = LayerLayout(boxes: boxes, edges: edges, inputs: seed % 4)
        for (a, b) in pairs(count) where layout.centres[a].y == layout.centres[b].y {
            let apart = abs(layout.centres[a].x - layout.centres[b].x)
            #expect(apart >= (boxes[a].width + boxes[b].width) / 2 - 0.001, "\(seed): \(a) and \(b)")
        }
        for (edge, route) in zip(edges, layout.routes) {
            #expect(zip(route, route.dropFirst()).allSatisfy { $0.y < $1.y }, "\(seed): \(edge)")
            #expect(route.first?.x == layout.centres[edge.from].x && route.last?.x == layout.centres[edge.to].x)
        }
        #expect(layout.centres.allSatisfy { $0.x.isFinite && $0.x >= 0 && $0.x <= layout.size.width })
    }

    private func pairs(_ count: Int) -> [(Int, Int)] {
        (0..<count).flatMap { a in ((a + 1)..<max(count, a + 1)).map { (a, $0) } }
    }

    /// 1,500 boxes with long edges: ends, and within the memory that tracks may take.
    @Test func aLargeGraphIsPlaced() {
        let edges = (1..<1500).flatMap { [Edge(from: $0 - 1, to: $0), Edge(from: max(0, $0 - 40), to: $0)] }
        let layout = LayerLayout(
            boxes: Array(repeating: .init(width: 90, height: 44), count: 1500), edges: edges, inputs: 1)
        #expect(layout.centres.count == 1500 && layout.routes.allSatisfy { $0.count >= 2 })
    }
}
