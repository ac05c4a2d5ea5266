package import ModelGraph
package import Tensors

/// A model as TensorFlow serves it, a SavedModel without variables, and how it came about.
package struct SavedModelWriting {
    /// A tensor of the model's interface.
    package struct Port: Sendable {
        package let name: String
        package let type: ElementType
        /// As it is stored; `nil` for what the batch decides.
        package let sizes: [Int?]
    }

    package let inputs: [Port]
    package let outputs: [Port]
    package let steps: [ConversionStep]
    /// The batch that was fixed; `nil` where it is open.
    package let batch: Int?
    /// Nodes of the graph that compute.
    package let operatorCount: Int
    /// `saved_model.pb`: the folder needs nothing else.
    private let file: WireWriter
    private let stepsOfOutputs: [Float?]

    /// The file's name in the folder.
    package static let fileName = "saved_model.pb"
    package static let signature = "serving_default"

    /// Bytes of the file.
    package var byteCount: Int { file.count }

    /// The number that one step of an output's integers stands for; `nil` for a model of FP32.
    package func step(ofOutput index: Int) -> Float? {
        stepsOfOutputs.indices.contains(index) ? stepsOfOutputs[index] : nil
    }

    /// Hands over the file's bytes piece by piece; the same model gives the same bytes.
    package func forEachPiece<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        try file.forEachPiece(body)
    }

    /// - Throws: `ConversionError.Code.tooLarge` over 2 GiB.
    init(
        _ lowering: GraphDefLowering, outputs values: [String], steps: [ConversionStep], batch: Int?
    ) throws(ConversionError) {
        func port(_ port: LitePort) -> Port {
            Port(name: port.name, type: port.type, sizes: lowering.shape(port.tensor))
        }
        inputs = lowering.model.inputs.map(port)
        outputs = lowering.model.outputs.map(port)
        self.steps = steps
        self.batch = batch
        stepsOfOutputs = lowering.model.outputs.indices.map(lowering.model.step(ofOutput:))
        let nodes = lowering.builder.nodes
        operatorCount = nodes.count { $0.operatorType != "Const" && $0.operatorType != "Placeholder" }
        let placeholders = nodes.filter { $0.operatorType == "Placeholder" }.map(\.name)
        let signature = (zip(inputs, placeholders), zip(outputs, values))
        var writer = WireWriter()
        writer.int64(1, 1)
        writer.nested(2) { graph in
            graph.nested(1) { information in
                information.string(4, "serve")
                information.string(5, Self.version)
            }
            graph.nested(2) { definition in
                for node in nodes { definition.nested(1) { node.write(to: &$0) } }
                definition.nested(4) { versions in
                    versions.int64(1, Self.producer)
                    versions.int64(2, Self.oldestConsumer)
                }
            }
            graph.nested(5) { entry in
                entry.string(1, Self.signature)
                entry.nested(2) { record in
                    for (port, value) in signature.0 { Self.write(port, value, number: 1, to: &record) }
                    for (port, value) in signature.1 { Self.write(port, value, number: 2, to: &record) }
                    record.string(3, "tensorflow/serving/predict")
                }
            }
        }
        guard writer.count <= Int(Int32.max) else {
            throw ConversionError(
                .tooLarge, "the file would have \(writer.count) bytes; \(Self.fileName) holds at most \(Int32.max)",
                help: "prune the model, or leave it to ONNX Runtime")
        }
        file = writer
    }

    /// The release whose operators are written.
    private static let version = "2.21.0"
    /// The graph's version as that release counts them. Source: TensorFlow, `core/public/version.h`.
    private static let producer: Int64 = 2000
    private static let oldestConsumer: Int64 = 12

    /// Source: TensorFlow, `core/protobuf/meta_graph.proto`, `SignatureDef` and `TensorInfo`.
    private static func write(_ port: Port, _ value: String, number: Int, to record: inout WireWriter) {
        record.nested(number) { entry in
            entry.string(1, port.name)
            entry.nested(2) { information in
                information.string(1, value.contains(":") ? value : "\(value):0")
                information.int64(2, port.type.graphDefCode ?? 0)
                information.shape(3, port.sizes)
            }
        }
    }
}

extension Model {
    /// The model as TensorFlow serves it: constants in the graph, images as NHWC inside, in FP32; the batch stays open
    /// unless one is given.
    ///
    /// Cost: linear in nodes; an open batch has the graph lowered twice.
    ///
    /// - Throws: `ConversionError.Code.unsupported` with every node that cannot be converted.
    package func convertedToSavedModel(
        _ options: ConversionOptions = ConversionOptions()
    ) throws(ConversionError) -> SavedModelWriting {
        let isOpen = options.batch == nil && options.inputDimensions.isEmpty && hasOpenBatch
        var first = options
        if isOpen { first.batch = OpenBatch.probes.0 }
        let (model, steps) = try GraphConverter(self, first).runWithoutFusion()
        let lowering = GraphDefLowering(model, isOpen ? try openBatch(model, options) : nil)
        let outputs = try lowering.written(from: self)
        var made: [Int: [String]] = [:]
        for node in lowering.builder.nodes where node.operatorType != "Const" {
            if let source = node.source { made[source, default: []].append(node.operatorType) }
        }
        return try SavedModelWriting(
            lowering, outputs: outputs, steps: steps(made), batch: isOpen ? nil : options.batch ?? 1)
    }

    private var hasOpenBatch: Bool {
        graph.requiredInputs.contains { input in
            guard let first = input.type?.tensor?.dimensions?.first else { return false }
            return first.size == nil
        }
    }

    private func openBatch(_ model: LiteModel, _ options: ConversionOptions) throws(ConversionError) -> OpenBatch {
        var second = options
        second.batch = OpenBatch.probes.1
        let other = try GraphConverter(self, second).runWithoutFusion().model
        do {
            return try OpenBatch(model, other)
        } catch {
            throw ConversionError(
                .invalid, GraphConverter.words(of: error, "the model"),
                help: "give it a batch of one size: --batch 1")
        }
    }
}

extension GraphDefLowering {
    /// Writes all operators, and says what holds each output.
    ///
    /// - Throws: `ConversionError.Code.unsupported` with every node of `source` that cannot be written.
    fileprivate func written(from source: Model) throws(ConversionError) -> [String] {
        defineInputs()
        var problems: [String] = []
        for operation in model.operators {
            do {
                try write(operation)
            } catch {
                let place = operation.source.map { GraphConverter.place(of: source.graph.nodes[$0], $0) }
                problems.append(GraphConverter.words(of: error, place ?? "the model"))
                define(placeholdersOf: operation)
            }
        }
        builder.source = nil
        var outputs: [String] = []
        do {
            if problems.isEmpty { outputs = try model.outputs.map { try value($0.tensor) } }
        } catch {
            problems.append(GraphConverter.words(of: error, "the model's outputs"))
        }
        guard problems.isEmpty else {
            var error = ConversionError(
                .unsupported,
                problems.count == 1
                    ? "one part of the model has no form in a SavedModel"
                    : "\(problems.count) parts of the model have no form in a SavedModel",
                help: "nothing was written; 'slipway serve' runs the model as it is")
            error.problems = problems
            throw error
        }
        return outputs
    }
}
