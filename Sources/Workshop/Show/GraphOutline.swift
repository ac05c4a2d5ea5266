import ModelGraph
import Tensors

/// A stretch of a graph in few boxes, for who draws it: told by the limited child as names and numbers, never as markup.
///
/// Nodes stand in the order in which they run. A stretch of at most `mostNodes` is told node by node; a longer one in groups of
/// neighbours: those whose names begin alike, or so many each.
package struct GraphOutline: Hashable, Sendable {
    package struct Box: Hashable, Sendable {
        package enum Kind: String, Hashable, Sendable { case input, output, node, group, outside }

        package var kind: Kind
        package var title: String
        package var line: String
        /// The whole name, or what is in a group.
        package var hint: String
        /// The nodes in it: for a box of nodes.
        package var from = 0
        package var to = 0
    }

    package struct Edge: Hashable, Sendable {
        package var from: Int
        package var to: Int
    }

    package struct Match: Hashable, Sendable {
        package var index: Int
        package var name: String
        package var operatorName: String
    }

    /// Nodes of the whole graph.
    package var nodes: Int
    package var parameters: Int
    package var from: Int
    package var to: Int
    /// Inputs first; an edge leads to a later box.
    package var boxes: [Box]
    package var edges: [Edge]
    /// What was searched for, and how many there are in all.
    package var matches: [Match]
    package var matchCount: Int
    /// What each operator is used how often, the most frequent first.
    package var operators: [(name: String, count: Int)] { counted.map { ($0.name, $0.count) } }
    fileprivate var counted: [Counted]

    fileprivate struct Counted: Hashable, Sendable {
        var name: String
        var count: Int
    }

    /// What is drawn at most: nodes, groups, inputs and outputs each, edges, matches; scalars of a text.
    package static let mostNodes = 150
    static let (mostGroups, mostPorts, mostEdges, mostMatches, longest) = (100, 24, 1500, 60, 120)
}

// MARK: - In the child

extension GraphOutline {
    /// - Parameters:
    ///   - range: the nodes to tell of; cut to those there are.
    ///   - text: searched for in names and operators, whatever the case; nothing when empty.
    init(_ model: Model, _ costs: ModelCosts, range: Range<Int>, find text: String) {
        let range = range.clamped(to: 0..<model.graph.nodes.count)
        nodes = model.graph.nodes.count
        parameters = costs.parameters
        (from, to) = (range.lowerBound, range.upperBound)
        let sketch = OutlineSketch(model, costs, range)
        (boxes, edges) = (sketch.boxes, sketch.edges)
        let found = text.isEmpty ? [] : Self.search(costs.layers, text.lowercased())
        matches = found.prefix(Self.mostMatches).map {
            Match(
                index: $0.index, name: Self.cut($0.name), operatorName: Self.cut($0.operatorName.description))
        }
        matchCount = found.count
        var counts: [String: Int] = [:]
        for layer in costs.layers { counts[layer.operatorName.type, default: 0] += 1 }
        counted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.mostPorts).map {
            Counted(name: Self.cut($0.key), count: $0.value)
        }
    }

    private static func search(_ layers: [Layer], _ text: String) -> [Layer] {
        layers.filter {
            $0.name.lowercased().contains(text) || $0.operatorName.type.lowercased().contains(text)
        }
    }

    static func cut(_ text: String) -> String { PageText.plain(text, limit: longest) }

    var json: JSONValue {
        .object([
            ("nodes", .integer(nodes)), ("parameters", .integer(parameters)), ("from", .integer(from)),
            ("to", .integer(to)),
            (
                "boxes",
                .array(
                    boxes.map { box in
                        .array([
                            .string(box.kind.rawValue), .string(box.title), .string(box.line), .string(box.hint),
                            .integer(box.from), .integer(box.to),
                        ])
                    })
            ),
            ("edges", .array(edges.map { .array([.integer($0.from), .integer($0.to)]) })),
            (
                "matches",
                .array(matches.map { .array([.integer($0.index), .string($0.name), .string($0.operatorName)]) })
            ),
            ("matchCount", .integer(matchCount)),
            ("operators", .array(counted.map { .array([.string($0.name), .integer($0.count)]) })),
        ])
    }
}

// MARK: - In the parent

extension GraphOutline {
    /// Reads what the child told, which is believed in nothing: `nil` for anything that is not as `json` writes it, or more.
    init?(json: JSONValue) {
        func number(_ value: JSONValue?) -> Int? { value?.intValue.flatMap { (0...1 << 40).contains($0) ? $0 : nil } }
        guard let nodes = number(json["nodes"]), let parameters = number(json["parameters"]),
            let from = number(json["from"]), let to = number(json["to"]), from <= to, to <= nodes,
            let boxes = json["boxes"]?.arrayValue, boxes.count <= Self.mostNodes + 2 * Self.mostPorts + 2,
            let edges = json["edges"]?.arrayValue, edges.count <= Self.mostEdges,
            let matches = json["matches"]?.arrayValue, matches.count <= Self.mostMatches,
            let matchCount = number(json["matchCount"]), let operators = json["operators"]?.arrayValue,
            operators.count <= Self.mostPorts
        else { return nil }
        (self.nodes, self.parameters, self.from, self.to, self.matchCount) = (nodes, parameters, from, to, matchCount)
        self.boxes = boxes.compactMap { box in
            guard let fields = box.arrayValue, fields.count == 6,
                let kind = fields[0].stringValue.flatMap(Box.Kind.init(rawValue:)), let title = fields[1].stringValue,
                let line = fields[2].stringValue, let hint = fields[3].stringValue, let low = number(fields[4]),
                let high = number(fields[5]), low <= high, high <= nodes
            else { return nil }
            return Box(kind: kind, title: title, line: line, hint: hint, from: low, to: high)
        }
        self.edges = edges.compactMap { edge in
            guard let ends = edge.arrayValue, ends.count == 2, let low = number(ends[0]), let high = number(ends[1]),
                low < high, high < boxes.count
            else { return nil }
            return Edge(from: low, to: high)
        }
        self.matches = matches.compactMap { match in
            guard let fields = match.arrayValue, fields.count == 3, let index = number(fields[0]), index < nodes,
                let name = fields[1].stringValue, let operatorName = fields[2].stringValue
            else { return nil }
            return Match(index: index, name: name, operatorName: operatorName)
        }
        counted = operators.compactMap { pair in
            guard let fields = pair.arrayValue, fields.count == 2, let name = fields[0].stringValue,
                let count = number(fields[1])
            else { return nil }
            return Counted(name: name, count: count)
        }
        guard self.boxes.count == boxes.count else { return nil }
    }
}

/// What the limited child tells of a stretch of a graph.
enum OutlineReport {
    static func read(path: String, range: Range<Int>, find text: String) throws -> JSONValue {
        let model = try Inspection.validated(path)
        return GraphOutline(model, model.costs(InferenceOptions()), range: range, find: text).json
    }
}

extension ChildRunner {
    /// A stretch of a model's graph in few boxes, read in the limited child.
    ///
    /// - Parameters:
    ///   - range: the nodes to tell of, in the order in which they run; cut to those there are.
    ///   - text: searched for in names and operators.
    /// - Throws: `WorkshopError` when it is no valid model.
    package func outline(path: String, range: Range<Int>, find text: String) async throws(WorkshopError) -> GraphOutline
    {
        let report = try await run(.outline(path: path, from: range.lowerBound, to: range.upperBound, find: text))
            .report
        guard let outline = GraphOutline(json: report) else {
            throw WorkshopError(.crashed, "the limited child's report is not one")
        }
        return outline
    }
}
