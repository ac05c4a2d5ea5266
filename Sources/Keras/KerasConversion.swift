import HDF5
package import ModelGraph
import Tensors

/// A Keras model as an ONNX graph, and what is known of where it came from.
package struct ConvertedNetwork: Sendable {
    package var model: Model
    /// What differs from Keras's own behaviour, in words.
    package var notes: [String]
}

/// Rebuilds Keras models from their configuration and weights, by a closed list of layers.
package enum KerasConversion {
    private static let opset: Int64 = 17
    private static let irVersion: Int64 = 10

    /// The graph of the model in a file.
    ///
    /// - Throws: `KerasError` with every layer that is not rebuilt.
    package static func convert(_ file: KerasFile) throws(KerasError) -> ConvertedNetwork {
        let network = try network(file)
        let graph = NetworkGraph()
        var inputs: [KerasValue] = []
        for reference in network.inputs { inputs.append(try input(reference, network, graph)) }
        let names = network.outputs.map { graph.reserve(LayerName.inert($0.layer)) }
        let values = try NetworkBuilder(graph: graph).build(network, inputs, try ModelWeights(file))
        let outputs = zip(values, names).map { graph.output($0, $1) }
        for member in network.members where PrecisionPolicy.isMixed(member.config) {
            graph.note("layers that Keras computes in half precision are computed in single precision, which is closer")
        }
        var model = Model(
            graph.graph(LayerName.inert(network.name), outputs: outputs), opset: opset, irVersion: irVersion)
        model.producerName = "slipway"
        return ConvertedNetwork(model: model, notes: graph.assembly.notes)
    }

    /// The layers of a file, all of which are rebuilt.
    private static func network(_ file: KerasFile) throws(KerasError) -> Network {
        guard let json = file.configuration else {
            throw KerasError(
                "this file holds weights alone: which layers use them, and in which order, stands in a program",
                help: "where that program is: model.save('model.keras'), then import that")
        }
        let generation = file.version?.hasPrefix("3") == true ? 3 : 2
        let config = try LayerConfig(json, generation: generation, fallbackName: "model")
        guard NetworkReader.networks.contains(config.className), config.isOwn || config.options["layers"] != nil else {
            throw config.refusal(
                "is a model of its owner's own class: what it computes stands in a program",
                help: "where that program is: model.export('model.onnx', format='onnx'), then import that")
        }
        var reader = NetworkReader(generation: generation)
        let network = try reader.network(config)
        guard reader.faults.isEmpty else {
            let shown = reader.faults.prefix(20)
            let rest = reader.faults.count - shown.count
            throw KerasError(
                reader.faults.count == 1
                    ? "one layer of this model is not rebuilt here"
                    : "\(reader.faults.count) layers of this model are not rebuilt here",
                causes: shown + (rest > 0 ? ["and \(rest) more"] : []))
        }
        return network
    }

    private static func input(
        _ reference: ValueReference, _ network: Network, _ graph: NetworkGraph
    ) throws(KerasError) -> KerasValue {
        guard let member = network.members.first(where: { $0.config.name == reference.layer }),
            case .input(let shape, let type) = member.body
        else { throw KerasError("the input '\(LayerName.inert(reference.layer))' is no layer of the model") }
        guard let shape else {
            throw KerasError(
                "the model does not say which shape it takes: it was saved before it was built",
                help: "call it once before saving it, or give its first layer an Input((…))")
        }
        return graph.input(LayerName.inert(reference.layer), type, shape)
    }
}
