import ModelGraph

/// Boxes and edges of a stretch of a graph.
struct OutlineSketch {
    private(set) var boxes: [GraphOutline.Box] = []
    private(set) var edges: [GraphOutline.Edge] = []

    private let model: Model
    private let costs: ModelCosts
    private let range: Range<Int>
    private var known: Set<GraphOutline.Edge> = []

    init(_ model: Model, _ costs: ModelCosts, _ range: Range<Int>) {
        (self.model, self.costs, self.range) = (model, costs, range)
        let isWhole = range.count == model.graph.nodes.count
        // Who makes a value: a box, or somebody before the stretch.
        var makers: [String: Int] = [:]
        for value in model.graph.requiredInputs.prefix(isWhole ? GraphOutline.mostPorts : 0) {
            makers[value.name] = boxes.count
            boxes.append(Self.port(.input, value))
        }
        if !isWhole, range.lowerBound > 0 || !model.graph.requiredInputs.isEmpty {
            boxes.append(Self.outside("from before", "what earlier nodes and inputs give"))
            for name in Self.made(model, before: range.lowerBound) { makers[name] = 0 }
        }
        let groups =
            range.count <= GraphOutline.mostNodes ? range.map { $0..<$0 + 1 } : Self.groups(costs.layers, range)
        for group in groups { add(group, &makers) }
        if isWhole {
            for value in model.graph.outputs.prefix(GraphOutline.mostPorts) {
                boxes.append(Self.port(.output, value))
                if let maker = makers[value.name] { connect(maker, boxes.count - 1) }
            }
        } else if range.upperBound <= model.graph.nodes.count {
            addRest(makers)
        }
    }

    private mutating func add(_ group: Range<Int>, _ makers: inout [String: Int]) {
        let box = boxes.count
        boxes.append(group.count == 1 ? Self.node(costs.layers[group.lowerBound]) : Self.group(costs.layers[group]))
        for index in group {
            for name in Self.read(by: model.graph.nodes[index]) {
                if let maker = makers[name], maker != box { connect(maker, box) }
            }
            for name in model.graph.nodes[index].outputs where !name.isEmpty { makers[name] = box }
        }
    }

    /// One box for all that reads what the stretch makes.
    private mutating func addRest(_ makers: [String: Int]) {
        var wanted = Set(model.graph.outputs.map(\.name))
        for node in model.graph.nodes[range.upperBound...] { wanted.formUnion(Self.read(by: node)) }
        let first = boxes.firstIndex { $0.kind == .node || $0.kind == .group } ?? 0
        let sources = Set(makers.filter { wanted.contains($0.key) && $0.value >= first }.map(\.value))
        guard !sources.isEmpty else { return }
        boxes.append(Self.outside("goes on", "what later nodes and outputs read"))
        for source in sources.sorted() { connect(source, boxes.count - 1) }
    }

    private mutating func connect(_ from: Int, _ to: Int) {
        let edge = GraphOutline.Edge(from: from, to: to)
        guard from < to, edges.count < GraphOutline.mostEdges, known.insert(edge).inserted else { return }
        edges.append(edge)
    }

    /// What a node reads, and what its bodies read from outside.
    private static func read(by node: Node) -> [String] {
        node.inputs + node.subgraphs.flatMap { graph in graph.nodes.flatMap(\.inputs) }
    }

    private static func made(_ model: Model, before index: Int) -> [String] {
        model.graph.requiredInputs.map(\.name) + model.graph.nodes[..<index].flatMap(\.outputs).filter { !$0.isEmpty }
    }

    // MARK: - Boxes

    private static func port(_ kind: GraphOutline.Box.Kind, _ value: ValueInfo) -> GraphOutline.Box {
        GraphOutline.Box(
            kind: kind, title: PageText.plain(value.name, limit: 28), line: PageText.plain(typeText(value), limit: 28),
            hint: GraphOutline.cut("\(kind.rawValue) \(value.name)"))
    }

    private static func outside(_ title: String, _ hint: String) -> GraphOutline.Box {
        GraphOutline.Box(kind: .outside, title: title, line: "", hint: hint)
    }

    private static func node(_ layer: Layer) -> GraphOutline.Box {
        let type = layer.outputs.first?.type
        return GraphOutline.Box(
            kind: .node, title: PageText.plain(layer.operatorName.type, limit: 28),
            line: PageText.plain(type.map(GraphPicture.shapeText) ?? "?", limit: 28),
            hint: GraphOutline.cut(layer.name),
            from: layer.index, to: layer.index + 1)
    }

    private static func group(_ layers: ArraySlice<Layer>) -> GraphOutline.Box {
        var counts: [String: Int] = [:]
        for layer in layers { counts[layer.operatorName.type, default: 0] += 1 }
        let common = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let words = common.prefix(8).map { $0.value == 1 ? $0.key : "\($0.key) ×\($0.value)" }
        let (first, last) = (layers.startIndex, layers.endIndex)
        let scope = scope(layers)
        return GraphOutline.Box(
            kind: .group, title: PageText.plain(scope.isEmpty ? "nodes \(first)–\(last - 1)" : scope, limit: 28),
            line: PageText.plain("\(layers.count): \(words.prefix(2).joined(separator: ", "))", limit: 28),
            hint: GraphOutline.cut("nodes \(first) to \(last - 1): \(words.joined(separator: ", "))"), from: first,
            to: last)
    }

    /// What all names begin with, up to a separator.
    private static func scope(_ layers: ArraySlice<Layer>) -> String {
        guard var common = layers.first.map({ parts($0.name) }) else { return "" }
        for layer in layers.dropFirst() {
            common = Array(zip(common, parts(layer.name)).prefix { $0 == $1 }.map(\.0))
        }
        return common.joined(separator: "/")
    }

    // MARK: - Groups

    private static func parts(_ name: String) -> [Substring] {
        Array(name.split(whereSeparator: { $0 == "/" || $0 == "." }).dropLast())
    }

    /// Neighbours whose names begin alike, as deep as there are few enough of them; else so many each.
    private static func groups(_ layers: [Layer], _ range: Range<Int>) -> [Range<Int>] {
        for depth in stride(from: 4, through: 1, by: -1) {
            let groups = runs(layers, range, depth)
            if (8...GraphOutline.mostGroups).contains(groups.count) { return groups }
        }
        let size = (range.count + GraphOutline.mostGroups - 1) / GraphOutline.mostGroups
        return stride(from: range.lowerBound, to: range.upperBound, by: size).map { start in
            start..<min(start + size, range.upperBound)
        }
    }

    private static func runs(_ layers: [Layer], _ range: Range<Int>, _ depth: Int) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var last: [Substring] = []
        for index in range {
            let scope = Array(parts(layers[index].name).prefix(depth))
            if let group = groups.last, scope == last {
                groups[groups.count - 1] = group.lowerBound..<index + 1
            } else {
                groups.append(index..<index + 1)
                last = scope
            }
        }
        return groups
    }
}
