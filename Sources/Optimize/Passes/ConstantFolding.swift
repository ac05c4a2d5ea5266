package import ModelGraph
import Tensors

/// Puts a constant in the place of what always comes out the same.
///
/// Shapes are worked out here, from sizes that are fixed; everything else by the engine that is going to run the model,
/// so that the bits are its own. What would grow the file is left alone: a node that makes much of little (`Expand`,
/// `ConstantOfShape`, `Tile`) is cheaper to run than to read.
package struct ConstantFolding: GraphPass {
    package let name = "constant-folding"
    package let purpose = "what is the same in every run, worked out once"
    package let tolerance = Tolerance.exact
    /// Bytes that a value may have without replacing any.
    private let free: Int

    /// Operators whose values differ from run to run, or that stand for an engine's integer kernels.
    private static let never: Set<String> = [
        "RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial", "Dropout",
        "DequantizeLinear", "Constant", "If", "Loop", "Scan", "SequenceMap",
    ]
    /// The most bytes of one value, and of all that is worked out at a time.
    private static let largest = 256 << 20

    package init(free: Int = 1024) {
        self.free = free
    }

    package func run(_ editor: inout GraphEditor, _ context: PassContext) throws -> PassOutcome {
        var outcome = PassOutcome(changed: try foldShapes(&editor))
        guard let evaluator = context.evaluator else { return outcome }
        let folded = try foldConstants(&editor, evaluator)
        outcome.changed += folded.changed
        outcome.refusals = folded.refusals
        return outcome
    }

    // MARK: - Shapes

    private func foldShapes(_ editor: inout GraphEditor) throws -> Int {
        let view = GraphView(editor.model)
        var edits = GraphEdits()
        for (index, node) in view.nodes.enumerated() {
            guard node.outputs.count == 1, let output = node.outputs.first, !view.isOutput(output),
                let type = view.standardOperator(index), !Self.never.contains(type), node.subgraphs.isEmpty,
                !view.readers(of: output).isEmpty, let tensor = Self.known(output, view)
            else { continue }
            edits.replacements[index] = []
            edits.rewires[output] = editor.addConstant("\(output)_value", tensor)
        }
        try editor.apply(edits)
        return edits.replacements.count
    }

    /// The whole numbers that shape inference found, in the type that the value has.
    private static func known(_ value: String, _ view: GraphView) -> Tensor? {
        guard let type = view.elementType(value), let (dimensions, integers) = view.types.integers(value),
            let shape = try? Shape(dimensions)
        else { return nil }
        switch type {
        case .int64: return try? Tensor(.int64, shape, values: integers.map(Int64.init))
        case .int32:
            let narrow = integers.compactMap { Int32(exactly: $0) }
            return narrow.count == integers.count ? try? Tensor(.int32, shape, values: narrow) : nil
        default: return nil
        }
    }

    // MARK: - By the engine

    private func foldConstants(
        _ editor: inout GraphEditor, _ evaluator: any ConstantEvaluator
    ) throws -> PassOutcome {
        let view = GraphView(editor.model)
        let (candidates, refusals) = candidates(view)
        guard !candidates.isEmpty else { return PassOutcome(refusals: refusals) }
        var outcome = PassOutcome(refusals: refusals)
        var edits = GraphEdits()
        for group in groups(candidates, view) {
            let values: [(name: String, tensor: Tensor)]
            do {
                values = try evaluate(group, view, evaluator)
            } catch {
                outcome.refusals.append(
                    Refusal(view.label(group.last ?? 0), "the engine does not work it out: \(error)"))
                continue
            }
            for (name, tensor) in values { edits.rewires[name] = editor.addConstant("\(name)_value", tensor) }
            for index in group { edits.replacements[index] = [] }
            outcome.changed += group.count
        }
        try editor.apply(edits)
        return outcome
    }

    /// Nodes that read nothing but constants, or what such nodes make; those whose values are too large are named.
    private func candidates(_ view: GraphView) -> ([Int], [Refusal]) {
        var found: [Int] = []
        var refusals: [Refusal] = []
        var constant: Set<String> = []
        for (index, node) in view.nodes.enumerated() {
            guard let type = view.standardOperator(index), !Self.never.contains(type), node.subgraphs.isEmpty,
                !node.inputs.isEmpty, node.outputs.allSatisfy({ !view.isOutput($0) }),
                node.inputs.allSatisfy({ $0.isEmpty || constant.contains($0) || view.constant($0) != nil })
            else { continue }
            if let reason = sizeGuard(node, view) {
                refusals.append(Refusal(view.label(index), reason))
                continue
            }
            found.append(index)
            constant.formUnion(node.outputs)
        }
        return (found, refusals)
    }

    /// Why what a node makes is too large to be kept: it may be as large as the constants that it alone reads, and
    /// `free` bytes are nothing.
    private func sizeGuard(_ node: Node, _ view: GraphView) -> String? {
        var made = 0
        for output in node.outputs where !output.isEmpty {
            guard view.elementType(output) != .string, let bytes = view.types.byteCount(output) else {
                return "the size of its value is not known"
            }
            made += min(bytes, Self.largest + 1)
        }
        var replaced = 0
        for input in Set(node.inputs) where view.onlyReader(of: input) != nil || view.readers(of: input).count > 1 {
            guard Set(view.readers(of: input)).count == 1 else { continue }
            replaced += min(view.constant(input)?.byteCount ?? view.types.byteCount(input) ?? 0, Self.largest)
        }
        guard made <= Self.largest, made <= max(free, replaced) else {
            return "its value has \(made) bytes, what it replaces has \(replaced)"
        }
        return nil
    }

    /// Candidates that hang together, in order: what cannot be worked out spoils no others.
    private func groups(_ candidates: [Int], _ view: GraphView) -> [[Int]] {
        var group: [Int: Int] = [:]
        var members: [Int: [Int]] = [:]
        for index in candidates {
            let neighbours = Set(view.nodes[index].inputs.compactMap { view.maker(of: $0) }.compactMap { group[$0] })
            let target = neighbours.min() ?? index
            members[target, default: []].append(index)
            group[index] = target
            for other in neighbours where other != target {
                for member in members.removeValue(forKey: other) ?? [] {
                    group[member] = target
                    members[target, default: []].append(member)
                }
            }
        }
        return members.sorted { $0.key < $1.key }.map { $0.value.sorted() }
    }

    /// Runs a group as a model of its own; the values that others read.
    private func evaluate(
        _ group: [Int], _ view: GraphView, _ evaluator: any ConstantEvaluator
    ) throws -> [(name: String, tensor: Tensor)] {
        let inside = Set(group)
        let nodes = group.map { view.nodes[$0] }
        let wanted = nodes.flatMap(\.outputs).filter { name in
            !name.isEmpty && view.readers(of: name).contains { !inside.contains($0) }
        }
        guard !wanted.isEmpty else { throw RuleFault("nothing reads it") }
        let read = Set(nodes.flatMap(\.inputs))
        let graph = Graph(
            "constants", nodes: nodes, initializers: read.sorted().compactMap { view.constant($0) },
            outputs: wanted.map { name in
                var info = ValueInfo()
                info.name = name
                info.type = view.types[name]
                return info
            })
        var model = Model(graph, opset: view.opset, irVersion: max(4, view.model.irVersion))
        model.opsetImports = view.model.opsetImports
        let tensors = try evaluator.outputs(of: model)
        guard tensors.count == wanted.count else { throw RuleFault("\(tensors.count) values of \(wanted.count)") }
        for (name, tensor) in zip(wanted, tensors) {
            guard tensor.elementType == view.elementType(name) else {
                throw RuleFault("another type than was inferred")
            }
        }
        return Array(zip(wanted, tensors).map { ($0, $1) })
    }
}
