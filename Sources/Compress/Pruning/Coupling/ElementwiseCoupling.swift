import ModelGraph
import Optimize
import Tensors

/// Element by element, window by window, and sums over axes.
extension CouplingTracer {
    /// One tensor in, the same axes out.
    mutating func elementwise(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        for further in node.inputs.dropFirst() where !further.isEmpty {
            guard view.rank(further) == 0 || view.fixedSizes(further) == [1] else {
                throw Untraceable("a bound of its is not a single number")
            }
        }
        for output in node.outputs { set(output, atoms) }
    }

    /// Several tensors, matched from the last axis on.
    mutating func broadcast(_ index: Int) throws {
        let node = view.nodes[index]
        guard view.opset >= 7 else { throw Untraceable("before operator set 7 sizes match in another way") }
        let made = try matched(
            try node.inputs.map { name in
                let atoms = try axes(name)[...]
                return (view.dimensions(name)?[...], atoms)
            }, index)
        set(node.output(0), made)
    }

    /// Windows over the axes of a picture; rows and channels stay apart.
    mutating func pool(_ index: Int) throws {
        let node = view.nodes[index]
        guard node.outputs.dropFirst().allSatisfy(\.isEmpty) else {
            throw Untraceable("where it found the largest is an output too")
        }
        let atoms = try axes(node.input(0))
        set(node.output(0), atoms.enumerated().map { $0 < 2 ? $1 : nil })
    }

    /// Over other axes it does not matter which channels there are; over the channels every one counts.
    mutating func reduction(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        let given = try numbers(index, input: 1, attribute: "axes")?.values ?? []
        if given.isEmpty, node.int("noop_with_empty_axes") == 1 { return set(node.output(0), atoms) }
        let over = given.isEmpty ? Array(atoms.indices) : try given.map { try position($0, rank: atoms.count) }
        for axis in over { freeze(atoms[axis], "\(view.label(index)) reduces over it") }
        let keeps = node.int("keepdims") ?? 1 == 1
        var made: [AxisAtoms?] = []
        for axis in atoms.indices {
            if !over.contains(axis) { made.append(atoms[axis]) } else if keeps { made.append(nil) }
        }
        set(node.output(0), made)
    }

    /// The axis over which it sums to 1 stays. Before operator set 13 these are all from `axis` on.
    mutating func softmax(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        let axis = try position(Int(node.int("axis") ?? (view.opset >= 13 ? -1 : 1)), rank: atoms.count)
        let over = view.opset >= 13 ? axis..<(axis + 1) : axis..<atoms.count
        for place in over { freeze(atoms[place], "\(view.label(index)) is over it") }
        set(node.output(0), atoms.enumerated().map { over.contains($0) ? nil : $1 })
    }
}
