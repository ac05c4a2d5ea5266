import Tensors

/// Walks through a model's nodes in their order and asks each node's rule what it makes.
///
/// A class because rules of control flow call back into it; it lives for one walk only.
final class Inferrer {
    /// The values of one graph or function body.
    struct Scope {
        var facts: [String: Fact] = [:]
        /// Whether names of outer graphs can be read: in a function body they cannot.
        let isOpen: Bool
        /// Attributes of the function's call; `nil` outside functions.
        var callAttributes: [String: Attribute.Value]?
        var opsets: [String: Int64]
        /// Operations of the nodes seen so far; `nil` once one is not known.
        var flops: Int? = 0
    }

    let model: Model
    let options: InferenceOptions
    let functions: [Function.Key: Function]
    private let isTrustingDeclarations: Bool
    private var scopes: [Scope] = []
    private var path: [Place.Step] = []
    private var notes: [Problem] = []
    private var remainingNodes: Int
    /// In a branch that may never be taken, what does not fit says nothing.
    private var isSilent = false

    init(_ model: Model, _ options: InferenceOptions) {
        self.model = model
        self.options = options
        functions = Dictionary(model.functions.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        remainingNodes = options.nodes
        isTrustingDeclarations = !InputTypes(model, options).replaceSizes
    }

    func run() -> InferredTypes {
        let opsets = Dictionary(
            model.opsetImports.map { (canonicalDomain($0.domain), $0.version) }, uniquingKeysWith: { first, _ in first }
        )
        scopes.append(Scope(isOpen: true, opsets: opsets))
        let inputs = InputTypes(model, options)
        for input in model.graph.inputs { scopes[0].facts[input.name] = Fact(inputs.type(of: input)) }
        addConstants(of: model.graph)
        let declared = isTrustingDeclarations ? inputs.declarations(of: model.graph) : [:]
        var flops: [Int?] = []
        flops.reserveCapacity(model.graph.nodes.count)
        for (index, node) in model.graph.nodes.enumerated() {
            flops.append(visit(node, index, declared: declared))
        }
        return InferredTypes(facts: scopes[0].facts, notes: notes, flops: flops)
    }

    /// Constants that are also inputs are only defaults: a caller may give something else of the same type.
    private func addConstants(of graph: Graph) {
        let inputs = Set(graph.inputs.map(\.name))
        for tensor in graph.initializers {
            let isInput = inputs.contains(tensor.name)
            // Before IR version 4 every constant had to be an input.
            let fact = Fact(constant: tensor)
            scopes[scopes.count - 1].facts[tensor.name] = isInput && model.irVersion >= 4 ? Fact(fact.type) : fact
        }
        for sparse in graph.sparseInitializers {
            let sizes = sparse.dimensions.map { Size.fixed(Int($0)) }
            scopes[scopes.count - 1].facts[sparse.name] = .tensor(sparse.values?.elementType, sizes)
        }
    }

    /// Adds the facts about a node's outputs to the current scope, and answers its operations.
    private func visit(_ node: Node, _ index: Int, declared: [String: TypeFact] = [:]) -> Int? {
        guard remainingNodes > 0 else { return nil }
        remainingNodes -= 1
        if remainingNodes == 0 { note("more than \(options.nodes) nodes; the rest is left out", .limitExceeded) }
        path.append(.node(name: node.name, operator: node.operatorType, index: index))
        defer { path.removeLast() }
        let (outputs, flops) = facts(of: node)
        for (position, name) in node.outputs.enumerated() where !name.isEmpty {
            var fact = position < outputs.count ? outputs[position] : .unknown
            if let declaration = declared[name] {
                let (refined, isContradiction) = fact.type.refined(by: declaration)
                if isContradiction, let inferred = fact.type.valueType, let stated = declaration.valueType {
                    note("makes \(name.quoted) as \(inferred), but it is declared \(stated)")
                }
                fact.type = refined
            }
            scopes[scopes.count - 1].facts[name] = fact
        }
        return flops
    }

    /// The facts about a node's outputs, and its operations: by its function's body, or by its operator's rule.
    private func facts(of node: Node) -> (outputs: [Fact], flops: Int?) {
        let inputs = node.inputs.map { $0.isEmpty ? nil : lookUp($0) }
        let attributes = resolvedAttributes(of: node)
        if let function = functions[Function.Key(calledBy: node)] {
            return call(function, inputs, attributes)
        }
        guard let opset = scopes.last?.opsets[canonicalDomain(node.domain)] ?? (model.irVersion < 3 ? 1 : nil) else {
            return ([], nil)
        }
        var bodyFlops: [Int?] = []
        let wasSilent = isSilent
        defer { isSilent = wasSilent }
        let context = NodeFacts(
            node: node, opset: opset, inputs: inputs, attributes: attributes,
            inferBody: { [unowned self] graph, facts in
                isSilent = isSilent || (node.operatorType == "If" && inputs.first??.knownValue == nil)
                let (outputs, flops) = infer(body: graph, facts)
                bodyFlops.append(flops)
                return outputs
            })
        var outputs: [Fact] = []
        if let rule = InferenceRules.rule(for: node) {
            do {
                outputs = try rule(context)
            } catch {
                note((error as? InferenceFault)?.message ?? "\(error)")
            }
        }
        return (outputs, OperationCounts.flops(of: context, outputs, bodies: bodyFlops))
    }

    /// The fact about a name, from the innermost scope that has it.
    private func lookUp(_ name: String) -> Fact {
        for scope in scopes.reversed() {
            if let fact = scope.facts[name] { return fact }
            guard scope.isOpen else { break }
        }
        return .unknown
    }

    func note(_ message: String, _ code: Problem.Code = .incompatibleTypes) {
        guard !isSilent, notes.count < options.notes else { return }
        let problem = Problem(code: code, place: Place(path), message: message)
        // A loop's body is looked at several times.
        if !notes.contains(problem) { notes.append(problem) }
    }
}

/// A graph that is followed node by node while it grows.
extension Inferrer {
    /// Begins with nothing but the model's operator sets.
    func begin() {
        let opsets = model.opsetImports.map { (canonicalDomain($0.domain), $0.version) }
        scopes.append(Scope(isOpen: true, opsets: Dictionary(opsets, uniquingKeysWith: { first, _ in first })))
    }

