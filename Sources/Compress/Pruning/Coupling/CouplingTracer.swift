import ModelGraph
import Optimize
import Tensors

/// The atoms along one axis, in order.
typealias AxisAtoms = [Int32]

/// A constant's axis.
struct ConstantAxis: Hashable {
    let name: String
    let axis: Int
}

/// A number in a node that is the size of an axis, and must become what is left of it: an entry of a shape, the sizes of a
/// `Split`, the groups of a convolution.
struct SizeRewrite {
    enum Holder {
        /// Of a constant of whole numbers.
        case input(Int)
        /// Of an attribute, of one number or several.
        case attribute(String)
    }

    let node: Int
    let holder: Holder
    /// All numbers as they are, where the node does not hold them itself.
    var values: [Int]?
    /// By entry, the atoms that it counts.
    var counted: [Int: AxisAtoms]
    /// Whether one of them is counted from the end: it is another when an axis gets shorter behind it.
    var countsFromEnd = false
    /// An attribute that says the same in another way, and goes.
    var replaces: String?
}

/// Why it is not known how an operator's axes hang together.
struct Untraceable: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}

/// Follows the axes of all values through a graph, node by node, and joins what can only be cut together.
///
/// An axis without atoms is never cut: that of a batch, of a picture's rows, of a graph input. A rule that does not know an
/// operator says so, and everything that the node touches stays.
struct CouplingTracer {
    let view: GraphView
    var forest = AtomForest()
    var rewrites: [SizeRewrite] = []
    /// Axes of weights along which channels are made, with the node that does.
    var makers: [ConstantAxis: Int] = [:]
    /// Axes of weights that are summed over, with the nodes that do.
    var summed: [ConstantAxis: [Int]] = [:]
    private(set) var constants: [ConstantAxis: AxisAtoms] = [:]
    private var values: [String: [AxisAtoms?]] = [:]
    private var frozenConstants: [String: String] = [:]

    /// Traces a whole graph. Linear in nodes and sizes of axes.
    init(_ view: GraphView) {
        self.view = view
        for index in view.nodes.indices { trace(index) }
        for output in view.model.graph.outputs {
            freeze(output.name, "it is an output of the model")
        }
    }

    private mutating func trace(_ index: Int) {
        let node = view.nodes[index]
        do {
            guard node.subgraphs.isEmpty else { throw Untraceable("graphs inside \(node.operatorType) read it") }
            guard let type = view.standardOperator(index), let rule = CouplingRules.table[type] else {
                throw Untraceable("how \(node.operatorType) treats it is not known")
            }
            try rule(&self, index)
        } catch {
            let reason = (error as? Untraceable)?.reason ?? "\(error)"
            for name in node.freeNames { freeze(name, "\(view.label(index)): \(reason)") }
            // Constants that only subgraphs read are among the free names; what the node makes has no atoms.
            for output in node.outputs where values[output] != nil { freeze(output, reason) }
        }
    }

    // MARK: - Axes

    /// The atoms of every axis of a value or constant.
    ///
    /// - Throws: `Untraceable` when not even its rank is known.
    mutating func axes(_ name: String) throws -> [AxisAtoms?] {
        if let constant = view.constant(name) {
            return constant.dimensions.indices.map { constant.dimensions[$0] > 1 ? axis($0, ofConstant: name) : nil }
        }
        if let known = values[name] { return known }
        guard let rank = view.rank(name) else { throw Untraceable("the rank of '\(name)' is not known") }
        return [AxisAtoms?](repeating: nil, count: rank)
    }

    /// The atoms of a constant's axis, also of one of size 1; `nil` where the constant cannot be cut.
    mutating func axis(_ axis: Int, ofConstant name: String) -> AxisAtoms? {
        let key = ConstantAxis(name: name, axis: axis)
        if let known = constants[key] { return known }
        guard let constant = view.constant(name), constant.dimensions.indices.contains(axis),
            let type = constant.elementType, type.bitWidth.isMultiple(of: 8), let count = constant.elementCount,
            count > 0, constant.dimensions[axis] <= Self.longestAxis
        else { return nil }
        let atoms = forest.make(Int(constant.dimensions[axis]))
        constants[key] = atoms
        if let reason = frozenConstants[name] { for atom in atoms { forest.freeze(atom, reason) } }
        return atoms
    }

    /// Longer axes are tables, not channels.
    private static let longestAxis: Int64 = 1 << 20

    /// Says what the axes of a value that a node makes are. What does not fit its inferred sizes is frozen.
    mutating func set(_ name: String, _ axes: [AxisAtoms?]) {
        guard !name.isEmpty else { return }
        let dimensions = view.dimensions(name)
        values[name] = axes.enumerated().map { position, atoms in
            guard let atoms else { return nil }
            guard dimensions == nil || dimensions?.count == axes.count && dimensions?[position].size == atoms.count
            else {
                freeze(atoms, "the sizes of '\(name)' are not what was expected")
                return nil
            }
            return atoms.count > 1 ? atoms : nil
        }
    }

    // MARK: - Joining and freezing

    /// Two axes that are cut at the same places, or not at all.
    ///
    /// - Parameter reason: why the one stays when the other cannot be cut.
    @discardableResult
    mutating func join(_ first: AxisAtoms?, _ second: AxisAtoms?, _ reason: String) -> AxisAtoms? {
        guard let first, let second, first.count == second.count else {
            for atoms in [first, second] { freeze(atoms, reason) }
            return nil
        }
        for (a, b) in zip(first, second) { forest.join(a, b) }
        return first
    }

    /// Makes one of atoms that go together.
    mutating func joinAll(_ atoms: some Sequence<Int32>) -> Int32? {
        var first: Int32?
        for atom in atoms {
            if let first { forest.join(first, atom) }
            first = first ?? atom
        }
        return first
    }

    mutating func freeze(_ atoms: AxisAtoms?, _ reason: String) {
        for atom in atoms ?? [] { forest.freeze(atom, reason) }
    }

    /// Freezes every axis of a value or constant, those that are asked for later included.
    mutating func freeze(_ name: String, _ reason: String) {
        if let constant = view.constant(name) {
            frozenConstants[name] = frozenConstants[name] ?? reason
            for axis in constant.dimensions.indices {
                freeze(constants[ConstantAxis(name: name, axis: axis)], reason)
            }
        }
        for atoms in values[name] ?? [] { freeze(atoms, reason) }
    }

    // MARK: - What nodes say

    /// An axis counted from the end when negative.
    func position(_ axis: Int, rank: Int) throws -> Int {
        let position = axis < 0 ? axis + rank : axis
        guard (0..<rank).contains(position) else { throw Untraceable("axis \(axis) of \(rank)") }
        return position
    }

    /// Whole numbers that a node gets as an attribute in old operator sets, and as an input in new ones.
    ///
    /// - Returns: `nil` when it gets neither.
    /// - Throws: `Untraceable` when they are worked out at run time.
    func numbers(_ index: Int, input: Int, attribute: String) throws -> (values: [Int], holder: SizeRewrite.Holder)? {
        let node = view.nodes[index]
        if let values = node.ints(attribute) { return (values, .attribute(attribute)) }
        let name = node.input(input)
        guard !name.isEmpty else { return nil }
        guard let values = view.constant(name)?.integers ?? view.types.integers(name)?.values else {
            throw Untraceable("the numbers in '\(name)' are worked out at run time")
        }
        return (values, .input(input))
    }
}
