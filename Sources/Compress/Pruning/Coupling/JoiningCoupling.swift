import ModelGraph
import Optimize
import Tensors

/// Axes put together and taken apart.
extension CouplingTracer {
    /// One after the other along an axis. Source: ONNX, `Concat`.
    mutating func concatenation(_ index: Int) throws {
        let node = view.nodes[index]
        let parts = try node.inputs.map { try axes($0) }
        guard let rank = parts.first?.count, parts.allSatisfy({ $0.count == rank }) else {
            throw Untraceable("its inputs differ in rank")
        }
        let along = try position(Int(node.int("axis") ?? 1), rank: rank)
        var made = [AxisAtoms?](repeating: nil, count: rank)
        for place in 0..<rank where place != along {
            made[place] = parts[0][place]
            for part in parts.dropFirst() {
                made[place] = join(made[place], part[place], "\(view.label(index)) joins it with what cannot be cut")
            }
        }
        if parts.contains(where: { $0[along] != nil }) {
            made[along] = try zip(node.inputs, parts).flatMap { name, part in
                if let own = part[along] { return own }
                guard let size = view.dimensions(name)?[along].size else {
                    throw Untraceable("how long '\(name)' is along axis \(along) is not known")
                }
                let fixed = forest.make(size)
                freeze(fixed, "'\(name)' cannot be cut")
                return fixed
            }
        }
        set(node.output(0), made)
    }

    /// Pieces along an axis; their sizes are what is left of each. Source: ONNX, `Split`.
    mutating func split(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        let along = try position(Int(node.int("axis") ?? 0), rank: atoms.count)
        guard let cut = atoms[along] else {
            for output in node.outputs { set(output, atoms) }
            return
        }
        let given = try numbers(index, input: 1, attribute: "split")
        let piece = (cut.count + node.outputs.count - 1) / max(node.outputs.count, 1)
        let sizes =
            given?.values
            ?? node.outputs.indices.map { max(0, min(piece, cut.count - $0 * piece)) }
        guard sizes.count == node.outputs.count, sizes.allSatisfy({ $0 > 0 }), sizes.reduce(0, +) == cut.count else {
            throw Untraceable("its sizes do not fit")
        }
        var counted: [Int: AxisAtoms] = [:]
        var start = 0
        for (number, output) in node.outputs.enumerated() {
            let own = Array(cut[start..<(start + sizes[number])])
            start += sizes[number]
            counted[number] = own
            var made = atoms
            made[along] = own
            set(output, made)
            keepOne(of: own, index)
        }
        let holder = given?.holder ?? (view.opset >= 13 ? .input(1) : .attribute("split"))
        rewrites.append(
            SizeRewrite(node: index, holder: holder, values: sizes, counted: counted, replaces: "num_outputs"))
    }

    /// A range of an axis; where it begins and ends is counted in what is left. Source: ONNX, `Slice`.
    mutating func slice(_ index: Int) throws {
        let node = view.nodes[index]
        var atoms = try axes(node.input(0))
        guard atoms.contains(where: { $0 != nil }) else { return set(node.output(0), atoms) }
        guard let starts = try numbers(index, input: 1, attribute: "starts"),
            let ends = try numbers(index, input: 2, attribute: "ends")
        else { throw Untraceable("where it begins and ends is not known") }
        let along = try numbers(index, input: 3, attribute: "axes")?.values ?? Array(starts.values.indices)
        let steps = try numbers(index, input: 4, attribute: "steps")?.values ?? along.map { _ in 1 }
        guard starts.values.count == along.count, ends.values.count == along.count, steps.count == along.count else {
            throw Untraceable("its numbers differ in length")
        }
        var counted: (starts: [Int: AxisAtoms], ends: [Int: AxisAtoms]) = ([:], [:])
        for entry in along.indices {
            let axis = try position(along[entry], rank: atoms.count)
            guard let cut = atoms[axis] else { continue }
            let ends = [starts.values[entry], ends.values[entry]].map { bound in
                min(max(bound < 0 ? (bound < -cut.count ? 0 : bound + cut.count) : bound, 0), cut.count)
            }
            guard steps[entry] == 1, ends[0] < ends[1] else { throw Untraceable("it takes every so many") }
            if ends == [0, cut.count] { continue }
            counted.starts[entry] = Array(cut[..<ends[0]])
            counted.ends[entry] = Array(cut[..<ends[1]])
            atoms[axis] = Array(cut[ends[0]..<ends[1]])
            keepOne(of: atoms[axis], index)
        }
        if !counted.starts.isEmpty {
            for (bounds, counted) in [(starts, counted.starts), (ends, counted.ends)] {
                rewrites.append(
                    SizeRewrite(
                        node: index, holder: bounds.holder, values: bounds.values, counted: counted,
                        countsFromEnd: counted.keys.contains { bounds.values[$0] < 0 }))
            }
        }
        set(node.output(0), atoms)
    }

    /// A piece of no channels is a special case of many engines: one of them stays.
    private mutating func keepOne(of piece: AxisAtoms?, _ index: Int) {
        if let first = piece?.first { forest.freeze(first, "one channel stays of each piece of \(view.label(index))") }
    }

    /// What is padded stays. Source: ONNX, `Pad`.
    mutating func padding(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        guard node.input(3).isEmpty else { throw Untraceable("it pads axes that are listed") }
        let attribute = node.ints("paddings") == nil ? "pads" : "paddings"
        guard let pads = try numbers(index, input: 1, attribute: attribute)?.values, pads.count == atoms.count * 2
        else {
            throw Untraceable("what it pads is not known")
        }
        let made = atoms.enumerated().map { place, own -> AxisAtoms? in
            guard pads[place] != 0 || pads[place + atoms.count] != 0 else { return own }
            freeze(own, "\(view.label(index)) pads it")
            return nil
        }
        set(node.output(0), made)
    }

    /// Axes that keep their size pass. Source: ONNX, `Resize`, `Upsample`.
    mutating func resize(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        guard node.attribute("axes") == nil, let sizes = view.dimensions(node.output(0)) else {
            throw Untraceable("what becomes of its axes is not known")
        }
        let hasSizes = node.operatorType == "Resize" && !node.input(3).isEmpty
        var counted: [Int: AxisAtoms] = [:]
        let made = atoms.enumerated().map { place, own -> AxisAtoms? in
            guard let own else { return nil }
            guard sizes.count == atoms.count, sizes[place].size == own.count else {
                freeze(own, "\(view.label(index)) resizes it")
                return nil
            }
            counted[place] = own
            return own
        }
        if hasSizes, !counted.isEmpty {
            guard let values = try numbers(index, input: 3, attribute: "")?.values else {
                throw Untraceable("its sizes are not known")
            }
            rewrites.append(SizeRewrite(node: index, holder: .input(3), values: values, counted: counted))
        }
        set(node.output(0), made)
    }

    /// Rows of a table: its columns pass, and what is looked up in stays. Source: ONNX, `Gather`.
    mutating func gather(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        guard let rank = view.rank(node.input(1)) else { throw Untraceable("the rank of its indices is not known") }
        let along = try position(Int(node.int("axis") ?? 0), rank: atoms.count)
        freeze(atoms[along], "\(view.label(index)) picks of it by number")
        if view.constant(node.input(0)) != nil, along == 0, atoms.count == 2 {
            makers[ConstantAxis(name: node.input(0), axis: 1)] = index
        }
        let picked = [AxisAtoms?](repeating: nil, count: rank)
        set(node.output(0), Array(atoms[..<along]) + picked + Array(atoms[(along + 1)...]))
    }
}
