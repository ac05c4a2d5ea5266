import ModelGraph
import Optimize
import Tensors

/// Normalisations: parameters go with their channels; an axis over which statistics are taken stays.
extension CouplingTracer {
    /// At rest each channel is scaled and shifted by itself. Source: ONNX, `BatchNormalization`.
    mutating func batchNormalization(_ index: Int) throws {
        let node = view.nodes[index]
        guard node.int("training_mode") ?? 0 == 0, node.outputs.dropFirst().allSatisfy(\.isEmpty),
            node.int("spatial") ?? 1 == 1
        else { throw Untraceable("it is in training") }
        try perChannel(index, parameters: 1...4)
    }

    /// Statistics are those of a channel in a row, so that channels do not matter to each other.
    mutating func instanceNormalization(_ index: Int) throws { try perChannel(index, parameters: 1...2) }

    private mutating func perChannel(_ index: Int, parameters: ClosedRange<Int>) throws {
        let node = view.nodes[index]
        var atoms = try axes(node.input(0))
        guard atoms.count >= 2 else { throw Untraceable("it has no channels") }
        for parameter in parameters {
            let own = axis(0, ofConstant: node.input(parameter))
            atoms[1] = join(atoms[1], own, "\(view.label(index)): its numbers are not constant, or what it reads stays")
        }
        set(node.output(0), atoms)
    }

    /// Statistics are those of a group: its channels go together, and the group with them.
    mutating func groupNormalization(_ index: Int) throws {
        let node = view.nodes[index]
        var atoms = try axes(node.input(0))
        let groups = Int(node.int("num_groups") ?? 0)
        guard atoms.count >= 2, let channels = atoms[1], groups > 0, channels.count.isMultiple(of: groups) else {
            throw Untraceable("its groups do not fit")
        }
        let size = channels.count / groups
        let heads = stride(from: 0, to: channels.count, by: size).compactMap { joinAll(channels[$0..<($0 + size)]) }
        for parameter in 1...2 {
            let own = axis(0, ofConstant: node.input(parameter))
            // Since operator set 21 they are one for each channel, before one for each group.
            join(own?.count == groups ? heads : channels, own, "\(view.label(index)): its numbers are not constant")
        }
        rewrites.append(SizeRewrite(node: index, holder: .attribute("num_groups"), counted: [0: heads]))
        atoms[1] = channels
        set(node.output(0), atoms)
    }

    /// Statistics are over all axes from `axis` on: these stay.
    mutating func layerNormalization(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else { throw Untraceable("its statistics are outputs") }
        let axis = try position(Int(node.int("axis") ?? -1), rank: atoms.count)
        for place in axis..<atoms.count { freeze(atoms[place], "\(view.label(index)) takes statistics over it") }
        for parameter in node.inputs.dropFirst() { freeze(parameter, "\(view.label(index)) takes statistics over it") }
        set(node.output(0), atoms.enumerated().map { $0 < axis ? $1 : nil })
    }
}
