import ModelGraph
import Optimize
import Tensors

/// The same elements under other axes.
extension CouplingTracer {
    mutating func transpose(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        let order = node.ints("perm") ?? Array(atoms.indices.reversed())
        guard order.sorted() == Array(atoms.indices) else { throw Untraceable("its order is none") }
        set(node.output(0), order.map { atoms[$0] })
    }

    mutating func squeeze(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        let given = try numbers(index, input: 1, attribute: "axes")?.values
        let sizes = view.dimensions(node.input(0)) ?? []
        let gone =
            try given?.map { try position($0, rank: atoms.count) } ?? sizes.indices.filter { sizes[$0].size == 1 }
        set(node.output(0), atoms.indices.filter { !gone.contains($0) }.map { atoms[$0] })
    }

    mutating func unsqueeze(_ index: Int) throws {
        let node = view.nodes[index]
        var atoms = try axes(node.input(0))
        guard let given = try numbers(index, input: 1, attribute: "axes")?.values else {
            throw Untraceable("it does not say where")
        }
        for axis in try given.map({ try position($0, rank: atoms.count + given.count) }).sorted() {
            guard axis <= atoms.count else { throw Untraceable("its axes have a gap") }
            atoms.insert(nil, at: axis)
        }
        set(node.output(0), atoms)
    }

    /// Two axes of what many were. Source: ONNX, `Flatten`.
    mutating func flatten(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        guard let sizes = view.dimensions(node.input(0)) else { throw Untraceable("the sizes it reads are not known") }
        let axis = Int(node.int("axis") ?? 1)
        let place = axis < 0 ? axis + sizes.count : axis
        guard (0...sizes.count).contains(place) else { throw Untraceable("axis \(axis) of \(sizes.count)") }
        let made = [0..<place, place..<sizes.count].map { merged(sizes[$0], atoms[$0], index) }
        set(node.output(0), made)
    }

    /// Axes are matched from both ends; what is between is put together and taken apart. Source: ONNX, `Reshape`.
    mutating func reshape(_ index: Int) throws {
        let node = view.nodes[index]
        let atoms = try axes(node.input(0))
        guard atoms.contains(where: { $0 != nil }) else {
            return set(node.output(0), [AxisAtoms?](repeating: nil, count: view.rank(node.output(0)) ?? 0))
        }
        guard let before = view.dimensions(node.input(0)), let after = view.dimensions(node.output(0)),
            let given = try numbers(index, input: 1, attribute: "shape"), given.values.count == after.count
        else { throw Untraceable("the shape that it makes is not known") }
        var made = [AxisAtoms?](repeating: nil, count: after.count)
        let fitting = { (a: Dimension, b: Dimension) in a == b && a != .unknown }
        var head = 0
        while head < min(before.count, after.count), fitting(before[head], after[head]) {
            made[head] = atoms[head]
            head += 1
        }
        var (last, target) = (before.count, after.count)
        while last > head, target > head, fitting(before[last - 1], after[target - 1]) {
            (last, target) = (last - 1, target - 1)
            made[target] = atoms[last]
        }
        for (from, to) in blocks(before, head..<last, after, head..<target) {
            let whole = merged(before[from], atoms[from], index)
            let parts = taken(apart: whole, after[to].compactMap(\.size), to, index)
            for (place, part) in zip(to, parts) { made[place] = part }
        }
        for (place, value) in given.values.enumerated() where value == 0 && place < atoms.count {
            if atoms[place] != made[place] { freeze(atoms[place], "\(view.label(index)) copies its size") }
        }
        var counted: [Int: AxisAtoms] = [:]
        for (place, own) in made.enumerated() { counted[place] = own }
        if !counted.isEmpty {
            rewrites.append(
                SizeRewrite(node: index, holder: given.holder, values: given.values, counted: counted))
        }
        set(node.output(0), made)
    }

