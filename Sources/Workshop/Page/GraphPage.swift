import ModelGraph
import Tensors

/// A model as one self-contained HTML page: the graph as a picture, and all figures as tables that need no script.
///
/// Nothing in it is loaded from anywhere, which its own policy makes sure of: of scripts only ours, by its digest.
struct GraphPage {
    let model: Model
    let costs: ModelCosts
    /// What the page is called, normally the file's name.
    let title: String
    let fileBytes: Int
    /// How the policy names our script, such as `'sha256-…'`.
    let scriptSource: String

    /// The most rows of a table, and the most constants whose spread is shown.
    private static let mostRows = 20_000
    private static let mostFigures = 4_000

    /// The whole page.
    func html() -> String {
        let isDrawn = model.graph.nodes.count <= GraphPicture.mostBoxes
        let picture = isDrawn ? GraphPicture(model, costs) : nil
        let weights = Weights(model)
        var page = head
        page += "<div class=\"top\"><h1>\(text(title))</h1>\n\(facts)</div>\n"
        if let picture {
            page += """
                <div class="bar"><input id="search" class="needs" type="search" placeholder="Find a node ( / )" \
                aria-label="Find a node by name or operator"><span id="found" class="soft" aria-live="polite"></span>
                <button id="out" class="needs" title="Smaller (-)">−</button><button id="in" class="needs" \
                title="Larger (+)">+</button><button id="fit" class="needs" title="All of it (0)">Fit</button>
                <button id="theme" class="needs" title="Light or dark">◐</button>
                <span class="push">\(PageText.count(picture.boxCount)) boxes, \(PageText.count(picture.edgeCount)) lines</span></div>
                <div id="stage" class="stage" tabindex="0">
                \(picture.svg)<aside id="panel" hidden></aside></div>

                """
        } else {
            page += """
                <div class="bar soft">A picture of \(PageText.count(model.graph.nodes.count)) nodes would show nothing; \
                the tables have them.</div>

                """
        }
        page +=
            "<main>\n" + ports + layers + weights.table(limit: Self.mostRows, figures: Self.mostFigures) + notes
            + "</main>\n"
        page += "<footer>Made by slipway show --graph. Nothing on this page is loaded from anywhere.</footer>\n"
        if picture != nil {
            page += "<script type=\"application/json\" id=\"data\">\(embedded(weights))</script>\n"
            page += "<script>\(PageScript.text)</script>\n"
        }
        return page + "</body>\n</html>\n"
    }

    private func text(_ value: String) -> String { PageText.escaped(value) }

    private var head: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
        script-src \(scriptSource); base-uri 'none'; form-action 'none'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <title>\(text(title))</title>
        <style>\(PageStyle.sheet)</style>
        </head>
        <body>

        """
    }

    // MARK: - Figures

    private var facts: String {
        let unknown = costs.layersOfUnknownFLOPs
        var facts: [(String, String)] = [
            ("parameters", PageText.count(costs.parameters)),
            ("weights", PageText.scaled(costs.weightBytes, unit: "B")),
            ("file", PageText.scaled(fileBytes, unit: "B")), ("nodes", PageText.count(costs.layers.count)),
            (
                "FLOPs\(costs.batch.map { " for \($0) row\($0 == 1 ? "" : "s")" } ?? "")",
                PageText.scaled(costs.flops, unit: "")
                    + (unknown > 0 ? " + \(PageText.count(unknown)) layers unknown" : "")
            ),
            ("peak of values in between", PageText.scaled(costs.peakActivationBytes, unit: "B")),
        ]
        if let opset = model.opset { facts.append(("opset", "\(opset)")) }
        let producer = [model.producerName, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
        if !producer.isEmpty { facts.append(("made by", producer)) }
        return "<dl class=\"facts\">" + facts.map { "<div><dt>\($0.0)</dt><dd>\(text($0.1))</dd></div>" }.joined()
            + "</dl>\n"
    }

    private var ports: String {
        func rows(_ role: String, _ values: [ValueInfo]) -> String {
            values.prefix(Self.mostRows).map {
                "<tr><td>\(role)</td><td>\(text($0.name))</td><td>\(text(typeText($0)))</td></tr>\n"
            }.joined()
        }
        return """
            <section><h2>Inputs and outputs</h2>
            <table><thead><tr><th></th><th>Name</th><th>Type</th></tr></thead><tbody>
            \(rows("input", model.graph.requiredInputs))\(rows("output", model.graph.outputs))</tbody></table></section>

