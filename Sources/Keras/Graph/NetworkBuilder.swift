import ModelGraph
import Tensors

/// Goes through a network in an order in which it can run, and lets each layer write itself.
struct NetworkBuilder {
    let graph: NetworkGraph
    /// The largest size of a value between layers.
    private static let largestSize = 1 << 40

    /// One layer to be called.
    private struct Pending {
        var member: Network.Member
        var use: LayerUse
        var call: Int
    }

    /// - Parameters:
    ///   - inputs: what goes in, in the order of the network's inputs.
    ///   - path: names of the networks around.
    /// - Returns: what comes out, in the order of its outputs.
    func build(
        _ network: Network, _ inputs: [KerasValue], _ weights: ModelWeights, path: [String] = []
    ) throws(KerasError) -> [KerasValue] {
        guard inputs.count == network.inputs.count else {
            throw KerasError(
                "the network '\(LayerName.inert(network.name))' is given \(inputs.count) values; expected \(network.inputs.count)"
            )
        }
        var values: [ValueReference: KerasValue] = [:]
        for (reference, value) in zip(network.inputs, inputs) { values[reference] = value }
        var pending: [Pending] = []
        for member in network.members {
            if case .input = member.body { continue }
            for (call, use) in member.uses.enumerated() {
                pending.append(Pending(member: member, use: use, call: call))
            }
        }
        while !pending.isEmpty {
            var later: [Pending] = []
            for item in pending {
                guard let made = try call(item, values, weights, path) else {
                    later.append(item)
                    continue
                }
                for (place, value) in made.enumerated() {
                    values[ValueReference(layer: item.member.config.name, call: item.call, place: place)] = value
                }
            }
            guard later.count < pending.count else {
                let names = later.prefix(3).map { "'\(LayerName.inert($0.member.config.name))'" }.joined(
                    separator: ", ")
                throw KerasError("the layers \(names) are given values that no layer gives, or go round in a circle")
            }
            pending = later
        }
        var outputs: [KerasValue] = []
        for reference in network.outputs {
            guard let value = values[reference] else {
                throw KerasError("the output '\(LayerName.inert(reference.layer))' is given by no layer")
            }
            outputs.append(value)
        }
        return outputs
    }

    /// What a layer gives; `nil` while something that it needs is not there.
    private func call(
        _ item: Pending, _ values: [ValueReference: KerasValue], _ weights: ModelWeights, _ path: [String]
    ) throws(KerasError) -> [KerasValue]? {
        let inputs = item.use.inputs.compactMap { values[$0] }
        let named = item.use.named.compactMapValues { values[$0] }
        guard inputs.count == item.use.inputs.count, named.count == item.use.named.count else { return nil }
        let config = item.member.config
        let place = path + [config.name]
        try graph.spendCall()
        let made: [KerasValue]
        switch item.member.body {
        case .input: return nil
        case .network(let inner):
            guard named.isEmpty else { throw config.refusal("is given values by name, which are not carried") }
            made = try build(inner, inputs, try weights.network(config.name, key: item.member.key), path: place)
        case .operation(let operation):
            made = try operation(
                LayerCall(
                    config, inputs, named: named, graph: graph,
                    weights: try weights.layer(config.name, key: item.member.key), path: place))
        }
        for size in made.flatMap(\.sizes) {
            guard let size, !(0...Self.largestSize).contains(size) else { continue }
            throw config.refusal("would give a value of size \(size)")
        }
        return made
    }
}
