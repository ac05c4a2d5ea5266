package import ModelGraph
import Tensors

/// A model of TensorFlow's as an ONNX graph, and what is known of where it came from.
package struct ConvertedGraph: Sendable {
    package var model: Model
    /// What differs from TensorFlow's own behaviour, in words.
    package var notes: [String]
}

/// Rebuilds TFLite files as ONNX, by a closed list of operators.
package enum TFLiteConversion {
    private static let opset: Int64 = 20
    private static let wideOpset: Int64 = 21
    private static let irVersion: Int64 = 10

    /// The graph that a file holds.
    ///
    /// - Throws: `TensorFlowError` with every operator that is not rebuilt.
    package static func convert(_ file: LiteFile) throws(TensorFlowError) -> ConvertedGraph {
        guard let subgraph = file.subgraphs.first else { throw .broken("the file holds no graph") }
        try check(subgraph)
        let graph = RebuiltGraph()
        let ports = LitePorts(file, subgraph)
        var builder = LiteBuilder(file, subgraph, graph)
        for (tensor, name) in zip(subgraph.inputs, ports.inputs) { try builder.declare(tensor, name) }
        let names = ports.outputs.map { graph.assembly.name($0) }
        try builder.run()
        var outputs: [ValueInfo] = []
        for (tensor, name) in zip(subgraph.outputs, names) {
            outputs.append(try graph.output(try builder.value(tensor), name))
        }
        guard !outputs.isEmpty else { throw .broken("the graph has no outputs") }
        var model = Model(
            graph.graph(InertName.of(subgraph.name.isEmpty ? "main" : subgraph.name), outputs: outputs),
            opset: graph.hasWideIntegers ? wideOpset : opset, irVersion: irVersion)
        model.producerName = "slipway"
        model.metadata = metadata(file, ports)
        if file.signatures.count > 1 || file.subgraphs.count > 1 {
            graph.note("of \(file.subgraphs.count) graphs and \(file.signatures.count) signatures the first is taken")
        }
        return ConvertedGraph(model: model, notes: graph.assembly.notes)
    }

    /// Everything that has no rule is named before any work.
    private static func check(_ subgraph: LiteFile.Subgraph) throws(TensorFlowError) {
        var seen: Set<String> = []
        let problems = subgraph.operations.compactMap { operation -> String? in
            let code = operation.code
            guard code.isCustom || LiteRules.all[code.name] == nil, seen.insert(code.name).inserted else { return nil }
            let count = subgraph.operations.count { $0.code.name == code.name }
            let times = count == 1 ? "" : " (\(count) times)"
            return code.isCustom
                ? "the operator '\(code.name)'\(times) is its author's own, and what it computes is not in the file"
                : "\(code.name)\(times) has no counterpart here"
        }
        guard problems.isEmpty else { throw .refused(problems, "TFLite") }
    }

    /// What the file says of itself in words. Source: schema, `Model.metadata`.
    private static func metadata(_ file: LiteFile, _ ports: LitePorts) -> [StringEntry] {
        var entries: [(String, String)] = []
        if !file.description.isEmpty { entries.append(("description", file.description)) }
        if let key = ports.signature, !key.isEmpty { entries.append(("signature", key)) }
        for (name, data) in file.metadata {
            guard let data, data.count <= 1 << 16 else { continue }
            let trimmed = data.array.reversed().drop { $0 == 0 }.reversed()
            guard let text = String(validating: trimmed, as: UTF8.self),
                text.allSatisfy({ !$0.isNewline && $0 != "\0" }),
                !text.isEmpty
            else { continue }
            entries.append((InertName.of(name), text))
        }
        return entries.map { StringEntry("tflite." + $0.0, $0.1) }
    }
}

/// What inputs and outputs are called: as the signature says, else as the tensors are.
struct LitePorts {
    let inputs: [String]
    let outputs: [String]
    let signature: String?

    init(_ file: LiteFile, _ subgraph: LiteFile.Subgraph) {
        let own = file.signatures.filter { $0.subgraph == 0 }
        let signature = own.first { $0.key == "serving_default" } ?? own.first
        self.signature = signature?.key
        inputs = Self.names(subgraph.inputs, signature?.inputs ?? [], subgraph)
        outputs = Self.names(subgraph.outputs, signature?.outputs ?? [], subgraph)
    }

