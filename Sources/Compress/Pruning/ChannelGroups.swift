package import ModelGraph
package import Optimize

/// A channel: everything that goes when it goes.
package struct Channel: Sendable {
    /// By constant and axis, the places along it, ascending.
    package let places: [ChannelPlace: [Int]]
    /// The atom that stands for it.
    let root: Int32
}

/// An axis of a constant.
package struct ChannelPlace: Hashable, Sendable {
    package let constant: String
    package let axis: Int

    package init(_ constant: String, axis: Int) {
        self.constant = constant
        self.axis = axis
    }
}

/// Channels that are made by the same layers, and can be compared with each other.
package struct ChannelGroup: Sendable {
    /// The weights that make them, in the order of their nodes, and how long these axes are.
    package let makers: [(place: ChannelPlace, node: Int, size: Int)]
    package let channels: [Channel]

    /// How long the axis is on which sizes for the kernel are counted, and how much of it each channel takes.
    package var size: Int { makers.first?.size ?? 0 }
    package var width: Int {
        guard let first = makers.first, let channel = channels.first else { return 1 }
        return max(1, channel.places[first.place]?.count ?? 1)
    }
}

/// What of a model's channels can be cut, and what goes together.
///
/// Costs one shape inference and one walk over the graph.
package struct ChannelGroups: Sendable {
    package let view: GraphView
    package let groups: [ChannelGroup]
    /// The layers whose channels all stay, with the reason.
    package let frozen: [Refusal]
    /// Axes of weights that are summed over, with the nodes that do: where cutting is felt.
    package let readers: [ChannelPlace: [Int]]
    /// The axes of weights along which channels are made, whether they can be cut or not, with the nodes that do.
    package let makers: [ChannelPlace: Int]
    let rewrites: [SizeRewrite]
    /// The atom of each place of every axis that was looked at, as the root that stands for it.
    let constants: [ChannelPlace: [Int32]]
    private let roots: [Int32]

    package init(_ model: Model) {
        var tracer = CouplingTracer(GraphView(model))
        view = tracer.view
        rewrites = tracer.rewrites
        roots = (0..<Int32(tracer.forest.count)).map { tracer.forest.root($0) }
        let roots = roots
        var constants: [ChannelPlace: [Int32]] = [:]
        var places: [Int32: [ChannelPlace: [Int]]] = [:]
        for (key, atoms) in tracer.constants {
            let place = ChannelPlace(key.name, axis: key.axis)
            constants[place] = atoms.map { roots[Int($0)] }
            for (index, atom) in atoms.enumerated() where tracer.forest.reason(atom) == nil {
                places[roots[Int(atom)], default: [:]][place, default: []].append(index)
            }
        }
        self.constants = constants
        readers = Dictionary(
            tracer.summed.map { (ChannelPlace($0.key.name, axis: $0.key.axis), $0.value) }, uniquingKeysWith: +)
        self.makers = Dictionary(
            tracer.makers.map { (ChannelPlace($0.key.name, axis: $0.key.axis), $0.value) }, uniquingKeysWith: min)
        let makers = tracer.makers.sorted { ($0.value, $0.key.name) < ($1.value, $1.key.name) }
        groups = Self.grouped(makers, constants, places)
        frozen = makers.compactMap { key, node in
            let atoms = tracer.constants[key] ?? []
            guard let first = atoms.first, atoms.allSatisfy({ tracer.forest.reason($0) != nil }) else { return nil }
            return Refusal(tracer.view.label(node), tracer.forest.reason(first) ?? "")
        }
    }

    /// Channels with the same makers, groups and channels in the order of the graph.
    private static func grouped(
        _ makers: [(key: ConstantAxis, value: Int)], _ constants: [ChannelPlace: [Int32]],
        _ places: [Int32: [ChannelPlace: [Int]]]
    ) -> [ChannelGroup] {
        var made: [Int32: [Int]] = [:]
        for (number, maker) in makers.enumerated() {
            let roots = constants[ChannelPlace(maker.key.name, axis: maker.key.axis)] ?? []
            for root in Set(roots) where places[root] != nil { made[root, default: []].append(number) }
        }
        var members: [[Int]: [Int32]] = [:]
        for (root, numbers) in made { members[numbers, default: []].append(root) }
        return members.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { numbers, roots in
            ChannelGroup(
                makers: numbers.map { number in
                    let place = ChannelPlace(makers[number].key.name, axis: makers[number].key.axis)
                    return (place, makers[number].value, constants[place]?.count ?? 0)
                },
                channels: roots.sorted().map { Channel(places: places[$0] ?? [:], root: $0) })
        }
    }

    /// How many of these atoms are left.
    func left(of atoms: AxisAtoms, without cut: Set<Int32>) -> Int {
        atoms.count { !cut.contains(roots[Int($0)]) }
    }
}
