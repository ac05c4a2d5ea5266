import ModelGraph
import Tensors

/// The constants of a model, each with how its elements are spread.
struct Weights {
    private let constants: [TensorValue]
    /// The row of each constant, by name.
    let row: [String: Int]

    init(_ model: Model) {
        constants = model.graph.initializers
        var row: [String: Int] = [:]
        for (index, constant) in constants.enumerated() { row[constant.name] = index }
        self.row = row
    }

    func table(limit: Int, figures: Int) -> String {
        guard !constants.isEmpty else { return "" }
        var section = """
            <section><h2>Weights</h2>
            <table><thead><tr><th>Name</th><th>Type</th><th class="n">Elements</th><th class="n">Least</th>\
            <th class="n">Most</th><th class="n">Mean</th><th class="n">Deviation</th><th class="n">Zeros</th>\
            <th>Spread</th></tr></thead><tbody>

            """
        for (index, constant) in constants.prefix(limit).enumerated() {
            section += Self.row(index, constant, index < figures ? WeightFigures(constant) : nil)
        }
        if constants.count > limit {
            section += "<tr><td>and \(PageText.count(constants.count - limit)) more</td></tr>\n"
        }
        return section + "</tbody></table></section>\n"
    }

    private static func row(_ index: Int, _ constant: TensorValue, _ figures: WeightFigures?) -> String {
        let name = PageText.escaped(constant.name)
        let type = PageText.escaped(typeText(constant))
        let count = constant.elementCount.map { PageText.count($0) } ?? "?"
        let start = "<tr id=\"w\(index)\"><td>\(name)</td><td>\(type)</td><td class=\"n\">\(count)</td>"
        guard let figures, figures.least <= figures.most else {
            let reason = constant.isExternal ? "in another file" : figures == nil ? "" : "no finite element"
            return start + "<td colspan=\"6\" class=\"soft\">\(reason)</td></tr>\n"
        }
        let numbers = [figures.least, figures.most, figures.mean, figures.deviation].map {
            "<td class=\"n\">\(PageText.number($0))</td>"
        }.joined()
        let zeros = (Double(figures.zeros) / Double(figures.looked) * 1000).rounded() / 10
        let odd = figures.notFinite > 0 ? ", \(PageText.count(figures.notFinite)) not finite" : ""
        return start + numbers + "<td class=\"n\">\(zeros) %\(odd)</td><td>\(histogram(figures))</td></tr>\n"
    }

    private static func typeText(_ constant: TensorValue) -> String {
        let type = constant.elementType?.displayName ?? "element type \(constant.elementCode)"
        return "\(type) [\(constant.dimensions.map(String.init).joined(separator: ", "))]"
    }

    /// Bars as one path.
    private static func histogram(_ figures: WeightFigures) -> String {
        guard let highest = figures.bins.max(), highest > 0 else { return "" }
        var path = ""
        for (index, count) in figures.bins.enumerated() where count > 0 {
            let height = max(0.6, Double(count) / Double(highest) * 28)
            path += "M\(index * 4) 28v-\(GraphPicture.text(height))h3.4V28z"
        }
        let label = "from \(PageText.number(figures.least)) to \(PageText.number(figures.most))"
        return """
            <svg class="histogram" viewBox="0 0 \(figures.bins.count * 4) 28" preserveAspectRatio="none" role="img" \
            aria-label="Spread \(label)"><title>\(label)</title><path d="\(path)"/></svg>
            """
    }
}

/// Attributes in a line.
enum AttributeText {
    private static let mostItems = 24

    static func of(_ value: Attribute.Value) -> String {
        switch value {
        case .undefined: "undefined"
        case .float(let value): "\(value)"
        case .int(let value): "\(value)"
        case .string(let bytes): bytes.text.map { "\"\(PageText.plain($0))\"" } ?? "\(bytes.count) bytes"
        case .tensor(let tensor): tensorText(tensor)
        case .graph(let graph): graphText(graph)
        case .floats(let values): list(values) { "\($0)" }
        case .ints(let values): list(values) { "\($0)" }
        case .strings(let values): list(values) { "\"\($0.text.map { PageText.plain($0, limit: 40) } ?? "…")\"" }
        case .tensors(let values): list(values, tensorText)
        case .graphs(let values): list(values, graphText)
        case .sparseTensor: "a sparse tensor"
        case .sparseTensors(let values): "\(values.count) sparse tensors"
        case .type(let type): type.description
        case .types(let values): list(values) { $0.description }
        case .reference(let name, _): "the function's \(PageText.plain(name, limit: 60))"
        }
    }

    private static func list<Value>(_ values: [Value], _ text: (Value) -> String) -> String {
        let shown = values.prefix(mostItems).map(text).joined(separator: ", ")
        return values.count > mostItems ? "[\(shown), … \(values.count) in all]" : "[\(shown)]"
    }

    private static func graphText(_ graph: Graph) -> String {
        "a graph of \(graph.nodes.count) nodes: "
            + graph.nodes.prefix(8).map { PageText.plain($0.operatorType, limit: 40) }.joined(separator: ", ")
    }

    private static func tensorText(_ tensor: TensorValue) -> String {
        let type = tensor.elementType?.displayName ?? "?"
        let dimensions = "[\(tensor.dimensions.map(String.init).joined(separator: ", "))]"
        guard let count = tensor.elementCount, count <= 16, let plain = try? tensor.tensor().converted(to: .float64),
            let values = plain.values(as: Double.self)
        else { return "\(type) \(dimensions)" }
        return "\(type) \(dimensions): \(values.map { PageText.number($0) }.joined(separator: ", "))"
    }
}
