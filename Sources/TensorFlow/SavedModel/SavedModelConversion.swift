import ModelGraph
import Tensors

/// Rebuilds SavedModels as ONNX, by a closed list of operators.
package enum SavedModelConversion {
    private static let irVersion: Int64 = 10
    private static let usual = "serving_default"

    /// The graph behind a signature.
    ///
    /// - Parameter signature: which; `nil` for the one that serves, or the only one.
    /// - Throws: `TensorFlowError` with every operator that is not rebuilt.
    package static func convert(
        _ file: SavedModelFile, signature wanted: String? = nil
    ) throws(TensorFlowError) -> ConvertedGraph {
        let meta = file.graph
        let (key, signature) = try Self.signature(of: meta, wanted)
        try ReachedOperators(meta, signature).check()
        let saved = SavedGraph(meta, SavedVariables(meta, file.bundle))
        var given: [String: [SavedValue]] = [:]
        for port in signature.inputs { given[port.value.node] = [.tensor(try input(port, saved))] }
        let names = signature.outputs.map { saved.graph.assembly.name(InertName.of($0.key)) }
        let values = try saved.evaluate(signature.outputs.map(\.value), given: given)
        var outputs: [ValueInfo] = []
        for (value, (port, name)) in zip(values, zip(signature.outputs, names)) {
            outputs.append(try output(value, port, name, saved))
        }
        let notes = notes(meta, key, file)
        for note in notes { saved.graph.note(note) }
        var model = Model(graph(saved, outputs, key), opset: SavedGraph.opset, irVersion: irVersion)
        model.producerName = "slipway"
        model.metadata = [
            StringEntry("tensorflow.signature", InertName.of(key)),
            StringEntry("tensorflow.version", InertName.of(meta.version)),
        ]
        return ConvertedGraph(model: model, notes: saved.graph.assembly.notes)
    }

    // MARK: - Signatures

    /// Signatures that somebody may want to call, by name.
    static func names(of meta: MetaGraph) -> [String] {
        meta.signatures.filter { !$0.key.hasPrefix("__saved_model_") }.map { InertName.of($0.key) }.sorted()
    }

    private static func signature(
        of meta: MetaGraph, _ wanted: String?
    ) throws(TensorFlowError) -> (String, SignatureRecord) {
        let names = meta.signatures.keys.filter { !$0.hasPrefix("__saved_model_") }.sorted()
        let key = wanted ?? (names.contains(usual) ? usual : names.count == 1 ? names[0] : nil)
        if let key, let signature = meta.signatures[key], !signature.outputs.isEmpty { return (key, signature) }
        let list = self.names(of: meta).joined(separator: ", ")
        guard !list.isEmpty else {
            throw TensorFlowError(
                "the SavedModel has no signature, so that nobody can say what goes in and what comes out",
                help: "save it with one: model.export(…) of Keras, or tf.saved_model.save(…, signatures=…)")
        }
        throw TensorFlowError(
            wanted.map { "the SavedModel has no signature '\(InertName.of($0))'" }
                ?? "the SavedModel has several signatures, and none of them is '\(usual)'",
            help: "name one with --signature; there are: \(list)")
    }

    // MARK: - Ports

    private static func input(_ port: SignatureRecord.Port, _ saved: SavedGraph) throws(TensorFlowError) -> GraphValue {
        let name = InertName.of(port.key)
        guard !port.isCompound, port.value.index == 0 else {
            throw TensorFlowError("the input '\(name)' is sparse, or of several parts, which is not rebuilt here")
        }
        guard let type = SavedType.element(port.type), type != .string else {
            throw TensorFlowError(
                "the input '\(name)' takes \(SavedType.name(port.type)); only numbers are taken here",
                help: "save the part behind the texts as a model of its own: what tokens or examples become")
        }
        guard let sizes = port.sizes else {
            throw TensorFlowError(
                "the input '\(name)' leaves even its number of axes open",
                help: "save it with an input_signature: tf.TensorSpec([None, 28, 28, 1], tf.float32)")
        }
        let value = saved.graph.input(name, type, sizes)
        if case .made(let made, _) = value.source, let info = saved.graph.assembly.inputs.last {
            saved.types.declare(made, type, info.type?.tensor?.dimensions)
        }
        return value
    }

    private static func output(
        _ value: SavedValue, _ port: SignatureRecord.Port, _ name: String, _ saved: SavedGraph
    ) throws(TensorFlowError) -> ValueInfo {
        guard case .tensor(let tensor) = value, tensor.type != .string else {
            throw TensorFlowError("the output '\(name)' is \(value.kindName), which is not rebuilt here")
        }
        let plain = try saved.graph.plain(tensor)
        saved.types.follow(saved.graph.assembly)
        let known = saved.types[plain]?.tensor?.dimensions
        saved.graph.assembly.node("Identity", [plain], output: name)
        let dimensions = tensor.sizes.enumerated().map { place, size -> Dimension in
            if let size { return .fixed(size) }
            guard let known, known.count == tensor.rank, case .symbol(let symbol) = known[place],
                symbol.utf8.allSatisfy({
                    UInt8(ascii: "A")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                })
            else { return .unknown }
            return .symbol(symbol)
        }
        return ValueInfo(name, tensor.type, dimensions)
    }

    /// The finished graph, without what nothing uses.
    private static func graph(_ saved: SavedGraph, _ outputs: [ValueInfo], _ key: String) -> Graph {
        let whole = saved.graph.graph(InertName.of(key), outputs: outputs)
        var result = whole
        result.nodes = UsedNodes.of(whole.nodes, Set(outputs.map(\.name)))
        let used = Set(result.nodes.flatMap(UsedNodes.names))
        result.initializers = whole.initializers.filter { used.contains($0.name) }
        return result
    }

    private static func notes(_ meta: MetaGraph, _ key: String, _ file: SavedModelFile) -> [String] {
        let others = names(of: meta).filter { $0 != InertName.of(key) }
        var notes: [String] = []
        if !others.isEmpty {
            notes.append(
                "of its signatures '\(InertName.of(key))' is taken; there are also: \(others.joined(separator: ", "))")
        }
        if file.graphs.count > 1 { notes.append("of its \(file.graphs.count) graphs the one that serves is taken") }
        return notes
    }
}
