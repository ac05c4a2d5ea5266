import ModelGraph
import Tensors

/// The main graph as SVG: a box for each input, node and output, a line for each value that goes from one to another.
struct GraphPicture {
    private(set) var svg = ""
    private(set) var edgeCount = 0
    /// Boxes that stand in the picture.
    private(set) var boxCount = 0

    /// A picture of more boxes shows nothing, and its page is slow.
    static let mostBoxes = 20_000

    private struct Box {
        var id: String
        var style: String
        var title: String
        var line: String
        var hint: String
    }

    init(_ model: Model, _ costs: ModelCosts) {
        let inputs = model.graph.requiredInputs
        let outputs = model.graph.outputs
        var boxes: [Box] = inputs.enumerated().map { index, value in
            Box(
                id: "i\(index)", style: "port", title: Self.short(value.name), line: Self.short(typeText(value)),
                hint: "input \(value.name)")
        }
        var makers: [String: Int] = [:]
        for (index, value) in inputs.enumerated() { makers[value.name] = index }
        var edges: [LayerLayout.Edge] = []
        func connect(_ name: String, to box: Int) {
            if let maker = makers[name], !edges.suffix(8).contains(.init(from: maker, to: box)) {
                edges.append(.init(from: maker, to: box))
            }
        }
        for (layer, node) in zip(costs.layers, model.graph.nodes).prefix(Self.mostBoxes) {
            let box = boxes.count
            boxes.append(Self.box(layer))
            for name in Self.read(by: node) { connect(name, to: box) }
            for name in node.outputs where !name.isEmpty { makers[name] = box }
        }
        for (index, value) in outputs.enumerated() {
            let box = boxes.count
            boxes.append(
                Box(
                    id: "o\(index)", style: "port", title: Self.short(value.name), line: Self.short(typeText(value)),
                    hint: "output \(value.name)"))
            connect(value.name, to: box)
        }
        boxCount = boxes.count
        edgeCount = edges.count
        draw(boxes, edges, inputs: inputs.count)
    }

    /// What a node reads, and what its bodies read from outside.
    private static func read(by node: Node) -> [String] {
        guard !node.subgraphs.isEmpty else { return node.inputs }
        var names = node.inputs
        for graph in node.subgraphs { for inner in graph.nodes { names += inner.inputs } }
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    private static func box(_ layer: Layer) -> Box {
        let shape = layer.outputs.first?.type.map(shapeText) ?? "?"
        return Box(
            id: "n\(layer.index)", style: OperatorFamily.of(layer.operatorName.type),
            title: short(layer.operatorName.type),
            line: short(shape), hint: layer.name)
    }

    /// `64 × 56 × 56`: a type in as few words as a box has room for.
    static func shapeText(_ type: ValueType) -> String {
        guard case .tensor(let tensor) = type.kind else { return type.description }
        guard let dimensions = tensor.dimensions else { return "[…]" }
        return dimensions.isEmpty ? "scalar" : dimensions.map(\.description).joined(separator: " × ")
    }

    private static func short(_ text: String) -> String { PageText.plain(text, limit: 28) }

    // MARK: - Drawing

    private static let margin = 24.0
    private static let boxHeight = 44.0

    private mutating func draw(_ boxes: [Box], _ edges: [LayerLayout.Edge], inputs: Int) {
        let sizes = boxes.map { box in
            let columns = max(Double(PageText.columns(box.title)) * 8.4, Double(PageText.columns(box.line)) * 6.4)
            return LayerLayout.Size(width: min(280, max(72, columns + 28)), height: Self.boxHeight)
        }
        let layout = LayerLayout(boxes: sizes, edges: edges, inputs: inputs)
        let width = layout.size.width + 2 * Self.margin
        let height = layout.size.height + 2 * Self.margin
        svg = """
            <svg id="graph" xmlns="http://www.w3.org/2000/svg" width="\(Self.text(width))" height="\(Self.text(height))" \
            viewBox="0 0 \(Self.text(width)) \(Self.text(height))" role="img" aria-label="The graph as boxes and lines">
            <g id="lines">

            """
        for route in layout.routes where route.count > 1 { svg += "<path d=\"\(Self.path(route))\"/>\n" }
        svg += "</g>\n<g id=\"boxes\">\n"
        for (index, box) in boxes.enumerated() { svg += Self.element(box, sizes[index], layout.centres[index]) }
        svg += "</g>\n</svg>\n"
    }

    private static func element(_ box: Box, _ size: LayerLayout.Size, _ centre: LayerLayout.Point) -> String {
        let x = centre.x - size.width / 2 + margin
        let y = centre.y - size.height / 2 + margin
        let middle = text(size.width / 2)
        return """
            <g id="\(box.id)" class="box \(box.style)" transform="translate(\(text(x)) \(text(y)))">\
            <title>\(PageText.escaped(box.hint))</title>\
            <rect width="\(text(size.width))" height="\(text(size.height))" rx="7"/>\
            <text x="\(middle)" y="18" class="what">\(PageText.escaped(box.title))</text>\
            <text x="\(middle)" y="34" class="dims">\(PageText.escaped(box.line))</text></g>

            """
    }

    /// Down, over, down: curves whose ends are upright. Pieces that go straight down are one.
    private static func path(_ points: [LayerLayout.Point]) -> String {
        var result = "M\(text(points[0].x + margin)) \(text(points[0].y + margin))"
        var x = points[0].x
        var down: Double?
        for (index, end) in points.enumerated().dropFirst() {
            let start = points[index - 1]
            // Tracks may be off by a little; ends are not.
            if abs(x - end.x) < (index + 1 < points.count ? 6 : 1) {
                down = end.y
                continue
            }
            if let y = down { result += "V\(text(y + margin))" }
            down = nil
            let middle = text((start.y + end.y) / 2 + margin)
            let to = text(end.x + margin)
            result += "C\(text(x + margin)) \(middle) \(to) \(middle) \(to) \(text(end.y + margin))"
            x = end.x
        }
        if let y = down { result += "V\(text(y + margin))" }
        return result
    }

    /// One place behind the point.
    static func text(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths.isMultiple(of: 10) ? String(tenths / 10) : "\(Double(tenths) / 10)"
    }
}

/// Operators that do the same kind of work have the same colour.
package enum OperatorFamily {
    /// A class for the style sheet.
    package static func of(_ type: String) -> String {
        let name = type.lowercased()
        func has(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
        if has("quant", "integer", "qlinear") { return "quantised" }
        if has("conv") { return "convolution" }
        if has("gemm", "matmul", "attention", "einsum", "linear", "lstm", "gru", "svm") || name == "rnn" {
            return "matrix"
        }
        if has("norm", "lrn") { return "norm" }
        if has("pool", "reduce", "argm", "topk") { return "pool" }
        if has("relu", "elu", "sigmoid", "tanh", "softmax", "softplus", "softsign", "swish", "mish", "clip", "erf") {
            return "activation"
        }
        if has("tree", "encoder", "scaler", "imputer", "zipmap", "binarizer", "normalizer") { return "classic" }
        if has(
            "reshape", "transpose", "flatten", "squeeze", "concat", "split", "slice", "gather", "shape", "expand",
            "cast",
            "pad", "tile", "identity", "constant", "resize", "upsample", "scatter", "depth", "dropout", "range", "where"
        ) {
            return "shape"
        }
        return "plain"
    }
}

/// The declared type of an input or output.
func typeText(_ value: ValueInfo) -> String { value.type?.description ?? "no declared type" }
