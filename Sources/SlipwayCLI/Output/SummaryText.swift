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
        lines += (summary["externalFiles"]?.arrayValue ?? []).map { "  weights  \(externalFile($0))" }
        return lines
    }

    /// `in model.onnx.data, 12 MB of 3 tensors`, and what is wrong with it.
    private static func externalFile(_ file: JSONValue) -> String {
        let tensors = file["tensors"]?.intValue ?? 0
        let what =
            "\(Quantity.bytes(file["bytes"]?.intValue ?? 0)) of \(tensors) \(tensors == 1 ? "tensor" : "tensors")"
        let problem = file["problem"]?.stringValue.map { ": \($0)" } ?? ""
        return "in \(file["location"]?.stringValue ?? "?"), \(what)\(problem)"
    }

    private static func port(_ port: JSONValue) -> String {
        let dimensions = port["shape"]?.arrayValue.map { shape in
            "[" + shape.map { $0.intValue.map(String.init) ?? $0.stringValue ?? "?" }.joined(separator: ", ") + "]"
        }
        return "\(port["name"]?.stringValue ?? "?")  \(port["type"]?.stringValue ?? "?") \(dimensions ?? "[…]")"
    }
}
