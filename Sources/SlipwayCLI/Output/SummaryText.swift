import Tensors

/// A model's summary as lines of text.
enum SummaryText {
    static func lines(_ summary: JSONValue, title: String?) -> [String] {
        var lines = title.map { [$0] } ?? []
        let size = summary["fileBytes"]?.intValue
        let opsets = (summary["opsets"]?.arrayValue ?? []).map { entry in
            let domain = entry["domain"]?.stringValue ?? ""
            let version = entry["version"]?.intValue.map(String.init) ?? "?"
            return domain == "ai.onnx" ? version : "\(domain) \(version)"
        }
        let parameters = summary["parameters"]?.intValue ?? 0
        lines.append(
            "  size     \(Quantity.count(parameters)) parameters\(size.map { ", \(Quantity.bytes($0))" } ?? "")"
                + (opsets.isEmpty ? "" : ", opset \(opsets.joined(separator: ", "))"))
        for (role, key) in [("input ", "inputs"), ("output", "outputs")] {
            for port in summary[key]?.arrayValue ?? [] { lines.append("  \(role)   \(self.port(port))") }
        }
        let operators = (summary["operators"]?.arrayValue ?? []).map { entry in
            let name = entry["operator"]?.stringValue ?? "?"
            return "\(entry["count"]?.intValue ?? 0) \(name)"
        }
        lines.append("  nodes    \(operators.joined(separator: ", "))")
        return lines
    }

    private static func port(_ port: JSONValue) -> String {
        let dimensions = port["shape"]?.arrayValue.map { shape in
            "[" + shape.map { $0.intValue.map(String.init) ?? $0.stringValue ?? "?" }.joined(separator: ", ") + "]"
        }
        return "\(port["name"]?.stringValue ?? "?")  \(port["type"]?.stringValue ?? "?") \(dimensions ?? "[…]")"
    }
}
