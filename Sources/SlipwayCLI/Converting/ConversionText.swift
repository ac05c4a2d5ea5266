import LiteRT
import Tensors

/// What a conversion made of which node, for a person and for a program.
struct ConversionText {
    private let conversion: LiteConversion
    private let file: String
    private let measurement: LiteMeasurement?

    init(_ conversion: LiteConversion, file: String, measurement: LiteMeasurement?) {
        self.conversion = conversion
        self.file = file
        self.measurement = measurement
    }

    /// The table of nodes, then what was written.
    var lines: [String] {
        var table = Table(">#", "NODE", "ONNX", "LITERT")
        for step in conversion.steps where step.kind != .unused && step.kind != .constant {
            table.add(String(step.index), shortened(step.name), shortened(step.operatorType), Self.words(step.kind))
        }
        let constants = conversion.steps.count { $0.kind == .constant }
        var lines = [table.rendered(), ""]
        if constants > 0 { lines.append("\(constants) nodes are known beforehand and became constants") }
        lines.append("\(file): \(Quantity.bytes(conversion.byteCount)), \(conversion.model.operators.count) operators")
        for (title, ports) in [("input", conversion.model.inputs), ("output", conversion.model.outputs)] {
            for port in ports {
                let shape = conversion.model.tensors[port.tensor].shape
                lines.append("  \(title)  \(shortened(port.name))  \(port.type.displayName) \(shape)")
            }
        }
        lines.append(
            measurement.map {
                "  largest difference from ONNX Runtime: \(Self.number($0.largest)), in \($0.runs) runs"
            } ?? "  largest difference from ONNX Runtime: unmeasured")
        return lines
    }

    var json: JSONValue {
        let nodes = conversion.steps.map { step -> JSONValue in
            var operators: [JSONValue] = []
            if case .operators(let codes) = step.kind { operators = codes.map { .string($0.displayName) } }
            return .object([
                ("node", .string(step.name)), ("operator", .string(step.operatorType)),
                ("became", .string(Self.title(step.kind))), ("operators", .array(operators)),
            ])
        }
        return .object([
            ("file", .string(file)), ("bytes", .integer(conversion.byteCount)),
            ("batch", conversion.batch.map(JSONValue.integer) ?? .null),
            ("operators", .integer(conversion.model.operators.count)),
            ("inputs", ports(conversion.model.inputs)), ("outputs", ports(conversion.model.outputs)),
            ("largestDifference", measurement.map { .number($0.largest) } ?? .null), ("nodes", .array(nodes)),
        ])
    }

    private func ports(_ ports: [LitePort]) -> JSONValue {
        .array(
            ports.map { port in
                .object([
                    ("name", .string(port.name)), ("type", .string(port.type.displayName)),
                    ("shape", .array(conversion.model.tensors[port.tensor].shape.map(JSONValue.integer))),
                ])
            })
    }

    private static func title(_ kind: ConversionStep.Kind) -> String {
        switch kind {
        case .operators: "operators"
        case .constant: "constant"
        case .merged: "merged"
        case .unused: "unused"
        }
    }

    private static func words(_ kind: ConversionStep.Kind) -> String {
        guard case .operators(let codes) = kind else { return "a part of another" }
        var words: [String] = []
        for code in codes.map(\.displayName) where words.last != code { words.append(code) }
        return words.joined(separator: " ")
    }

    /// `3.1e-07`.
    static func number(_ value: Double) -> String {
        guard value > 0, value.isFinite else { return value == 0 ? "0" : "\(value)" }
        var exponent = 0
        var digits = value
        while digits < 1 {
            digits *= 10
            exponent -= 1
        }
        while digits >= 10 {
            digits /= 10
            exponent += 1
        }
        return exponent == 0 ? Quantity.fixed(value, 1) : "\(Quantity.fixed(digits, 1))e\(exponent)"
    }

    private func shortened(_ text: String) -> String { InertText.line(String(text.prefix(40))) }
}
