import ModelGraph
import Tensors
import Testing

@testable import Workshop

@Suite struct GraphOutlineTests {
    /// A chain of so many nodes, each named as told.
    private static func chain(_ count: Int, name: (Int) -> String = { "block\($0 / 10)/node\($0)" }) -> Model {
        let nodes = (0..<count).map { index in
            Node(index.isMultiple(of: 2) ? "Relu" : "Neg", ["v\(index)"], ["v\(index + 1)"], name: name(index))
        }
        let graph = Graph(
            "chain", nodes: nodes, inputs: [ValueInfo("v0", .float32, [.fixed(4)])],
            outputs: [ValueInfo("v\(count)", .float32, [.fixed(4)])])
        return Model(graph, opset: 17, irVersion: 8)
    }

    private static func outline(_ model: Model, _ range: Range<Int> = 0..<Int.max, find: String = "") -> GraphOutline {
        GraphOutline(model, model.costs(), range: range, find: find)
    }

    @Test func aSmallGraphIsToldNodeByNode() {
        let outline = Self.outline(Self.chain(5))
        #expect(outline.boxes.map(\.kind) == [.input, .node, .node, .node, .node, .node, .output])
        #expect(outline.boxes.map(\.title) == ["v0", "Relu", "Neg", "Relu", "Neg", "Relu", "v5"])
        #expect(outline.edges == (0..<6).map { .init(from: $0, to: $0 + 1) })
        #expect(outline.operators.map(\.name) == ["Relu", "Neg"])
    }

    @Test func aLargeGraphIsToldInGroupsByName() {
        let outline = Self.outline(Self.chain(600))
        #expect(outline.boxes.count == 62 && outline.boxes[1].title == "block0")
        #expect(outline.boxes[1].line == "10: Neg ×5, Relu ×5" && outline.boxes[1].to == 10)
        #expect(outline.edges.count == 61)
    }

    @Test(arguments: [151, 1000, 5000]) func namesThatTellNothingMakeGroupsOfOneSize(count: Int) {
        for name in [{ _ in "" }, { "\($0)" }, { "a\($0)/b" }] as [(Int) -> String] {
            let outline = Self.outline(Self.chain(count, name: name))
            let groups = outline.boxes.filter { $0.kind == .group || $0.kind == .node }
            #expect(groups.count <= 100 && groups.count > 40)
            #expect(groups.first?.from == 0 && groups.last?.to == count)
            #expect(zip(groups, groups.dropFirst()).allSatisfy { $0.to == $1.from })
        }
    }

    @Test func aStretchSaysWhereItComesFromAndGoesTo() {
        let outline = Self.outline(Self.chain(600), 100..<104)
        #expect(outline.boxes.map(\.kind) == [.outside, .node, .node, .node, .node, .outside])
        #expect(outline.edges == (0..<5).map { .init(from: $0, to: $0 + 1) })
        #expect(Self.outline(Self.chain(600), 100..<100).boxes.allSatisfy { $0.kind == .outside })
        #expect(Self.outline(Self.chain(6), 50..<60).from == 6, "there are no more")
    }

    @Test(arguments: [("NODE59", 11), ("neg", 300), ("nothing", 0), ("", 0)])
    func nodesAreFound(text: String, count: Int) {
        let outline = Self.outline(Self.chain(600), find: text)
        #expect(outline.matchCount == count && outline.matches.count == min(60, count))
    }

    @Test func whatIsToldIsReadBack() {
        for outline in [Self.outline(Self.chain(5), find: "neg"), Self.outline(Self.chain(600), 3..<400)] {
            #expect(GraphOutline(json: outline.json) == outline)
        }
    }

    /// Whatever a hostile file makes of the child: nothing of it is more than names and small numbers.
    @Test(arguments: [
        #"{"nodes": -1}"#, #"{"nodes": 5, "from": 4, "to": 3}"#, #"{"to": 6}"#, #"{"boxes": [["node"]]}"#,
        #"{"boxes": [["script", "", "", "", 0, 1]]}"#, #"{"boxes": [["node", 1, "", "", 0, 1]]}"#,
        #"{"boxes": [["node", "", "", "", 0, 99]]}"#, #"{"boxes": 1}"#, #"{"matchCount": "many"}"#,
        #"{"parameters": 1e300}"#,
    ]) func anotherReportIsRefused(change: String) throws {
        let base: [(String, JSONValue)] = [
            ("nodes", 5), ("parameters", 0), ("from", 0), ("to", 5), ("boxes", .array([])), ("edges", .array([])),
            ("matches", .array([])), ("matchCount", 0), ("operators", .array([])),
        ]
        #expect(GraphOutline(json: .object(base)) != nil)
        let changed = try JSONValue.parse(Array(change.utf8))
        #expect(GraphOutline(json: .object(base.map { ($0.0, changed[$0.0] ?? $0.1) })) == nil)
    }

    @Test func edgesThatLeadNowhereAreLeftOut() {
        let box = JSONValue.array(["node", "", "", "", 0, 1])
        let json = JSONValue.object([
            ("nodes", 5), ("parameters", 0), ("from", 0), ("to", 5), ("boxes", .array([box, box])),
            ("edges", .array([[0, 1], [1, 0], [0, 0], [0, 9], [-1, 1], [0], "x"])), ("matches", .array([])),
            ("matchCount", 0), ("operators", .array([])),
        ])
        #expect(GraphOutline(json: json)?.edges == [.init(from: 0, to: 1)])
        let many = JSONValue.array(Array(repeating: box, count: 1000))
        #expect(GraphOutline(json: .object([("nodes", 5), ("boxes", many)])) == nil)
    }

    @Test func itTravelsAsArguments() {
        let task = ChildTask.outline(path: "/a b", from: 3, to: 9, find: "--help")
        #expect(ChildTask(arguments: task.arguments.dropFirst()) == task)
        #expect(ChildTask(arguments: ["outline", "/a", "9", "3", ""]) == nil)
        #expect(ChildTask(arguments: ["outline", "/a", "-1", "3", ""]) == nil)
    }
}
