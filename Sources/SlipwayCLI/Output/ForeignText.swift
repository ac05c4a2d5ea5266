import Tensors

/// Files that are no ONNX models, as lines of text. Names are strangers', so that nothing in them acts on a terminal.
enum ForeignText {
    static func lines(_ contents: JSONValue, title: String) -> [String] {
        contents["tensors"] == nil ? model(contents, title) : weights(contents, title)
    }

    private static func weights(_ contents: JSONValue, _ title: String) -> [String] {
        let tensors = contents["tensors"]?.arrayValue ?? []
        let count = tensors.count == 1 ? "1 tensor" : "\(tensors.count) tensors"
        var lines = [
            title,
            "  format   \(contents["format"]?.stringValue ?? "?"), \(count), "
                + "\(Quantity.bytes(contents["bytes"]?.intValue ?? 0)); weights without a graph",
        ]
        var table = Table(columns: ["NAME", "TYPE", "SHAPE", ">BYTES", "PLACE"])
        for tensor in tensors {
            let strides = tensor["strides"]?.arrayValue.map { ", strides \(sizes($0))" } ?? ""
            table.add(
                InertText.line(tensor["name"]?.stringValue ?? "?"), tensor["type"]?.stringValue ?? "?",
                sizes(tensor["shape"]?.arrayValue ?? []), String(tensor["bytes"]?.intValue ?? 0),
                InertText.line((tensor["place"]?.stringValue ?? "") + strides))
        }
        if !table.isEmpty { lines += table.rendered().split(separator: "\n").map { "  \($0)" } }
        lines += (contents["metadata"]?.arrayValue ?? []).map { entry in
            InertText.line("  says     \(entry["key"]?.stringValue ?? "?") = \(entry["value"]?.stringValue ?? "?")")
        }
        lines += (contents["notes"]?.arrayValue ?? []).compactMap(\.stringValue).map {
            InertText.line("  also     \($0)")
        }
        return lines
    }

    private static func model(_ contents: JSONValue, _ title: String) -> [String] {
        var lines = [title, "  model    \(source(contents))"]
        for (role, key) in [("input ", "inputs"), ("output", "outputs")] {
            for port in contents["signature"]?[key]?.arrayValue ?? [] {
                let name = InertText.line(port["name"]?.stringValue ?? "?")
                let type = port["type"]?.stringValue.flatMap(ElementType.init(rawValue:))?.displayName ?? "?"
                lines.append("  \(role)   \(name)  \(type) \(sizes(port["shape"]?.arrayValue ?? []))")
            }
        }
        if let layers = contents["layers"]?.arrayValue {
            let parameters = Quantity.count(contents["parameters"]?.intValue ?? 0)
            lines.append("  layers   \(layers.count), with \(parameters) parameters")
            var table = Table(columns: ["LAYER", "CLASS"])
            for layer in layers {
                table.add(
                    InertText.line(layer["name"]?.stringValue ?? "?"),
                    InertText.line(layer["class"]?.stringValue ?? "?"))
            }
            if !table.isEmpty { lines += table.rendered().split(separator: "\n").map { "  \($0)" } }
        }
        lines += (contents["refused"]?.arrayValue ?? []).compactMap(\.stringValue).map {
            InertText.line("  refused  \($0)")
        }
        lines += (contents["notes"]?.arrayValue ?? []).compactMap(\.stringValue).map {
            InertText.line("  note     \($0)")
        }
        return lines
    }

    /// `sklearn.pipeline.Pipeline of scikit-learn 1.7.2 (joblib, zlib), model.joblib sha256:1234…`
    static func source(_ record: JSONValue) -> String {
        let version = record["version"]?.stringValue.map { " \($0)" } ?? ""
        let library = record["library"]?.stringValue ?? "?"
        var text =
            "\(record["class"]?.stringValue ?? "?") of \(library)\(version) (\(record["format"]?.stringValue ?? "?"))"
        if let file = record["file"]?.stringValue { text += ", \(file)" }
        if let digest = record["digest"]?.stringValue { text += " \(digest.prefix(19))…" }
        return InertText.line(text)
    }

    private static func sizes(_ values: [JSONValue]) -> String {
        "[" + values.map { $0.intValue.map(String.init) ?? $0.stringValue ?? "?" }.joined(separator: ", ") + "]"
    }
}
