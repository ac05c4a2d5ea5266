import LiteRT
import Tensors

/// What a conversion made of which node, for a person and for a program.
struct ConversionText {
    /// A tensor of the converted model's interface.
    struct Port {
        let name: String
        let type: ElementType
        /// `nil` for what the batch decides.
        let sizes: [Int?]
    }

    private let runtime: String
    private let steps: [ConversionStep]
    private let bytes: Int
    private let batch: Int?
    private let operators: Int
    private let inputs: [Port]
    private let outputs: [Port]
    private let file: String
    private let measurement: ConversionMeasurement?

    init(_ conversion: LiteConversion, file: String, measurement: ConversionMeasurement?) {
        func port(_ port: LitePort) -> Port {
            Port(name: port.name, type: port.type, sizes: conversion.model.tensors[port.tensor].shape)
        }
        runtime = "LITERT"
        steps = conversion.steps
        (bytes, batch, operators) = (conversion.byteCount, conversion.batch, conversion.model.operators.count)
        (inputs, outputs) = (conversion.model.inputs.map(port), conversion.model.outputs.map(port))
        (self.file, self.measurement) = (file, measurement)
    }

    init(_ conversion: SavedModelWriting, folder: String, measurement: ConversionMeasurement?) {
        func port(_ port: SavedModelWriting.Port) -> Port { Port(name: port.name, type: port.type, sizes: port.sizes) }
        runtime = "TENSORFLOW"
        steps = conversion.steps
        (bytes, batch, operators) = (conversion.byteCount, conversion.batch, conversion.operatorCount)
        (inputs, outputs) = (conversion.inputs.map(port), conversion.outputs.map(port))
        (file, self.measurement) = (folder, measurement)
    }

    /// The table of nodes, then what was written.
    var lines: [String] {
        var table = Table(">#", "NODE", "ONNX", runtime)
        for step in steps where step.kind != .unused && step.kind != .constant {
            table.add(String(step.index), shortened(step.name), shortened(step.operatorType), Self.words(step.kind))
        }
        let constants = steps.count { $0.kind == .constant }
        var lines = [table.rendered(), ""]
        if constants > 0 { lines.append("\(constants) nodes are known beforehand and became constants") }
        lines.append("\(file): \(Quantity.bytes(bytes)), \(operators) operators")
        for (title, ports) in [("input", inputs), ("output", outputs)] {
            for port in ports {
                let sizes = port.sizes.map { $0.map(String.init) ?? "N" }.joined(separator: ", ")
                lines.append("  \(title)  \(shortened(port.name))  \(port.type.displayName) [\(sizes)]")
            }
        }
        lines.append(
            measurement.map {
                "  largest difference from ONNX Runtime: \(Self.number($0.largest)), in \($0.runs) runs"
            } ?? "  largest difference from ONNX Runtime: unmeasured")
        return lines
    }

    var json: JSONValue {
        let nodes = steps.map { step -> JSONValue in
            var operators: [JSONValue] = []
            if case .operators(let names) = step.kind { operators = names.map(JSONValue.string) }
            return .object([
                ("node", .string(step.name)), ("operator", .string(step.operatorType)),
                ("became", .string(Self.title(step.kind))), ("operators", .array(operators)),
            ])
        }
        return .object([
            ("file", .string(file)), ("bytes", .integer(bytes)), ("batch", batch.map(JSONValue.integer) ?? .null),
            ("operators", .integer(operators)), ("inputs", ports(inputs)), ("outputs", ports(outputs)),
            ("largestDifference", measurement.map { .number($0.largest) } ?? .null), ("nodes", .array(nodes)),
        ])
    }

    private func ports(_ ports: [Port]) -> JSONValue {
        .array(
            ports.map { port in
                .object([
                    ("name", .string(port.name)), ("type", .string(port.type.displayName)),
                    ("shape", .array(port.sizes.map { $0.map(JSONValue.integer) ?? .null })),
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
        guard case .operators(let names) = kind else { return "a part of another" }
        var words: [String] = []
        for name in names where words.last != name { words.append(name) }
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
