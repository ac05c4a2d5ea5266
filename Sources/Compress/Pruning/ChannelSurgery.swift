package import ModelGraph
import Optimize
import Tensors

/// Cuts channels out of a model: tensors become shorter, and every number that is a size of theirs follows.
package struct ChannelSurgery {
    private let groups: ChannelGroups

    package init(_ groups: ChannelGroups) {
        self.groups = groups
    }

    /// The model without these channels; valid, with the inputs and outputs that it had.
    ///
    /// Linear in the weights that are cut; the others are not copied.
    ///
    /// - Throws: `RuleFault` when an axis would be left empty, or what comes of it is not valid.
    package func without(_ channels: some Sequence<Channel>) throws -> Model {
        let cut = Set(channels.map(\.root))
        var editor = GraphEditor(groups.view.model)
        try cutConstants(&editor, cut)
        for rewrite in groups.rewrites { try follow(rewrite, &editor, cut) }
        editor.removeUnused()
        let model = editor.model.withDeclarationsInferred()
        try check(model)
        return model
    }

    private func cutConstants(_ editor: inout GraphEditor, _ cut: Set<Int32>) throws {
        var kept: [String: [Int: [Int]]] = [:]
        for (place, roots) in groups.constants {
            let left = roots.indices.filter { !cut.contains(roots[$0]) }
            guard left.count < roots.count else { continue }
            guard !left.isEmpty else { throw RuleFault("nothing would be left of '\(place.constant)'") }
            kept[place.constant, default: [:]][place.axis] = left
        }
        for (name, axes) in kept.sorted(by: { $0.key < $1.key }) {
            guard let constant = groups.view.constant(name) else { continue }
            try editor.setConstant(name, try constant.tensor().picking(axes))
        }
    }

    /// Puts what is left of an axis in the place of its size.
    private func follow(_ rewrite: SizeRewrite, _ editor: inout GraphEditor, _ cut: Set<Int32>) throws {
        let changed = rewrite.counted.filter {
            rewrite.countsFromEnd || groups.left(of: $0.value, without: cut) < $0.value.count
        }
        guard !changed.isEmpty else { return }
        var node = editor.model.graph.nodes[rewrite.node]
        var values = rewrite.values ?? []
        for (entry, atoms) in changed where entry < values.count {
            values[entry] = groups.left(of: atoms, without: cut)
        }
        if let replaced = rewrite.replaces { node.attributes.removeAll { $0.name == replaced } }
        switch rewrite.holder {
        case .attribute(let name):
            if rewrite.values == nil, let atoms = changed[0] {
                node = node.setting(name, .int(Int64(groups.left(of: atoms, without: cut))))
            } else {
                node = node.setting(name, .ints(values.map(Int64.init)))
            }
        case .input(let position):
            let old = node.input(position)
            let type = groups.view.elementType(old) ?? .int64
            let tensor = try Tensor(.int64, Shape([values.count]), values: values.map(Int64.init))
            let name = editor.addConstant(
                old.isEmpty ? "\(groups.view.label(rewrite.node))_sizes" : "\(old)_cut",
                type == .int64 ? tensor : try tensor.converted(to: type))
            while node.inputs.count <= position { node.inputs.append("") }
            node.inputs[position] = name
        }
        editor.replaceNode(at: rewrite.node, with: node)
    }

    /// The result has to be a model in its own right, whose sizes fit each other as far as they are known.
    private func check(_ model: Model) throws {
        let before = groups.view.model
        guard before.graph.requiredInputs.map(\.name) == model.graph.requiredInputs.map(\.name),
            before.graph.outputs == model.graph.outputs
        else { throw RuleFault("the inputs and outputs would not be what they were") }
        var options = ValidationOptions()
        options.externalData = .allowPlainPaths
        if let problem = model.validate(options).problems.first {
            throw RuleFault("the result is not valid: \(problem)")
        }
        let known = Set(groups.view.types.notes.map(\.description))
        if let note = model.inferred().notes.first(where: { !known.contains($0.description) }) {
            throw RuleFault("the sizes of the result do not fit each other: \(note)")
        }
    }
}

extension Model {
    /// The same with the declared types of values in between as inference finds them; what it does not find is not
    /// declared any more.
    func withDeclarationsInferred() -> Model {
        var bare = self
        bare.graph.valueInfo = []
        let types = bare.inferred()
        bare.graph.valueInfo = graph.valueInfo.compactMap { info in
            guard let type = types[info.name] else { return nil }
            var info = info
            info.type = type
            return info
        }
        return bare
    }
}

extension Tensor {
    /// The elements at these indices along some axes, all along the others.
    ///
    /// - Precondition: the axes exist, the indices are theirs, and elements have whole bytes.
    func picking(_ kept: [Int: [Int]]) throws -> Tensor {
        var current = self
        for (axis, indices) in kept.sorted(by: { $0.key < $1.key }) {
            current = try current.picking(indices, along: axis)
        }
        return current
    }

    private func picking(_ indices: [Int], along axis: Int) throws -> Tensor {
        var dimensions = shape.dimensions
        let size = dimensions[axis]
        let block = dimensions[(axis + 1)...].reduce(elementType.bitWidth / 8, *)
        let outer = dimensions[..<axis].reduce(1, *)
        dimensions[axis] = indices.count
        let shape = try Shape(dimensions)
        let buffer = TensorBuffer(capacity: try shape.byteCount(of: elementType))
        let (source, target) = (bytes, buffer.mutableBytes)
        let runs = Self.runs(indices)
        var position = 0
        for row in 0..<outer {
            for run in runs {
                let (start, count) = ((row * size + run.lowerBound) * block, run.count * block)
                UnsafeMutableRawBufferPointer(rebasing: target[position..<(position + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[start..<(start + count)]))
                position += count
            }
        }
        return try Tensor(elementType, shape, buffer: buffer)
    }

    /// Neighbours are copied together.
    private static func runs(_ indices: [Int]) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for index in indices {
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<(index + 1)
            } else {
                runs.append(index..<(index + 1))
            }
        }
        return runs
    }
}