    /// Says what is known of a value of the main graph.
    func define(_ name: String, _ fact: Fact) { scopes[0].facts[name] = fact }

    /// Adds the facts about what a node makes.
    func follow(_ node: Node, _ index: Int) { _ = visit(node, index) }

    /// What is known of a value of the main graph.
    func known(_ name: String) -> Fact { scopes[0].facts[name] ?? .unknown }

    var firstNote: String? { notes.first?.message }
}

/// Graphs inside nodes, and functions.
extension Inferrer {
    /// The attributes by name; inside a function, those that refer to the call's have its values.
    private func resolvedAttributes(of node: Node) -> [String: Attribute.Value] {
        var result: [String: Attribute.Value] = [:]
        for attribute in node.attributes {
            if case .reference(let name, _) = attribute.value {
                result[attribute.name] = scopes.last?.callAttributes?[name]
            } else {
                result[attribute.name] = attribute.value
            }
        }
        return result
    }

    /// The facts about a subgraph's outputs. It also sees the values of the graphs around it.
    private func infer(body: Graph, _ inputs: [Fact]) -> (outputs: [Fact], flops: Int?) {
        guard let outer = scopes.last, scopes.count <= options.depth else { return ([], nil) }
        var scope = Scope(isOpen: true, callAttributes: outer.callAttributes, opsets: outer.opsets)
        for (index, input) in body.inputs.enumerated() {
            let given = index < inputs.count ? inputs[index] : .unknown
            scope.facts[input.name] = given.type == .unknown ? Fact(TypeFact(input.type).withoutSizes) : given
        }
        scopes.append(scope)
        path.append(.graph(body.name))
        defer {
            scopes.removeLast()
            path.removeLast()
        }
        addConstants(of: body)
        walk(body.nodes)
        return (body.outputs.map { lookUp($0.name) }, scopes.last?.flops)
    }

    /// The facts about what a function's call makes. A body sees nothing but its inputs.
    private func call(
        _ function: Function, _ inputs: [Fact?], _ attributes: [String: Attribute.Value]
    ) -> (outputs: [Fact], flops: Int?) {
        guard scopes.count <= options.depth else { return ([], nil) }
        var given = attributes
        for attribute in function.attributeDefaults where given[attribute.name] == nil {
            given[attribute.name] = attribute.value
        }
        let opsets = Dictionary(
            function.opsetImports.map { (canonicalDomain($0.domain), $0.version) },
            uniquingKeysWith: { first, _ in first })
        var scope = Scope(isOpen: false, callAttributes: given, opsets: opsets)
        for (index, name) in function.inputs.enumerated() where index < inputs.count {
            scope.facts[name] = inputs[index]
        }
        scopes.append(scope)
        path.append(.function(function.name))
        defer {
            scopes.removeLast()
            path.removeLast()
        }
        walk(function.nodes)
        return (function.outputs.map { lookUp($0) }, scopes.last?.flops)
    }

    private func walk(_ nodes: [Node]) {
        for (index, node) in nodes.enumerated() {
            let flops = visit(node, index)
            let scope = scopes.count - 1
            guard let sum = scopes[scope].flops, let flops else {
                scopes[scope].flops = nil
                continue
            }
            let (total, overflow) = sum.addingReportingOverflow(flops)
            scopes[scope].flops = overflow ? nil : total
        }
    }
}
