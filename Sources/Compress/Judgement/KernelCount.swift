package import ModelGraph
package import Optimize
package import Tensors

/// What an engine's own optimised graph says about a model: which nodes run in whole numbers there.
package struct KernelCount: Hashable, Sendable, CustomStringConvertible {
    /// Nodes in integer kernels, by the operator that they were.
    package private(set) var integer: [String: Int] = [:]
    /// Nodes with weights that stayed in floats.
    package private(set) var floats: [String: Int] = [:]
    package private(set) var quantize = 0
    package private(set) var dequantize = 0

    /// ONNX Runtime's integer operators, by what they stand for.
    private static let kernels = [
        "QLinearConv": "Conv", "ConvInteger": "Conv", "QGemm": "Gemm", "QLinearMatMul": "MatMul",
        "MatMulIntegerToFloat": "MatMul", "DynamicQuantizeMatMul": "MatMul", "MatMulInteger": "MatMul",
        "QLinearAdd": "Add", "QLinearMul": "Mul", "QLinearConcat": "Concat", "QLinearAveragePool": "AveragePool",
        "QLinearGlobalAveragePool": "AveragePool", "QLinearSigmoid": "Sigmoid", "QLinearLeakyRelu": "LeakyRelu",
    ]
    private static let weighted = [
        "Conv": "Conv", "FusedConv": "Conv", "Gemm": "Gemm", "FusedGemm": "Gemm", "MatMul": "MatMul",
        "FusedMatMul": "MatMul",
    ]

    /// - Parameter recorded: what the engine wrote.
    package init(_ recorded: Model) {
        for node in recorded.graph.nodes {
            if let type = Self.kernels[node.operatorType] { integer[type, default: 0] += 1 }
            if let type = Self.weighted[node.operatorType] { floats[type, default: 0] += 1 }
            if node.operatorType == "QuantizeLinear" { quantize += 1 }
            if node.operatorType == "DequantizeLinear" { dequantize += 1 }
        }
    }

    /// `53 of 53 Conv, 1 of 1 Gemm in integer kernels; 1 QuantizeLinear, 0 DequantizeLinear left`.
    package var description: String {
        let types = ["Conv", "Gemm", "MatMul"].filter { integer[$0] != nil || floats[$0] != nil }
        let parts = types.map { type in
            "\(integer[type] ?? 0)/\((integer[type] ?? 0) + (floats[type] ?? 0)) \(type)"
        }
        let words = parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
        return "\(words) in integer kernels; \(quantize) QuantizeLinear, \(dequantize) DequantizeLinear left"
    }

    package var json: JSONValue {
        func object(_ counts: [String: Int]) -> JSONValue {
            .object(counts.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.integer($0.value)) })
        }
        return .object([
            ("integer", object(integer)), ("floats", object(floats)), ("quantize", .integer(quantize)),
            ("dequantize", .integer(dequantize)), ("words", .string(description)),
        ])
    }
}

extension KernelCount {
    /// Loads a model and reads back what the engine made of it, by a file in a temporary folder.
    ///
    /// - Throws: the engine's words; `GraphError` when what it wrote cannot be read.
    package init(of model: Model, _ runner: ModelRunner) throws {
        self.init(try runner.optimized(model))
    }
}
