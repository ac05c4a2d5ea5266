import ModelGraph
import Optimize
import Tensors

/// Products of matrices.
extension CouplingTracer {
    /// `α · A · B + β · C`. Source: ONNX, `Gemm`.
    mutating func general(_ index: Int) throws {
        let node = view.nodes[index]
        var left = try axes(node.input(0))
        var right = try axes(node.input(1))
        guard left.count == 2, right.count == 2 else { throw Untraceable("it multiplies what are no matrices") }
        let isTurned = (left: node.int("transA") == 1, right: node.int("transB") == 1)
        if isTurned.left { left.reverse() }
        if isTurned.right { right.reverse() }
        join(left[1], right[0], "\(view.label(index)) reads what cannot be cut")
        note(node.input(0), summed: isTurned.left ? 0 : 1, made: isTurned.left ? 1 : 0, index)
        note(node.input(1), summed: isTurned.right ? 1 : 0, made: isTurned.right ? 0 : 1, index)
        var made = [left[0], right[1]]
        let summand = node.input(2)
        if !summand.isEmpty {
            guard let dimensions = view.dimensions(summand), dimensions.count <= 2 else {
                throw Untraceable("the size of its summand is not known")
            }
            let atoms = try axes(summand)
            for (offset, dimension) in dimensions.enumerated() where dimension.size != 1 {
                let place = 2 - dimensions.count + offset
                made[place] = join(made[place], atoms[offset], "\(view.label(index)): its summand cannot be cut")
            }
        }
        set(node.output(0), made)
    }

    /// `A · B`, of the last two axes; those before are matched. Source: ONNX, `MatMul`.
    mutating func product(_ index: Int) throws {
        let node = view.nodes[index]
        let (left, right) = (try axes(node.input(0)), try axes(node.input(1)))
        guard left.count >= 2, right.count >= 2 else { throw Untraceable("it multiplies a vector") }
        join(left[left.count - 1], right[right.count - 2], "\(view.label(index)) reads what cannot be cut")
        note(node.input(0), summed: left.count - 1, made: left.count - 2, index)
        note(node.input(1), summed: right.count - 2, made: right.count - 1, index)
        let batch = try matched(
            [
                (view.dimensions(node.input(0))?.dropLast(2), left.dropLast(2)),
                (view.dimensions(node.input(1))?.dropLast(2), right.dropLast(2)),
            ], index)
        set(node.output(0), batch + [left[left.count - 2], right[right.count - 1]])
    }

    /// Says which axes of a factor that is constant are summed over and made.
    private mutating func note(_ factor: String, summed position: Int, made: Int, _ index: Int) {
        guard view.constant(factor) != nil else { return }
        summed[ConstantAxis(name: factor, axis: position), default: []].append(index)
        makers[ConstantAxis(name: factor, axis: made)] = index
    }

    /// Axes of several tensors matched from the last on; where one is of size 1, it is repeated.
    mutating func matched(
        _ operands: [(dimensions: ArraySlice<Dimension>?, atoms: ArraySlice<AxisAtoms?>)], _ index: Int
    ) throws -> [AxisAtoms?] {
        let rank = operands.map(\.atoms.count).max() ?? 0
        var result = [AxisAtoms?](repeating: nil, count: rank)
        for place in 0..<rank {
            var isFirst = true
            for (dimensions, atoms) in operands where rank - place <= atoms.count {
                let offset = place - (rank - atoms.count)
                guard let dimensions else { throw Untraceable("the sizes it reads are not known") }
                if dimensions[dimensions.startIndex + offset].size == 1 { continue }
                let own = atoms[atoms.startIndex + offset]
                if isFirst {
                    result[place] = own
                } else {
                    result[place] = join(result[place], own, "\(view.label(index)) joins it with what cannot be cut")
                }
                isFirst = false
            }
        }
        return result
    }
}
