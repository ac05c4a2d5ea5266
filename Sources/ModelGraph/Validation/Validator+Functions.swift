/// Functions: each body by itself, then who calls whom.
extension Validator {
    mutating func checkFunctions() {
        var seen: Set<Function.Key> = []
        for function in model.functions {
            within(.function(function.name)) { validator in
                if function.name.isEmpty { validator.report(.emptyName, "has no name; expected one") }
                if !seen.insert(function.key).inserted { validator.report(.duplicateName, "is defined twice") }
                validator.check(function)
            }
        }
        checkCalls()
    }

    private mutating func check(_ function: Function) {
        opsets = checkedOpsets(function.opsetImports)
        functionAttributes = Set(function.attributes).union(function.attributeDefaults.map(\.name))
        frames.append(Frame(nodes: function.nodes))
        for input in function.inputs {
            checkName(input, isRequired: true, at: .input(input))
            if !makeVisible(input) { report(.duplicateName, "is declared twice", at: .input(input)) }
        }
        for attribute in function.attributeDefaults {
            within(.attribute(attribute.name)) { $0.check(attribute.value) }
        }
        checkNodes(function.nodes)
        for output in function.outputs {
            checkName(output, isRequired: true, at: .output(output))
            checkIsMade(output, at: .output(output))
        }
        frames.removeLast()
        functionAttributes = nil
    }

    /// Checks that calls end, and that expanding them all stays within the limits: ten functions that each call the
    /// next ten times are a thousand million nodes.
    private mutating func checkCalls() {
        guard !model.functions.isEmpty else { return }
        var expansion = FunctionExpansion(functions, options.limits)
        do throws(LayoutFault) {
            let total = try expansion.expandedNodes(of: model.graph.nodes, depth: 0)
            for function in model.functions { _ = try expansion.expandedNodes(of: function.nodes, depth: 1) }
            guard total <= options.limits.expandedNodes else {
                throw LayoutFault(
                    .limitExceeded,
                    "\(total == .max ? "too many" : String(total)) nodes when functions are expanded; "
                        + "at most \(options.limits.expandedNodes) are accepted")
            }
        } catch {
            report(error.code, error.message)
        }
    }
}

/// Counts the nodes that function calls stand for.
private struct FunctionExpansion {
    let functions: [Function.Key: Function]
    let limits: GraphLimits
    /// Results; 0 while a function is being counted.
    private var sizes: [Function.Key: Int] = [:]

    init(_ functions: [Function.Key: Function], _ limits: GraphLimits) {
        self.functions = functions
        self.limits = limits
    }

    mutating func expandedNodes(of nodes: [Node], depth: Int) throws(LayoutFault) -> Int {
        var total = 0
        for node in nodes {
            var size = try callSize(of: node, depth: depth)
            for graph in node.subgraphs {
                size = Self.sum(size, try expandedNodes(of: graph.nodes, depth: depth))
            }
            total = Self.sum(total, size)
        }
        return total
    }

    private mutating func callSize(of node: Node, depth: Int) throws(LayoutFault) -> Int {
        let key = Function.Key(calledBy: node)
        guard let function = functions[key] else { return 1 }
        if let known = sizes[key] {
            guard known > 0 else {
                throw LayoutFault(
                    .functionRecursion, "function \(key.name.quoted) calls itself, directly or through others")
            }
            return known
        }
        guard depth < limits.functionDepth else {
            throw LayoutFault(
                .functionRecursion, "functions call each other deeper than \(limits.functionDepth) levels")
        }
        sizes[key] = 0
        let size = max(1, try expandedNodes(of: function.nodes, depth: depth + 1))
        sizes[key] = size
        return size
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }
}