            """
    }

    private var layers: String {
        var section = """
            <section><h2>Layers</h2>
            <table id="layers"><thead><tr><th class="n">#</th><th>Name</th><th>Operator</th><th>Output</th>\
            <th class="n">Parameters</th><th class="n">FLOPs</th><th class="n">Memory</th></tr></thead><tbody>

            """
        for layer in costs.layers.prefix(Self.mostRows) {
            let output = layer.outputs.first?.type?.description ?? "?"
            section += """
                <tr data-box="n\(layer.index)"><td class="n">\(layer.index)</td><td>\(text(layer.name))</td>\
                <td>\(text(layer.operatorName.description))</td><td>\(text(output))</td>\
                <td class="n">\(layer.parameters == 0 ? "" : PageText.count(layer.parameters))</td>\
                <td class="n">\(layer.flops.map { $0 == 0 ? "" : PageText.scaled($0, unit: "") } ?? "?")</td>\
                <td class="n">\(layer.activationBytes.map { PageText.scaled($0, unit: "B") } ?? "?")</td></tr>

                """
        }
        let rest = costs.layers.count - Self.mostRows
        if rest > 0 { section += "<tr><td></td><td>and \(PageText.count(rest)) more</td></tr>\n" }
        return section + "</tbody></table></section>\n"
    }

    private var notes: String {
        guard !costs.notes.isEmpty else { return "" }
        return "<section><h2>What does not fit</h2><ul>\n"
            + costs.notes.prefix(200).map { "<li>\(text($0.description))</li>\n" }.joined() + "</ul></section>\n"
    }

    // MARK: - What the panel shows

    /// A JSON document in which nothing can end the element that it stands in.
    private func embedded(_ weights: Weights) -> String {
        var members: [(String, JSONValue)] = []
        for (layer, node) in zip(costs.layers, model.graph.nodes) {
            members.append(("n\(layer.index)", Self.details(layer, node, weights)))
        }
        for (index, value) in model.graph.requiredInputs.enumerated() {
            members.append(("i\(index)", Self.port("input", value)))
        }
        for (index, value) in model.graph.outputs.enumerated() {
            members.append(("o\(index)", Self.port("output", value)))
        }
        return JSONValue.object(members).encodedString().replacing("<", with: "\\u003c").replacing(">", with: "\\u003e")
            .replacing("&", with: "\\u0026")
    }

    private static func pair(_ key: String, _ value: String) -> JSONValue {
        .array([.string(PageText.plain(key, limit: 120)), .string(PageText.plain(value, limit: 300))])
    }

    private static func port(_ role: String, _ value: ValueInfo) -> JSONValue {
        .object([
            ("title", .string(PageText.plain(value.name))), ("name", .string(role)),
            ("costs", .array([pair("type", typeText(value))])),
        ])
    }

    private static let mostPorts = 64

    private static func details(_ layer: Layer, _ node: Node, _ weights: Weights) -> JSONValue {
        func ports(_ ports: [Layer.Port]) -> JSONValue {
            let shown = ports.prefix(mostPorts).map { port in
                pair(
                    port.name.isEmpty ? "(left out)" : port.name,
                    (port.type?.description ?? (port.name.isEmpty ? "" : "type not known"))
                        + (port.isConstant ? ", constant" : ""))
            }
            let rest = ports.count - shown.count
            return .array(shown + (rest > 0 ? [pair("…", "and \(rest) more")] : []))
        }
        return .object([
            ("title", .string(PageText.plain(layer.operatorName.description))),
            ("name", .string(PageText.plain(layer.name))),
            (
                "costs",
                .array([
                    pair("parameters", PageText.count(layer.parameters)),
                    pair("weights", PageText.scaled(layer.weightBytes, unit: "B")),
                    pair("FLOPs", layer.flops.map { PageText.count($0) } ?? "not known"),
                    pair("memory", layer.activationBytes.map { PageText.scaled($0, unit: "B") } ?? "not known"),
                ])
            ),
            ("attributes", .array(node.attributes.prefix(mostPorts).map { pair($0.name, AttributeText.of($0.value)) })),
            ("inputs", ports(layer.inputs)), ("outputs", ports(layer.outputs)),
            (
                "weights",
                .array(node.inputs.prefix(mostPorts).compactMap { weights.row[$0] }.map { .string("w\($0)") })
            ),
        ])
    }
}
