import ModelGraph
import Optimize
import Tensors

/// Convolutions: what they make is cut with the rows of their weights, what they read with the columns.
extension CouplingTracer {
    /// `y[o] = Σ w[o, i] ∗ x[i] + b[o]`. Source: ONNX, `Conv`.
    ///
    /// With groups the same places are cut in each, so that groups stay alike. Where each channel is a group of its own,
    /// channels go with their groups.
    mutating func convolution(_ index: Int) throws {
        let node = view.nodes[index]
        let weights = node.input(1)
        guard let sizes = view.constant(weights)?.dimensions.map({ Int($0) }), sizes.count >= 2,
            let made = axis(0, ofConstant: weights)
        else { throw Untraceable("its weights are not constant") }
        let read = try axes(node.input(0))
        guard read.count == sizes.count else { throw Untraceable("its weights do not fit what it reads") }
        makers[ConstantAxis(name: weights, axis: 0)] = index
        let groups = Int(node.int("group") ?? 1)
        if groups == 1 {
            try sum(weights, axis: 1, read[1], index)
        } else if sizes[1] == 1 {
            try each(index, groups, read[1], made)
        } else {
            try alike(read[1], groups, axis: 1, of: weights, index)
            tie(made, groups)
        }
        bias(node.input(2), made)
        set(node.output(0), [read[0], made] + [AxisAtoms?](repeating: nil, count: sizes.count - 2))
    }

    /// `x[i] ∗ w[i, o]`, spread. Source: ONNX, `ConvTranspose`; its weights are `[read, made / groups, …]`.
    mutating func transposedConvolution(_ index: Int) throws {
        let node = view.nodes[index]
        let weights = node.input(1)
        guard let sizes = view.constant(weights)?.dimensions.map({ Int($0) }), sizes.count >= 2,
            let rows = axis(0, ofConstant: weights)
        else { throw Untraceable("its weights are not constant") }
        let read = try axes(node.input(0))
        let groups = Int(node.int("group") ?? 1)
        guard read.count == sizes.count else { throw Untraceable("its weights do not fit what it reads") }
        let made: AxisAtoms?
        if groups == 1 {
            try sum(weights, axis: 0, read[1], index)
            makers[ConstantAxis(name: weights, axis: 1)] = index
            made = axis(1, ofConstant: weights)
        } else if groups == rows.count, sizes[1] == 1 {
            join(rows, read[1], "\(view.label(index)) reads what cannot be cut")
            makers[ConstantAxis(name: weights, axis: 0)] = index
            rewrites.append(SizeRewrite(node: index, holder: .attribute("group"), counted: [0: rows]))
            made = rows
        } else {
            throw Untraceable("it is a transposed convolution with \(groups) groups")
        }
        guard let made else { throw Untraceable("its weights cannot be cut") }
        bias(node.input(2), made)
        set(node.output(0), [read[0], made] + [AxisAtoms?](repeating: nil, count: sizes.count - 2))
    }

    /// An axis of weights that is summed over together with an axis of what is read.
    mutating func sum(_ weights: String, axis position: Int, _ read: AxisAtoms?, _ index: Int) throws {
        guard let atoms = axis(position, ofConstant: weights) else { throw Untraceable("its weights cannot be cut") }
        join(atoms, read, "\(view.label(index)) reads what cannot be cut")
        summed[ConstantAxis(name: weights, axis: position), default: []].append(index)
    }

    /// A summand for each channel.
    private mutating func bias(_ name: String, _ made: AxisAtoms) {
        guard !name.isEmpty else { return }
        join(made, axis(0, ofConstant: name), "its bias is not constant")
    }

    /// Each channel read is a group: those made of it go with it.
    private mutating func each(_ index: Int, _ groups: Int, _ read: AxisAtoms?, _ made: AxisAtoms) throws {
        guard let read, read.count == groups, made.count.isMultiple(of: groups) else {
            freeze(read, "\(view.label(index)): its groups do not fit")
            return freeze(made, "\(view.label(index)) reads what cannot be cut, channel by channel")
        }
        let times = made.count / groups
        for place in made.indices { forest.join(made[place], read[place / times]) }
        rewrites.append(SizeRewrite(node: index, holder: .attribute("group"), counted: [0: read]))
    }

    /// Groups of several channels: what is cut of one is cut of all, at the same place.
    private mutating func alike(
        _ read: AxisAtoms?, _ groups: Int, axis position: Int, of weights: String, _ index: Int
    ) throws {
        guard let columns = axis(position, ofConstant: weights) else { throw Untraceable("its weights cannot be cut") }
        guard let read, read.count == groups * columns.count else {
            freeze(read, "\(view.label(index)): its groups do not fit")
            return freeze(columns, "\(view.label(index)) reads what cannot be cut")
        }
        for place in read.indices { forest.join(columns[place % columns.count], read[place]) }
        summed[ConstantAxis(name: weights, axis: position), default: []].append(index)
    }

    /// Joins the same places of all groups.
    private mutating func tie(_ atoms: AxisAtoms, _ groups: Int) {
        guard atoms.count.isMultiple(of: groups) else { return freeze(atoms, "its groups do not fit") }
        let size = atoms.count / groups
        for place in atoms.indices { forest.join(atoms[place % size], atoms[place]) }
    }
}