    /// The smallest runs of axes of both sides with the same number of elements. Where a size is open, all is one run.
    private func blocks(
        _ before: [Dimension], _ from: Range<Int>, _ after: [Dimension], _ to: Range<Int>
    ) -> [(Range<Int>, Range<Int>)] {
        guard !from.isEmpty || !to.isEmpty else { return [] }
        let sizes = (before[from].compactMap(\.size), after[to].compactMap(\.size))
        guard sizes.0.count == from.count, sizes.1.count == to.count else { return [(from, to)] }
        var found: [(Range<Int>, Range<Int>)] = []
        var (left, right) = (from.lowerBound, to.lowerBound)
        while left < from.upperBound || right < to.upperBound {
            let start = (left, right)
            var products = (1, 1)
            repeat {
                if products.0 <= products.1, left < from.upperBound {
                    products.0 =
                        products.0.multipliedReportingOverflow(by: sizes.0[left - from.lowerBound]).partialValue
                    left += 1
                } else if right < to.upperBound {
                    products.1 = products.1.multipliedReportingOverflow(by: sizes.1[right - to.lowerBound]).partialValue
                    right += 1
                } else {
                    return [(from, to)]
                }
            } while products.0 != products.1
            found.append((start.0..<left, start.1..<right))
        }
        return found
    }

    /// One axis of several: each element of it belongs to the place that the axis with atoms has there. A second axis with
    /// atoms stays, and all stay where a size is open.
    private mutating func merged(
        _ sizes: ArraySlice<Dimension>, _ atoms: ArraySlice<AxisAtoms?>, _ index: Int
    ) -> AxisAtoms? {
        let cut = atoms.indices.filter { atoms[$0] != nil }
        guard let chosen = cut.max(by: { (atoms[$0]?.count ?? 0) < (atoms[$1]?.count ?? 0) }),
            let own = atoms[chosen]
        else { return nil }
        let fixed = sizes.compactMap(\.size)
        for other in cut where other != chosen || fixed.count != sizes.count {
            freeze(atoms[other], "\(view.label(index)) puts it together with another axis")
        }
        guard fixed.count == sizes.count, let total = try? Shape(fixed).elementCount, total <= 1 << 22 else {
            freeze(own, "\(view.label(index)) puts it together with an axis of open size")
            return nil
        }
        let inner = sizes[(sizes.startIndex + (chosen - atoms.startIndex) + 1)...].compactMap(\.size).reduce(1, *)
        return (0..<total).map { own[$0 / inner % own.count] }
    }

    /// Several axes of one. One of them can be cut: the first (heads of an attention), or the second, where the next node
    /// swaps both (a channel shuffle); what is at the same place of it goes together.
    private mutating func taken(
        apart whole: AxisAtoms?, _ sizes: [Int], _ places: Range<Int>, _ index: Int
    ) -> [AxisAtoms?] {
        var parts = [AxisAtoms?](repeating: nil, count: places.count)
        guard let whole else { return parts }
        guard sizes.count == places.count, sizes.reduce(1, *) == whole.count, sizes.allSatisfy({ $0 > 0 }) else {
            freeze(whole, "\(view.label(index)) mixes it with other axes")
            return parts
        }
        let real = sizes.indices.filter { sizes[$0] > 1 }
        guard var chosen = real.first else { return parts }
        if real.count == 2, isSwapped(index, places.lowerBound + real[0], places.lowerBound + real[1]) {
            chosen = real[1]
        }
        let inner = sizes[(chosen + 1)...].reduce(1, *)
        parts[chosen] = (0..<sizes[chosen]).compactMap { place in
            joinAll(whole.indices.lazy.filter { $0 / inner % sizes[chosen] == place }.map { whole[$0] })
        }
        return parts
    }

    /// Whether all that read a node's value are transpositions that put `second` before `first`, side by side.
    private func isSwapped(_ index: Int, _ first: Int, _ second: Int) -> Bool {
        let readers = view.readers(of: view.nodes[index].output(0))
        return !readers.isEmpty
            && readers.allSatisfy { reader in
                guard view.standardOperator(reader) == "Transpose", let order = view.nodes[reader].ints("perm"),
                    let place = order.firstIndex(of: second)
                else { return false }
                return place + 1 < order.count && order[place + 1] == first
            }
    }
}