    private static func names(
        _ tensors: [Int], _ ports: [(name: String, tensor: Int)], _ subgraph: LiteFile.Subgraph
    ) -> [String] {
        var left = ports
        return tensors.map { tensor in
            let fallback = subgraph.tensors[tensor].name
            guard let place = left.firstIndex(where: { $0.tensor == tensor }) else {
                return InertName.ofPort(fallback.isEmpty ? "value_\(tensor)" : fallback)
            }
            let name = left.remove(at: place).name
            return InertName.of(name.isEmpty ? fallback : name)
        }
    }
}

/// The values of a graph while its operators are rebuilt, in the order in which they run.
struct LiteBuilder {
    private let file: LiteFile
    private let subgraph: LiteFile.Subgraph
    private let graph: RebuiltGraph
    private var values: [Int: GraphValue] = [:]
    private var problems: [String] = []

    init(_ file: LiteFile, _ subgraph: LiteFile.Subgraph, _ graph: RebuiltGraph) {
        self.file = file
        self.subgraph = subgraph
        self.graph = graph
    }

    /// Makes a tensor an input of the model.
    mutating func declare(_ tensor: Int, _ name: String) throws(TensorFlowError) {
        let record = subgraph.tensors[tensor]
        if let quantization = record.quantization, quantization.isPerAxis {
            throw TensorFlowError("the input '\(name)' has a scale for each slice, which is not rebuilt here")
        }
        guard values[tensor] == nil else { throw .broken("the input '\(name)' is there twice") }
        values[tensor] = graph.input(name, record.type, record.sizes, record.quantization)
    }

    /// Rebuilds every operator.
    ///
    /// - Throws: `TensorFlowError` with all that were refused.
    mutating func run() throws(TensorFlowError) {
        for operation in subgraph.operations {
            var inputs: [GraphValue?] = []
            for tensor in operation.inputs { inputs.append(tensor < 0 ? nil : try input(tensor)) }
            let call = LiteCall(operation, inputs, operation.outputs.map { subgraph.tensors[$0] }, graph)
            do throws(TensorFlowError) {
                guard let rule = LiteRules.all[operation.code.name] else { throw .broken("has no rule") }
                try rule(call)
            } catch {
                guard !error.isLimit, problems.count < 200 else { throw error }
                problems.append("operator \(operation.index) (\(operation.code.name), '\(call.stem)') \(error.message)")
                call.giveUp()
            }
            for (tensor, value) in zip(operation.outputs, call.results) { values[tensor] = value }
        }
        guard problems.isEmpty else { throw .refused(problems, "TFLite") }
    }

    /// A variable that nothing has written is what it begins with: nothing.
    private mutating func input(_ tensor: Int) throws(TensorFlowError) -> GraphValue? {
        let record = subgraph.tensors[tensor]
        if record.isVariable, values[tensor] == nil, try file.data(of: record) == nil { return nil }
        return try value(tensor)
    }

    /// A value that was made, or a constant.
    mutating func value(_ tensor: Int) throws(TensorFlowError) -> GraphValue {
        if let value = values[tensor] { return value }
        let record = subgraph.tensors[tensor]
        let isEmpty = record.sizes.contains(0)
        guard let data = try file.data(of: record) ?? (isEmpty ? ByteView(copying: []) : nil) else {
            throw .broken("tensor '\(InertName.of(record.name))' is read before anything makes it")
        }
        var value = GraphValue(
            source: .constant(try record.constant(data), key: "\(record.name);\(tensor)"),
            type: record.quantization == nil ? record.type : .float32, sizes: record.sizes,
            quantization: record.quantization)
        if let quantization = record.quantization, quantization.isPerAxis {
            guard value.axis(quantization.axis).flatMap({ record.sizes[$0] }) == quantization.scales.count else {
                throw .broken("tensor '\(InertName.of(record.name))' has scales that do not fit its shape")
            }
        }
        if record.quantization != nil, record.type == .float16 { value.quantization = nil }
        values[tensor] = value
        return value
    }
}
